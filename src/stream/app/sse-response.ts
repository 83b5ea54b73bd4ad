import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { CHUNK_TEXT, SSE_HEADERS } from '../core/sse.js';
import type { Chunk } from './chunks.js';

/** Headers of the framework that {@link SSE_HEADERS} replaces. */
const DROPPED = new Set([...Object.keys(SSE_HEADERS).map((name) => name.toLowerCase()), 'pragma', 'expires']);

type WriteHead = (status: number, headers: OutgoingHttpHeaders) => ServerResponse;

/**
 * Replaces the framework's framing: `@Sse()` sets its own caching headers, starts with an empty line, gives an id to
 * every frame without one, and serialises every frame for every client. So the framework only gets a placeholder for
 * the first chunk; where it writes that, the response is open.
 */
export function replaceFraming(response: ServerResponse, opened: () => void): void {
  const writeHead = response.writeHead.bind(response) as WriteHead;
  const write = response.write.bind(response);
  let uncork: () => void = () => undefined;
  response.writeHead = ((status: number, headers: OutgoingHttpHeaders = {}) => {
    const kept = Object.entries(headers).filter(([name]) => !DROPPED.has(name.toLowerCase()));
    uncork = cork(response);
    return writeHead(status, { ...Object.fromEntries(kept), ...SSE_HEADERS });
  }) as typeof response.writeHead;
  response.write = ((text: unknown) => {
    if (text === '\n') return true;
    if (text !== CHUNK_TEXT) return write(text);
    opened();
    uncork();
    return true;
  }) as typeof response.write;
}

/** The headers leave in one packet with the first chunk, or without it when that does not come at once. */
function cork({ socket }: ServerResponse): () => void {
  if (socket === null) return () => undefined;
  let isCorked = true;
  const uncork = () => {
    if (isCorked) socket.uncork();
    isCorked = false;
  };
  socket.cork();
  setImmediate(uncork);
  return uncork;
}

/**
 * Writes chunks that are framed already, so that Node.js does not frame them again for each client. Calls back when the
 * operating system has accepted all of a chunk, or never will.
 */
export function chunkWriter(response: ServerResponse): (chunk: Chunk, taken: () => void) => void {
  const write = response.write.bind(response);
  return (chunk, taken) => {
    let isTaken = false;
    const callBack = () => {
      if (isTaken) return;
      isTaken = true;
      taken();
    };
    const { socket } = response;
    // Otherwise Node.js waits for more of the response until the next tick.
    socket?.cork();
    writeFramed(response, write, chunk, callBack);
    socket?.uncork();
    // Mostly there is room, and nothing has to be waited for.
    if (socket !== null && !socket.destroyed && socket.writableLength === 0) callBack();
  };
}

function writeFramed(
  response: ServerResponse,
  write: ServerResponse['write'],
  chunk: Chunk,
  callBack: () => void,
): void {
  // HTTP/1.0 has no chunked encoding.
  if (!response.chunkedEncoding) return void write(chunk.bytes, callBack);
  response.chunkedEncoding = false;
  try {
    write(chunk.framed, callBack);
  } finally {
    response.chunkedEncoding = true;
  }
}
