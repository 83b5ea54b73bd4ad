import { ModelError } from '../../core/model-error.js';
import { scrubbedCause } from './cause.js';

/** `PROVIDER_TIMEOUT`: the provider did not begin, or did not continue, in time. */
export function timedOut(provider: string, cause?: unknown): ModelError {
  return new ModelError(
    'server',
    'PROVIDER_TIMEOUT',
    `The provider ${provider} did not answer in time. Try again, or choose another provider.`,
    { cause: scrubbedCause(cause), details: { provider } },
  );
}

/** `PROVIDER_ERROR`: an answer that began and cannot be used; `how` completes "The answer of … ". */
export function brokenAnswer(provider: string, how: string, cause?: unknown): ModelError {
  return new ModelError(
    'server',
    'PROVIDER_ERROR',
    `The answer of the provider ${provider} ${how}. Try again.`,
    { cause: scrubbedCause(cause), details: { provider } },
  );
}

/** `PROVIDER_ERROR`: the model, not its server, produced an invalid call or invalid JSON. */
export function malformedOutput(provider: string, cause?: unknown): ModelError {
  return new ModelError(
    'server',
    'PROVIDER_ERROR',
    `The answer of the provider ${provider} is not in the form that was asked for. Try again.`,
    { cause: scrubbedCause(cause), details: { provider }, isAlive: true },
  );
}

/** `PROVIDER_ERROR`: the model's output, not the server's, cannot be read; `how` completes "The answer of … ". */
export function unreadable(provider: string, how: string): ModelError {
  return new ModelError(
    'server',
    'PROVIDER_ERROR',
    `The answer of the provider ${provider} ${how}. Try again.`,
    {
      details: { provider },
      isAlive: true,
    },
  );
}

/** `PROVIDER_UNAVAILABLE`: the provider cannot be reached, or is in trouble. */
export function unavailable(provider: string, cause?: unknown): ModelError {
  return new ModelError(
    'server',
    'PROVIDER_UNAVAILABLE',
    `The provider ${provider} cannot be reached now. Try again, or choose another provider.`,
    { cause: scrubbedCause(cause), details: { provider } },
  );
}

/** `CONTEXT_TOO_LONG`. */
export function tooLong(provider: string, cause?: unknown): ModelError {
  return new ModelError(
    'request',
    'CONTEXT_TOO_LONG',
    'The conversation is too long for this model. Shorten it, start a new thread, or choose a model that takes more.',
    { cause: scrubbedCause(cause), details: { provider } },
  );
}

/** `RATE_LIMITED` by the provider; `retryAfter` in seconds, if the provider reports it. */
export function rateLimited(provider: string, retryAfter: number | undefined, cause?: unknown): ModelError {
  return new ModelError(
    'rate',
    'RATE_LIMITED',
    `The provider ${provider} takes no more requests now. Try again later.`,
    {
      cause: scrubbedCause(cause),
      details: retryAfter === undefined ? { provider } : { provider, retryAfter },
      ...(retryAfter === undefined ? {} : { retryAfter }),
    },
  );
}

/** `UNKNOWN_MODEL`. */
export function unknownModel(provider: string, cause?: unknown): ModelError {
  return new ModelError(
    'request',
    'UNKNOWN_MODEL',
    `The provider ${provider} does not have this model. Choose another one.`,
    { cause: scrubbedCause(cause), details: { provider } },
  );
}

/** `MODEL_REFUSED`. */
export function modelRefused(provider: string, cause?: unknown): ModelError {
  return new ModelError(
    'refusal',
    'MODEL_REFUSED',
    `The provider ${provider} refused to answer this. Say it differently.`,
    { cause: scrubbedCause(cause), details: { provider } },
  );
}

/** `PROVIDER_ERROR`, not retryable: the key of this server was rejected. */
export function keyRefused(provider: string, cause?: unknown): ModelError {
  return refused(
    'key',
    provider,
    `The provider ${provider} did not accept this server's key. Ask whoever runs it to check the key.`,
    cause,
  );
}

/** `PROVIDER_ERROR`, not retryable: the account's quota is used up. */
export function accountUsedUp(provider: string, cause?: unknown): ModelError {
  return refused(
    'key',
    provider,
    `This server's account with the provider ${provider} is used up. Choose another provider.`,
    cause,
  );
}

/** `PROVIDER_ERROR`, not retryable: the request itself was rejected. */
export function requestRefused(provider: string, cause?: unknown): ModelError {
  return refused(
    'request',
    provider,
    `The provider ${provider} did not accept the request. Check the model and the options.`,
    cause,
  );
}

/** `PROVIDER_ERROR`, not retryable: the configured address redirects. */
export function moved(provider: string, cause?: unknown): ModelError {
  return refused(
    'key',
    provider,
    `The provider ${provider} has moved. Ask whoever runs this server to correct its address.`,
    cause,
  );
}

/** `PROVIDER_ERROR`, not retryable: no request could be sent. */
export function notAskable(provider: string, cause?: unknown): ModelError {
  return refused(
    'request',
    provider,
    `The provider ${provider} could not be asked. Check its settings.`,
    cause,
  );
}

function refused(fault: 'key' | 'request', provider: string, message: string, cause: unknown): ModelError {
  return new ModelError(fault, 'PROVIDER_ERROR', message, {
    cause: scrubbedCause(cause),
    details: { provider },
    retryable: false,
  });
}
