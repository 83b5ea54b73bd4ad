import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { newId, type AppError } from '../../../kernel/index.js';
import { SECURITY_HEADERS } from '../security-headers.js';
import { parserError } from './translate.js';

/** The response to an error, besides its status. */
export interface ErrorAnswer {
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Formats an error for some system's clients; the headers are added to the usual ones. `origin` is that of the request's address,
 * as the client has written it, where a request could be read.
 */
export type ErrorFormat = (error: AppError, origin: string | undefined) => ErrorAnswer;

interface Place {
  readonly path: string;
  /** Paths below it are not meant. */
  readonly isExact: boolean;
  readonly format: ErrorFormat;
}

/** By adapter, so that two servers in one process are independent. */
const places = new WeakMap<object, Place[]>();

/**
 * Formats every error below a path, such as `/v1`, with this function, including errors of guards, body parsing and
 * unknown routes.
 */
export function formatErrorsBelow(adapter: object, path: string, format: ErrorFormat): void {
  add(adapter, { path, isExact: false, format });
}

/** The same for one path, and none below it. */
export function formatErrorsAt(adapter: object, path: string, format: ErrorFormat): void {
  add(adapter, { path, isExact: true, format });
}

function add(adapter: object, place: Place): void {
  const known = places.get(adapter) ?? [];
  places.set(adapter, [...known.filter(({ path }) => path !== place.path), place]);
}

/** The response to a failed request for this URL: the catalogue's body, unless another format is registered. */
export function errorAnswer(adapter: object, url: string, error: AppError, origin?: string): ErrorAnswer {
  const [path = ''] = url.split(/[?#]/, 1);
  for (const { path: at, isExact, format } of places.get(adapter) ?? []) {
    if (path !== at && (isExact || !path.startsWith(`${at}/`))) continue;
    const { body, headers } = format(error, origin);
    return { body, headers: { ...errorHeaders(error), ...headers } };
  }
  return { body: error.toBody(), headers: errorHeaders(error) };
}

/**
 * Responds to a request that is not valid HTTP, or exceeds its limits, with the usual error body, and closes the
 * connection. Nothing is written if a response has begun.
 */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code !== 'ECONNRESET' && socket.writable && !isAnswering(socket))
    socket.write(rawAnswer(parserError(error.code)));
  socket.destroy();
}

/** The headers of an error response. */
function errorHeaders(error: AppError): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...(error.code === 'UNAUTHENTICATED' ? { 'www-authenticate': 'Bearer' } : {}),
    ...(error.retryAfter === undefined
      ? {}
      : { 'retry-after': String(Math.max(1, Math.ceil(error.retryAfter))) }),
  };
}

/** As Node's own handler does: no public property tells whether a response has begun on a socket. */
function isAnswering(socket: Socket): boolean {
  return (socket as { readonly _httpMessage?: ServerResponse | null })._httpMessage?.headersSent === true;
}

function rawAnswer(error: AppError): string {
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
