import { ModelError } from '../../core/model-error.js';
import { codesOf, isTimeout } from '../upstream/cause.js';
import {
  accountUsedUp,
  brokenAnswer,
  keyRefused,
  moved,
  notAskable,
  rateLimited,
  requestRefused,
  timedOut,
  tooLong,
  unavailable,
  unknownModel,
} from '../upstream/model-errors.js';
import { retryAfterSeconds } from '../upstream/retry-after.js';

/** What the server answered in place of what it was asked for; `body` possibly cut. */
export interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** A status that is no success in the catalogue's words; nothing of the server's text is kept. */
export function refusal({ status, headers, body }: Refusal, provider: string): ModelError {
  const said = errorIn(body);
  const cause = Object.assign(new Error('a status that is no success'), { status });
  if (status === 401 || status === 403) return keyRefused(provider, cause);
  if (status === 402) return accountUsedUp(provider, cause);
  // A 404 that does not speak of a model comes from a server that is something else.
  if (status === 404) return /model/i.test(said) ? unknownModel(provider, cause) : moved(provider, cause);
  if (status === 408) return timedOut(provider, cause);
  if (status === 429) return rateLimited(provider, retryAfterSeconds(headers), cause);
  if (status < 400) return moved(provider, cause);
  // Ollama has no codes, only words, and says this with 400 or 500.
  if (status === 413 || speaksOfLength(said)) return tooLong(provider, cause);
  if (status >= 499 || status === 409) return unavailable(provider, cause);
  return /invalid model name/i.test(said) ? unknownModel(provider, cause) : requestRefused(provider, cause);
}

/** An error met before there was an answer, in the catalogue's words. */
export function classifyRequestError(error: unknown, provider: string): ModelError {
  if (error instanceof ModelError) return error;
  if (isTimeout(error)) return timedOut(provider, error);
  const codes = codesOf(error);
  const isOurs = codes.length === 0 || codes.some((code) => code.startsWith('ERR_INVALID_'));
  return isOurs ? notAskable(provider, error) : unavailable(provider, error);
}

/** The error that the server put in the middle of its answer. */
export function reportedError(provider: string, said: unknown): ModelError {
  const cause = new Error('error line in the stream');
  return typeof said === 'string' && speaksOfLength(said)
    ? tooLong(provider, cause)
    : brokenAnswer(provider, 'ended in an error of its own', cause);
}

function errorIn(body: string): string {
  try {
    const { error } = JSON.parse(body) as { readonly error?: unknown };
    return typeof error === 'string' ? error.slice(0, 2_000) : '';
  } catch {
    return '';
  }
}

function speaksOfLength(said: string): boolean {
  return /context (length|size|window)/i.test(said.slice(0, 2_000));
}
