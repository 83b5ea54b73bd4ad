import type { AppError } from '../../kernel/index.js';
import { errorHeaders } from './error-answer.js';

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
