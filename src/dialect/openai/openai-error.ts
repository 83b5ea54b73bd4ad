import type { AppError, ErrorBody } from '../../kernel/index.js';
import type { ErrorAnswer } from '../../platform/http/index.js';

/** An error in OpenAI's format; `code` and the fields after it are those of our catalogue. */
export interface OpenAiErrorBody {
  readonly error: Pick<ErrorBody, 'message' | 'code' | 'retryable' | 'details'> & {
    readonly type: string;
    readonly param: null;
  };
}

const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
};

export function openAiError(error: AppError): OpenAiErrorBody {
  const { message, code, retryable, details } = error.toBody();
  return { error: { message, type: typeOf(error), param: null, code, retryable, details } };
}

/** Clients decide about a retry by the status, unless this header tells them whether to. */
export function openAiErrorAnswer(error: AppError): ErrorAnswer {
  return { body: openAiError(error), headers: { 'x-should-retry': String(error.retryable) } };
}

function typeOf({ code, status }: AppError): string {
  if (code === 'BUDGET_EXCEEDED') return 'insufficient_quota';
  return TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'server_error');
}
