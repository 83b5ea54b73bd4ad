import { APIConnectionError, APIConnectionTimeoutError } from '@anthropic-ai/sdk';
import { ModelError } from '../../core/model-error.js';
import { codesOf, isTimeout } from '../upstream/cause.js';
import { classifyStatusError } from '../upstream/classify-error.js';
import { notAskable, timedOut, unavailable } from '../upstream/model-errors.js';
import { httpStatusErrorIn } from '../upstream/http-status-error.js';
import { classifyReadError } from '../upstream/stream-answer.js';

export { reportedError } from '../upstream/classify-error.js';

/** A failed request as an error of the catalogue; nothing of the provider's text is kept. */
export function classifyRequestError(error: unknown, provider: string): ModelError {
  if (error instanceof ModelError) return error;
  const refusal = httpStatusErrorIn(error);
  if (refusal !== undefined) return classifyStatusError(refusal, provider);
  if (error instanceof APIConnectionTimeoutError) return timedOut(provider, error);
  if (error instanceof APIConnectionError) {
    return isTimeout(error) ? timedOut(provider, error) : unavailable(provider, error);
  }
  // The response's headers had arrived: the body broke off, or is not JSON.
  if (error instanceof SyntaxError || codesOf(error).length > 0) return classifyReadError(error, provider);
  return notAskable(provider, error);
}
