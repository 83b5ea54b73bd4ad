import { APIConnectionError, APIConnectionTimeoutError, APIError } from '@anthropic-ai/sdk';
import { ModelError } from '../../core/model-error.js';
import { codesOf, isTimeout, wordOf } from '../upstream/cause.js';
import {
  accountUsedUp,
  brokenAnswer,
  keyRefused,
  modelRefused,
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
import { classifyReadError } from '../upstream/stream-answer.js';

// Anthropic puts one type on every refused request: what is wrong with it stands in its words alone.
const ABOUT_LENGTH = /too long|context (limit|window|length)|exceeds? the (maximum|limit)/i;
const ABOUT_MONEY = /credit balance|billing|spend(ing)? limit|usage limits?/i;
const ABOUT_CONTENT = /content (filter|policy|filtering)|usage policy/i;
const ABOUT_LIMIT_SETTING = /^max_tokens\b/;
const WORDS_READ = 2_000;

/** An error of the provider's request in the catalogue's words; nothing of the provider's text is kept. */
export function classifyRequestError(error: unknown, provider: string): ModelError {
  if (error instanceof ModelError) return error;
  if (error instanceof APIConnectionTimeoutError) return timedOut(provider, error);
  if (error instanceof APIConnectionError) {
    return isTimeout(error) ? timedOut(provider, error) : unavailable(provider, error);
  }
  if (isAnswered(error)) return classifyStatus(error, error.status, provider);
  // The head of the answer had come: a list that breaks off, or is no JSON.
  if (error instanceof SyntaxError || codesOf(error).length > 0) return classifyReadError(error, provider);
  return notAskable(provider, error);
}

/** An error event in the middle of an answer. */
export function reportedError(provider: string, error: unknown): ModelError {
  const { type, message } = (error ?? {}) as { readonly type?: unknown; readonly message?: unknown };
  const word = wordOf(type);
  const cause = new Error(`error event in the stream (${word ?? 'no type'})`);
  switch (word) {
    case 'overloaded_error':
    case 'api_error':
      return unavailable(provider, cause);
    case 'timeout_error':
      return timedOut(provider, cause);
    case 'rate_limit_error':
      return rateLimited(provider, undefined, cause);
    case 'request_too_large':
      return tooLong(provider, cause);
    case 'authentication_error':
    case 'permission_error':
      return keyRefused(provider, cause);
    case 'billing_error':
      return accountUsedUp(provider, cause);
    case 'not_found_error':
      return unknownModel(provider, cause);
    case 'invalid_request_error':
      return classifyWords(provider, typeof message === 'string' ? message : '', cause);
    default:
      return brokenAnswer(provider, 'ended in an error of its own', cause);
  }
}

/** What a server means that answers a question for a stream with one piece of JSON. */
export function wholeAnswerError(provider: string, text: string): ModelError {
  let answer: { readonly error?: unknown } | null | undefined;
  try {
    answer = JSON.parse(text) as typeof answer;
  } catch {
    answer = undefined;
  }
  const error = answer?.error;
  if (error !== undefined && error !== null) return reportedError(provider, error);
  return brokenAnswer(provider, 'is no stream');
}

function isAnswered(error: unknown): error is APIError & { readonly status: number } {
  return error instanceof APIError && typeof error.status === 'number';
}

function classifyStatus(error: APIError, status: number, provider: string): ModelError {
  const type = wordOf(error.type);
  if (status === 402 || type === 'billing_error') return accountUsedUp(provider, error);
  if (status === 401 || status === 403) return keyRefused(provider, error);
  if (status === 404 || type === 'not_found_error') return unknownModel(provider, error);
  if (status === 413 || type === 'request_too_large') return tooLong(provider, error);
  if (status === 429) return rateLimited(provider, retryAfterSeconds(error.headers), error);
  if (status === 408) return timedOut(provider, error);
  if (status === 409 || status >= 500) return unavailable(provider, error);
  if (status < 400) return moved(provider, error);
  return classifyWords(provider, wordsOf(error), error);
}

function classifyWords(provider: string, words: string, cause: unknown): ModelError {
  const read = words.slice(0, WORDS_READ);
  if (ABOUT_MONEY.test(read)) return accountUsedUp(provider, cause);
  if (ABOUT_LENGTH.test(read) && !ABOUT_LIMIT_SETTING.test(read)) return tooLong(provider, cause);
  if (ABOUT_CONTENT.test(read)) return modelRefused(provider, cause);
  return requestRefused(provider, cause);
}

function wordsOf(error: APIError): string {
  return typeof error.apiMessage === 'string' ? error.apiMessage : error.message;
}
