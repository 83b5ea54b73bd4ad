import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { newId, type AppError } from '../../../kernel/index.js';
import { SECURITY_HEADERS } from '../security-headers.js';
import { parserError } from './translate.js';

/** What an error is answered with, besides its status. */
export interface ErrorAnswer {
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** An error in the words of some system's clients; the headers come on top of the usual ones. */
export type ErrorWords = (error: AppError) => ErrorAnswer;

/** By the adapter of their application, so that two servers in one process do not speak for each other. */
const words = new WeakMap<object, Map<string, ErrorWords>>();

/**
 * Has an application answer every error below a path, such as `/v1`, in these words: those of guards, of body parsing
 * and of unknown addresses too.
 */
export function wordErrorsBelow(adapter: object, path: string, errorWords: ErrorWords): void {
  const known = words.get(adapter) ?? new Map<string, ErrorWords>();
  words.set(adapter, known.set(path, errorWords));
}

/** The answer to a request for this address that failed: the catalogue's body, unless other words were asked for. */
export function errorAnswer(adapter: object, url: string, error: AppError): ErrorAnswer {
  const [path = ''] = url.split(/[?#]/, 1);
  for (const [prefix, errorWords] of words.get(adapter) ?? []) {
    if (path !== prefix && !path.startsWith(`${prefix}/`)) continue;
    const { body, headers } = errorWords(error);
    return { body, headers: { ...errorHeaders(error), ...headers } };
  }
  return { body: error.toBody(), headers: errorHeaders(error) };
}

/**
 * Answers what is not HTTP at all, or not within its limits, with the body every other error has; the connection
 * ends with it. Where an answer is already on its way nothing is written into it.
 */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code !== 'ECONNRESET' && socket.writable && !isAnswering(socket))
    socket.write(rawAnswer(parserError(error.code)));
  socket.destroy();
}

/** The headers that go with an error's answer. */
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

/** Node's own handler looks here too: nothing public says that a response has begun on a socket. */
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
