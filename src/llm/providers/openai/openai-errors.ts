import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { AppError } from '../../../kernel/index.js';
import { codesOf, scrubbedCause, wordOf } from './openai-cause.js';
import { retryAfterSeconds } from './retry-after.js';

const TIMEOUT_CODES = [
  'ETIMEDOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
];

/** An error of the provider's request in the catalogue's words; nothing of the provider's text is kept. */
export function classifyRequestError(error: unknown, provider: string): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof APIConnectionTimeoutError) return timedOut(provider, error);
  if (error instanceof APIConnectionError) {
    return codesOf(error).some((code) => TIMEOUT_CODES.includes(code))
      ? timedOut(provider, error)
      : unavailable(provider, error);
  }
  if (isAnswered(error)) return classifyStatus(error, error.status, provider);
  return new AppError('PROVIDER_ERROR', `The provider ${provider} could not be asked. Check its settings.`, {
    cause: scrubbedCause(error),
    retryable: false,
    details: { provider },
  });
}

/** An error met while an answer was being read: the connection broke, or fell silent. */
export function classifyReadError(error: unknown, provider: string): AppError {
  if (error instanceof AppError) return error;
  return codesOf(error).some((code) => TIMEOUT_CODES.includes(code))
    ? timedOut(provider, error)
    : brokenAnswer(provider, 'broke off before it was complete', error);
}

/** `PROVIDER_TIMEOUT`: the provider did not begin, or did not go on, in time. */
export function timedOut(provider: string, cause?: unknown): AppError {
  return new AppError(
    'PROVIDER_TIMEOUT',
    `The provider ${provider} did not answer in time. Try again, or choose another provider.`,
    { cause: scrubbedCause(cause), details: { provider } },
  );
}

/** `PROVIDER_ERROR`: an answer that began and cannot be used; `how` completes "The answer of … ". */
export function brokenAnswer(provider: string, how: string, cause?: unknown): AppError {
  return new AppError('PROVIDER_ERROR', `The answer of the provider ${provider} ${how}. Try again.`, {
    cause: scrubbedCause(cause),
    details: { provider },
  });
}

/** An error object the provider sent in place of a status or in the middle of its answer. */
export function reportedError(provider: string, code: unknown): AppError {
  const word = wordOf(code);
  if (isAboutLength(word)) return tooLong(provider, new Error(`error object in the stream (${word})`));
  return brokenAnswer(
    provider,
    'ended in an error of its own',
    new Error(`error object in the stream (${word ?? 'no code'})`),
  );
}

function isAnswered(error: unknown): error is APIError & { readonly status: number } {
  return error instanceof APIError && typeof error.status === 'number';
}

function classifyStatus(error: APIError, status: number, provider: string): AppError {
  const words = [wordOf(error.code), wordOf(error.type)];
  const details = { provider };
  const cause = scrubbedCause(error);
  const refused = (message: string) =>
    new AppError('PROVIDER_ERROR', message, { cause, details, retryable: false });
  const unknownModel = () =>
    new AppError('UNKNOWN_MODEL', `The provider ${provider} does not have this model. Choose another one.`, {
      cause,
      details,
    });
  if (status === 401 || status === 403)
    return refused(
      `The provider ${provider} did not accept this server's key. Ask whoever runs it to check the key.`,
    );
  if (status === 402 || words.includes('insufficient_quota'))
    return refused(
      `This server's account with the provider ${provider} is used up. Choose another provider.`,
    );
  if (status === 404 || words.includes('model_not_found')) return unknownModel();
  if (status === 429) return rateLimited(provider, error);
  if (status === 408) return timedOut(provider, error);
  if (status === 409 || status >= 500) return unavailable(provider, error);
  if (status === 413 || words.some(isAboutLength) || speaksOfLength(error)) return tooLong(provider, error);
  if (words.some((word) => word !== undefined && REFUSAL_CODES.includes(word)))
    return new AppError(
      'MODEL_REFUSED',
      `The provider ${provider} refused to answer this. Say it differently.`,
      {
        cause,
        details,
      },
    );
  if (status < 400)
    return refused(
      `The provider ${provider} has moved. Ask whoever runs this server to correct its address.`,
    );
  return refused(`The provider ${provider} did not accept the request. Check the model and the options.`);
}

const REFUSAL_CODES = ['content_filter', 'content_policy_violation'];
const LENGTH_CODES = ['context_length_exceeded', 'exceed_context_size_error', 'string_above_max_length'];

function isAboutLength(word: string | undefined): boolean {
  return word !== undefined && LENGTH_CODES.includes(word);
}

/** Several compatible servers put no code on it, only words. */
function speaksOfLength(error: APIError): boolean {
  return error.status === 400 && /context (length|size|window)/i.test(error.message.slice(0, 2_000));
}

function tooLong(provider: string, cause: unknown): AppError {
  return new AppError(
    'CONTEXT_TOO_LONG',
    'The conversation is too long for this model. Shorten it, start a new thread, or choose a model that takes more.',
    { cause: scrubbedCause(cause), details: { provider } },
  );
}

function rateLimited(provider: string, error: APIError): AppError {
  const retryAfter = retryAfterSeconds(error.headers);
  return new AppError(
    'RATE_LIMITED',
    `The provider ${provider} takes no more requests now. Try again later.`,
    {
      cause: scrubbedCause(error),
      details: retryAfter === undefined ? { provider } : { provider, retryAfter },
      ...(retryAfter === undefined ? {} : { retryAfter }),
    },
  );
}

function unavailable(provider: string, cause: unknown): AppError {
  return new AppError(
    'PROVIDER_UNAVAILABLE',
    `The provider ${provider} cannot be reached now. Try again, or choose another provider.`,
    { cause: scrubbedCause(cause), details: { provider } },
  );
}
