import { inspect } from 'node:util';
import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { AppError, type ErrorCode } from '../../../kernel/index.js';
import { classifyReadError, classifyRequestError } from './openai-errors.js';

const SECRET = 'sk-private and my private words';

function answered(status: number, error: object = {}, headers: Record<string, string> = {}): Error {
  return APIError.generate(status, { error: { message: SECRET, ...error } }, undefined, new Headers(headers));
}

function unreached(code: string): Error {
  return new APIConnectionError({
    message: SECRET,
    cause: new TypeError(`fetch failed ${SECRET}`, { cause: Object.assign(new Error(SECRET), { code }) }),
  });
}

const table: readonly (readonly [string, unknown, ErrorCode, boolean])[] = [
  ['401', answered(401, { code: 'invalid_api_key' }), 'PROVIDER_ERROR', false],
  ['403', answered(403), 'PROVIDER_ERROR', false],
  ['402', answered(402), 'PROVIDER_ERROR', false],
  ['404', answered(404), 'UNKNOWN_MODEL', false],
  ['400 for a model', answered(400, { code: 'model_not_found' }), 'UNKNOWN_MODEL', false],
  ['400', answered(400), 'PROVIDER_ERROR', false],
  ['422', answered(422), 'PROVIDER_ERROR', false],
  ['400 for the length', answered(400, { code: 'context_length_exceeded' }), 'CONTEXT_TOO_LONG', false],
  [
    '400 with words about the length',
    answered(400, { message: 'maximum context length is 8' }),
    'CONTEXT_TOO_LONG',
    false,
  ],
  ['413', answered(413), 'CONTEXT_TOO_LONG', false],
  ['400 of the filter', answered(400, { code: 'content_filter' }), 'MODEL_REFUSED', false],
  ['429', answered(429), 'RATE_LIMITED', true],
  ['429 of an empty account', answered(429, { code: 'insufficient_quota' }), 'PROVIDER_ERROR', false],
  ['408', answered(408), 'PROVIDER_TIMEOUT', true],
  ['409', answered(409), 'PROVIDER_UNAVAILABLE', true],
  ['500', answered(500), 'PROVIDER_UNAVAILABLE', true],
  ['503', answered(503), 'PROVIDER_UNAVAILABLE', true],
  ['301', answered(301), 'PROVIDER_ERROR', false],
  ['a refused connection', unreached('ECONNREFUSED'), 'PROVIDER_UNAVAILABLE', true],
  ['a reset connection', unreached('ECONNRESET'), 'PROVIDER_UNAVAILABLE', true],
  ['an unknown host', unreached('ENOTFOUND'), 'PROVIDER_UNAVAILABLE', true],
  ['a connection that took too long', unreached('UND_ERR_CONNECT_TIMEOUT'), 'PROVIDER_TIMEOUT', true],
  ['a request that took too long', new APIConnectionTimeoutError(), 'PROVIDER_TIMEOUT', true],
  ['an error of another kind', new TypeError(SECRET), 'PROVIDER_ERROR', false],
  ['no error at all', SECRET, 'PROVIDER_ERROR', false],
];

describe('an error of a request', () => {
  it.each(table)('%s', (_name, error, code, retryable) => {
    const classified = classifyRequestError(error, 'openai');
    expect(classified).toBeInstanceOf(AppError);
    expect(classified).toMatchObject({ code, retryable });
  });

  it.each(table)(
    '%s keeps nothing of what the provider said, for the client or for the log',
    (_name, error) => {
      const classified = classifyRequestError(error, 'openai');
      expect(inspect(classified, { depth: 10 })).not.toContain('private');
      expect(classified.cause).toBeInstanceOf(Error);
    },
  );

  it('keeps status, code and request id for the log', () => {
    const error = answered(500, { type: 'server_error', code: 'overloaded' }, { 'x-request-id': 'req_1' });
    const { message } = classifyRequestError(error, 'openai').cause as Error;
    for (const fact of ['500', 'server_error', 'overloaded', 'req_1']) expect(message).toContain(fact);
  });

  it.each([
    [{ 'retry-after': '7' }, 7],
    [{ 'retry-after': '900' }, 60],
    [{ 'retry-after': '-5' }, 0],
    [{ 'retry-after-ms': '1500' }, 2],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('says after how many seconds to ask again: %j', (headers, retryAfter) => {
    expect(
      classifyRequestError(answered(429, {}, headers as Record<string, string>), 'openai').retryAfter,
    ).toBe(retryAfter);
  });
});

describe('an error of reading', () => {
  it('is an answer that broke off', () => {
    const error = new TypeError('terminated', {
      cause: Object.assign(new Error(SECRET), { code: 'UND_ERR_SOCKET' }),
    });
    const classified = classifyReadError(error, 'openai');
    expect(classified).toMatchObject({ code: 'PROVIDER_ERROR', retryable: true });
    expect(inspect(classified, { depth: 10 })).not.toContain('private');
  });

  it('is a timeout when the connection fell silent', () => {
    const error = new TypeError('terminated', {
      cause: Object.assign(new Error(), { code: 'UND_ERR_BODY_TIMEOUT' }),
    });
    expect(classifyReadError(error, 'openai').code).toBe('PROVIDER_TIMEOUT');
  });
});
