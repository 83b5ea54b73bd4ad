import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { CHUNK_TEXT, SSE_HEADERS } from '../core/sse.js';
import type { Chunk } from './chunks.js';

/** What the framework would send besides {@link SSE_HEADERS}. */
const DROPPED = new Set([...Object.keys(SSE_HEADERS).map((name) => name.toLowerCase()), 'pragma', 'expires']);

/** A chunk that the framework has been told of, and who waits for it to be taken. */
export interface PendingResponse {
  readonly chunk: Chunk;
  readonly taken: () => void;
}

type Write = ServerResponse['write'];
type WriteHead = (status: number, headers: OutgoingHttpHeaders) => ServerResponse;

/**
 * Puts our wire in place of the framework's: `@Sse()` sets caching headers of its own, starts with an empty line,
 * gives an id to every frame that has none, and makes text of every frame for every client. So it is only told that
 * there is a chunk, and the chunk is written when its turn comes.
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

/** Writes a chunk that is framed already, so that Node.js need not do it again for each client. */
export function writeChunk(
  response: ServerResponse,
  write: Write,
  { chunk, taken }: PendingResponse,
): boolean {
  // To HTTP/1.0 it goes without a frame.
  if (!response.chunkedEncoding) return write(chunk.bytes, taken);
  response.chunkedEncoding = false;
  try {
    return write(chunk.framed, taken);
  } finally {
    response.chunkedEncoding = true;
  }
}
