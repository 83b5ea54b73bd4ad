import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { AppError, newId } from '../../kernel/index.js';
import { errorHeaders } from './error-answer.js';
import { SECURITY_HEADERS } from './security-headers.js';

/**
 * Answers what is not HTTP at all, or not within its limits, with the body every other error has; the connection
 * ends with it. Where an answer is already on its way nothing is written into it.
 */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code !== 'ECONNRESET' && socket.writable && !isAnswering(socket))
    socket.write(rawAnswer(error.code));
  socket.destroy();
}

/** What Node.js says of a request that is too long on its way, for requests that we give up earlier. */
export class RequestTimeout extends Error {
  readonly code = 'ERR_HTTP_REQUEST_TIMEOUT';
}

/** Node's own handler looks here too: nothing public says that a response has begun on a socket. */
function isAnswering(socket: Socket): boolean {
  return (socket as { readonly _httpMessage?: ServerResponse | null })._httpMessage?.headersSent === true;
}

function rawAnswer(code: string | undefined): string {
  const error = errorFor(code);
  const body = JSON.stringify(error.toBody());
  const headers = {
    ...Object.fromEntries(SECURITY_HEADERS),
    ...errorHeaders(error),
    'x-request-id': newId(),
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`, ...lines, '', body].join('\r\n');
}

function errorFor(code: string | undefined): AppError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new AppError('PAYLOAD_TOO_LARGE', 'The headers are too large. Send fewer or shorter ones.');
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new AppError('VALIDATION_FAILED', 'The request took too long to arrive. Send it again.', {
      retryable: true,
    });
  }
  return new AppError('VALIDATION_FAILED', 'This is not a valid HTTP request. Check how it is built.');
}
