import type { ServerResponse } from 'node:http';
import type { Subscriber } from 'rxjs';
import { CHUNK, RETRY_TEXT, type SseMessage } from '../core/sse.js';
import { joined, type Chunk } from './chunks.js';
import { replaceFraming, writeChunk, type PendingResponse } from './sse-response.js';

/** Writes bytes to one client. */
export interface Outlet {
  /** Writes the chunk, and calls back once the operating system has accepted all of it, or never will. */
  write(chunk: Chunk, taken: () => void): void;
  complete(): void;
}

/** Writes to the Observable of an `@Sse()` route; the first chunk also sets the reconnection delay. */
export function observableOutlet(subscriber: Subscriber<SseMessage>, response: ServerResponse): Outlet {
  const pending: PendingResponse[] = [];
  let isFirst = true;
  replaceFraming(response, pending);
  return {
    write(chunk, taken) {
      pending.push({ chunk: isFirst ? joined(Buffer.from(RETRY_TEXT), chunk.bytes) : chunk, taken });
      isFirst = false;
      subscriber.next(CHUNK);
    },
    complete: () => subscriber.complete(),
  };
}

/** Writes directly to the socket. */
export function rawOutlet(response: ServerResponse): Outlet {
  const write = response.write.bind(response);
  return {
    write: (chunk, taken) => void writeChunk(response, write, { chunk, taken }),
    complete: () => void response.end(),
  };
}
