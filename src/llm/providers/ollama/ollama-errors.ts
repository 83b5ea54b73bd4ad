import { ModelError } from '../../core/model-error.js';
import { codesOf, isTimeout } from '../upstream/cause.js';
import { classifyStatusError } from '../upstream/classify-error.js';
import { notAskable, timedOut, unavailable } from '../upstream/model-errors.js';
import { httpStatusErrorIn } from '../upstream/http-status-error.js';

export { reportedError } from '../upstream/classify-error.js';

/** An error met before the answer began, as an error of the catalogue; nothing of the server's text is kept. */
export function classifyRequestError(error: unknown, provider: string): ModelError {
  if (error instanceof ModelError) return error;
  const refusal = httpStatusErrorIn(error);
  if (refusal !== undefined) return classifyStatusError(refusal, provider);
  if (isTimeout(error)) return timedOut(provider, error);
  const codes = codesOf(error);
  const isOurs = codes.length === 0 || codes.some((code) => code.startsWith('ERR_INVALID_'));
  return isOurs ? notAskable(provider, error) : unavailable(provider, error);
}
