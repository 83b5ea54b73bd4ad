import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The rest of a smaller body is read to its end, and the connection reused. */
const SMALL_BYTES = 65_536;
/** How long a connection stays open for a client that is still sending after the response. */
const LINGER_MS = 10_000;
/**
 * The most bytes that are read and discarded meanwhile, so that a client that reads only after it has sent everything
 * gets the response.
 */
const DISCARDED_BYTES = 67_108_864;
/** The same for unauthenticated, forbidden and rate-limited requests, and unknown routes. */
const DISCARDED_BYTES_UNTRUSTED = 1_048_576;
const UNTRUSTED_STATUSES: ReadonlySet<number> = new Set([401, 403, 404, 429]);

/**
 * Ensures that a response sent before its request was read reaches the client. A connection that is closed with unread
 * data is reset, which discards what the client has not read yet. So our direction is closed first, incoming data are
 * discarded up to a bound, and then the connection is closed.
 */
export function answerBeforeBody(request: IncomingMessage, response: ServerResponse): void {
  if (!mayLeaveUnread(request)) return;
  const writeHead = response.writeHead.bind(response) as WriteHead;
  response.writeHead = (status: number, ...more: unknown[]) => {
    response.writeHead = writeHead;
    if (!request.complete) {
      response.shouldKeepAlive = false;
      linger(request, UNTRUSTED_STATUSES.has(status) ? DISCARDED_BYTES_UNTRUSTED : DISCARDED_BYTES);
    }
    return writeHead(status, ...more);
  };
}

type WriteHead = (status: number, ...more: unknown[]) => ServerResponse;

/** A client with `Expect: 100-continue` may send its body or not: the connection is not reused. */
function mayLeaveUnread({ headers }: IncomingMessage): boolean {
  return (
    headers['transfer-encoding'] !== undefined ||
    headers.expect !== undefined ||
    Number(headers['content-length'] ?? 0) > SMALL_BYTES
  );
}

function linger(request: IncomingMessage, bytes: number): void {
  const { socket } = request;
  discard(request, bytes);
  // Node.js calls this after the last response of a connection.
  const destroySoon = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    if (request.complete) return destroySoon();
    socket.end();
    closeLater(request, socket, destroySoon);
  };
}

function closeLater(request: IncomingMessage, socket: Socket, close: () => void): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => clearTimeout(timer));
  request.once('end', close);
}

function discard(request: IncomingMessage, bytes: number): void {
  let left = bytes;
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left <= 0) request.pause();
  });
  request.resume();
}
