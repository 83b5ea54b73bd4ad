import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What is left of a smaller body is read to its end, and the connection used again. */
const SMALL_BYTES = 65_536;
/** How long a connection stays open for a client that still sends while its answer is there. */
const LINGER_MS = 10_000;
/** What is read and thrown away meanwhile, so that a client which reads nothing before it has sent everything gets its answer. */
const DISCARDED_BYTES = 67_108_864;
/** The same for whom nobody knows, or who asks too often, or for what is not there. */
const DISCARDED_BYTES_OF_STRANGERS = 1_048_576;
const STRANGERS: ReadonlySet<number> = new Set([401, 403, 404, 429]);

/**
 * Sees to it that an answer which comes before its request has been read gets to its client. A connection that is closed
 * with something unread is reset, and a reset takes with it what the client has not read yet. So the connection ends in
 * our direction first; what comes is thrown away, up to a bound, and then it is closed.
 */
export function answerBeforeBody(request: IncomingMessage, response: ServerResponse): void {
  if (!mayLeaveMuch(request)) return;
  const writeHead = response.writeHead.bind(response) as WriteHead;
  response.writeHead = (status: number, ...more: unknown[]) => {
    response.writeHead = writeHead;
    if (!request.complete) {
      response.shouldKeepAlive = false;
      linger(request, STRANGERS.has(status) ? DISCARDED_BYTES_OF_STRANGERS : DISCARDED_BYTES);
    }
    return writeHead(status, ...more);
  };
}

type WriteHead = (status: number, ...more: unknown[]) => ServerResponse;

/** A client that waits for leave to send its body may send it all the same, or not: that connection is not used again. */
function mayLeaveMuch({ headers }: IncomingMessage): boolean {
  return (
    headers['transfer-encoding'] !== undefined ||
    headers.expect !== undefined ||
    Number(headers['content-length'] ?? 0) > SMALL_BYTES
  );
}

function linger(request: IncomingMessage, bytes: number): void {
  const { socket } = request;
  discard(request, bytes);
  // What Node.js calls when the last answer of a connection is out.
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
