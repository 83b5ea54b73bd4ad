import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { CHUNK_TEXT, SSE_HEADERS } from '../core/sse.js';
import type { Chunk } from './chunks.js';

/** Headers of the framework that {@link SSE_HEADERS} replaces. */
const DROPPED = new Set([...Object.keys(SSE_HEADERS).map((name) => name.toLowerCase()), 'pragma', 'expires']);

/** A chunk that was announced to the framework, and its completion callback. */
export interface PendingResponse {
  readonly chunk: Chunk;
  readonly taken: () => void;
}

type Write = ServerResponse['write'];
type WriteHead = (status: number, headers: OutgoingHttpHeaders) => ServerResponse;

/**
 * Replaces the framework's framing: `@Sse()` sets its own caching headers, starts with an empty line, gives an id to
 * every frame without one, and serialises every frame for every client. So the framework only gets a placeholder for
 * each chunk, and the chunk is written in its place.
 */
export function replaceFraming(response: ServerResponse, pending: PendingResponse[]): void {
  const writeHead = response.writeHead.bind(response) as WriteHead;
  const write = response.write.bind(response);
  response.writeHead = ((status: number, headers: OutgoingHttpHeaders = {}) => {
    const kept = Object.entries(headers).filter(([name]) => !DROPPED.has(name.toLowerCase()));
    return writeHead(status, { ...Object.fromEntries(kept), ...SSE_HEADERS });
  }) as typeof response.writeHead;
  response.write = ((text: unknown) => {
    if (text === '\n') return true;
    const next = text === CHUNK_TEXT ? pending.shift() : undefined;
    return next === undefined ? write(text) : writeChunk(response, write, next);
  }) as typeof response.write;
}

/** Writes a chunk that is framed already, so that Node.js does not frame it again for each client. */
export function writeChunk(
  response: ServerResponse,
  write: Write,
  { chunk, taken }: PendingResponse,
): boolean {
  // HTTP/1.0 has no chunked encoding.
  if (!response.chunkedEncoding) return write(chunk.bytes, taken);
  response.chunkedEncoding = false;
  try {
    return write(chunk.framed, taken);
  } finally {
    response.chunkedEncoding = true;
  }
}
