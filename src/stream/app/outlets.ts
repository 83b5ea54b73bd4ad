import type { ServerResponse } from 'node:http';
import type { Subscriber } from 'rxjs';
import { CHUNK, RETRY_TEXT, type SseMessage } from '../core/sse.js';
import { joined, type Chunk } from './chunks.js';
import { chunkWriter, replaceFraming } from './sse-response.js';

/** Writes bytes to one client. */
export interface Outlet {
  /**
   * Writes the chunk, and calls back once the operating system has accepted all of it, or never will; at once, where it
   * has accepted it at once.
   */
  write(chunk: Chunk, taken: () => void): void;
  complete(): void;
}

/**
 * Writes to the response of an `@Sse()` route. The framework opens the response: the first chunk, which also sets the
 * reconnection delay, goes through its Observable, and what follows straight to the socket.
 */
export function observableOutlet(subscriber: Subscriber<SseMessage>, response: ServerResponse): Outlet {
  const write = chunkWriter(response);
  /** What waits for the response to be opened; `undefined` from then on. */
  let waiting: (() => void)[] | undefined = [];
  replaceFraming(response, () => {
    const opening = waiting;
    waiting = undefined;
    for (const writeNow of opening ?? []) writeNow();
  });
  return {
    write(chunk, taken) {
      if (waiting === undefined) return write(chunk, taken);
      if (waiting.length > 0) return void waiting.push(() => write(chunk, taken));
      waiting.push(() => write(joined(Buffer.from(RETRY_TEXT), chunk.bytes), taken));
      subscriber.next(CHUNK);
    },
    complete: () => subscriber.complete(),
  };
}

/** Writes directly to the socket. */
export function rawOutlet(response: ServerResponse): Outlet {
  return { write: chunkWriter(response), complete: () => void response.end() };
}
