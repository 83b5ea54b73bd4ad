import { AppError, ERROR_CATALOGUE, type ErrorCode } from '../../kernel/index.js';
import { openAiError, openAiErrorAnswer } from './openai-error.js';

describe('an error in OpenAI’s words', () => {
  it('keeps what the catalogue says and adds a type and a param', () => {
    const error = new AppError('VALIDATION_FAILED', 'Correct it.', { details: { issues: [] } });
    expect(openAiError(error)).toEqual({
      error: {
        message: 'Correct it.',
        type: 'invalid_request_error',
        param: null,
        code: 'VALIDATION_FAILED',
        retryable: false,
        details: { issues: [] },
      },
    });
  });

  it('has a type for every code', () => {
    const types = Object.keys(ERROR_CATALOGUE).map((code) => [
      code,
      openAiError(new AppError(code as ErrorCode, '')).error.type,
    ]);
    expect(Object.fromEntries(types)).toMatchObject({
      UNKNOWN_MODEL: 'invalid_request_error',
      UNAUTHENTICATED: 'authentication_error',
      FORBIDDEN: 'permission_error',
      NOT_FOUND: 'not_found_error',
      PAYLOAD_TOO_LARGE: 'invalid_request_error',
      CONTEXT_TOO_LONG: 'invalid_request_error',
      RATE_LIMITED: 'rate_limit_error',
      BUDGET_EXCEEDED: 'insufficient_quota',
      INTERNAL: 'server_error',
      PROVIDER_ERROR: 'server_error',
      PROVIDER_TIMEOUT: 'server_error',
    });
  });

  it('tells the clients whether to try again', () => {
    const final = new AppError('PROVIDER_ERROR', '', { retryable: false });
    expect(openAiErrorAnswer(final).headers).toEqual({ 'x-should-retry': 'false' });
    expect(openAiErrorAnswer(new AppError('PROVIDER_ERROR', '')).headers).toEqual({
      'x-should-retry': 'true',
    });
  });
});
