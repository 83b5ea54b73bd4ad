import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { SSE_HEADERS, wireChunk } from '../core/sse.js';

/** What the framework would send besides {@link SSE_HEADERS}. */
const DROPPED = new Set([...Object.keys(SSE_HEADERS).map((name) => name.toLowerCase()), 'pragma', 'expires']);

type WriteHead = (status: number, headers: OutgoingHttpHeaders) => ServerResponse;

/**
 * Puts our wire in place of the framework's: `@Sse()` sets caching headers of its own, starts with an empty
 * line and gives an id to every frame that has none, which would make a client resume from the wrong place.
 */
export function speakOurWire(response: ServerResponse): void {
  const writeHead = response.writeHead.bind(response) as WriteHead;
  const write = response.write.bind(response);
  response.writeHead = ((status: number, headers: OutgoingHttpHeaders = {}) => {
    const kept = Object.entries(headers).filter(([name]) => !DROPPED.has(name.toLowerCase()));
    return writeHead(status, { ...Object.fromEntries(kept), ...SSE_HEADERS });
  }) as typeof response.writeHead;
  response.write = ((chunk: unknown) => {
    const text = wireChunk(String(chunk));
    return text === '' ? true : write(text);
  }) as typeof response.write;
}

/** Resolves when the client has taken most of what was written, when it is gone, or when the signal aborts. */
export async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  if (!response.writableNeedDrain || signal.aborted || response.destroyed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = () => resolve();
  response.once('drain', done).once('close', done);
  signal.addEventListener('abort', done, { once: true });
  await promise;
  response.off('drain', done).off('close', done);
  signal.removeEventListener('abort', done);
}
