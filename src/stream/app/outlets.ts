import type { ServerResponse } from 'node:http';
import type { Subscriber } from 'rxjs';
import { CHUNK, RETRY_TEXT, type SseMessage } from '../core/sse.js';
import { joined, type Chunk } from './chunks.js';
import { replaceFraming, writeChunk, type PendingResponse } from './sse-response.js';

/** How bytes get to one client. */
export interface Outlet {
  /** Writes the chunk, and calls back once the operating system has taken all of it, or never will. */
  write(chunk: Chunk, taken: () => void): void;
  complete(): void;
}

/** Over the Observable of an `@Sse()` route; what it sends first also says how long to wait before coming back. */
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

/** Straight to the socket. */
export function rawOutlet(response: ServerResponse): Outlet {
  const write = response.write.bind(response);
  return {
    write: (chunk, taken) => void writeChunk(response, write, { chunk, taken }),
    complete: () => void response.end(),
  };
}
