import { inspect } from 'node:util';
import { APIConnectionError, APIConnectionTimeoutError } from 'openai';
import type { ErrorCode } from '../../../kernel/index.js';
import { ModelError, type Fault } from '../../core/model-error.js';
import { reportedError } from '../upstream/classify-error.js';
import { HttpStatusError } from '../upstream/http-status-error.js';
import { classifyReadError } from '../upstream/stream-answer.js';
import { classifyRequestError } from './openai-errors.js';

const SECRET = 'sk-private and my private words';

function answered(status: number, error: object = {}, headers: Record<string, string> = {}): Error {
  const body = JSON.stringify({ error: { message: SECRET, ...error } });
  // As the SDK gives it.
  return new APIConnectionError({ cause: new HttpStatusError(status, new Headers(headers), body) });
}

function unreached(code: string): Error {
  return new APIConnectionError({
    message: SECRET,
    cause: new TypeError(`fetch failed ${SECRET}`, { cause: Object.assign(new Error(SECRET), { code }) }),
  });
}

const table: readonly (readonly [string, unknown, ErrorCode, boolean, Fault])[] = [
  ['401', answered(401, { code: 'invalid_api_key' }), 'PROVIDER_ERROR', false, 'key'],
  ['403', answered(403), 'PROVIDER_ERROR', false, 'key'],
  ['402', answered(402), 'PROVIDER_ERROR', false, 'key'],
  ['404', answered(404), 'UNKNOWN_MODEL', false, 'request'],
  ['400 for a model', answered(400, { code: 'model_not_found' }), 'UNKNOWN_MODEL', false, 'request'],
  ['400', answered(400), 'PROVIDER_ERROR', false, 'request'],
  ['422', answered(422), 'PROVIDER_ERROR', false, 'request'],
  [
    '400 for the length',
    answered(400, { code: 'context_length_exceeded' }),
    'CONTEXT_TOO_LONG',
    false,
    'request',
  ],
  [
    '400 with words about the length',
    answered(400, { message: 'maximum context length is 8' }),
    'CONTEXT_TOO_LONG',
    false,
    'request',
  ],
  ['413', answered(413), 'CONTEXT_TOO_LONG', false, 'request'],
  ['400 of the filter', answered(400, { code: 'content_filter' }), 'MODEL_REFUSED', false, 'refusal'],
  ['429', answered(429), 'RATE_LIMITED', true, 'rate'],
  ['429 of an empty account', answered(429, { code: 'insufficient_quota' }), 'PROVIDER_ERROR', false, 'key'],
  ['408', answered(408), 'PROVIDER_TIMEOUT', true, 'server'],
  ['409', answered(409), 'PROVIDER_UNAVAILABLE', true, 'server'],
  ['500', answered(500), 'PROVIDER_UNAVAILABLE', true, 'server'],
  ['503', answered(503), 'PROVIDER_UNAVAILABLE', true, 'server'],
  ['301', answered(301), 'PROVIDER_ERROR', false, 'key'],
  ['a refused connection', unreached('ECONNREFUSED'), 'PROVIDER_UNAVAILABLE', true, 'server'],
  ['a reset connection', unreached('ECONNRESET'), 'PROVIDER_UNAVAILABLE', true, 'server'],
  ['an unknown host', unreached('ENOTFOUND'), 'PROVIDER_UNAVAILABLE', true, 'server'],
  [
    'a connection that took too long',
    unreached('UND_ERR_CONNECT_TIMEOUT'),
    'PROVIDER_TIMEOUT',
    true,
    'server',
  ],
  ['a request that took too long', new APIConnectionTimeoutError(), 'PROVIDER_TIMEOUT', true, 'server'],
  ['an error of another kind', new TypeError(SECRET), 'PROVIDER_ERROR', false, 'request'],
  ['no error at all', SECRET, 'PROVIDER_ERROR', false, 'request'],
  [
    '403 of a moderator',
    answered(403, { metadata: { reasons: ['violence'], flagged_input: SECRET } }),
    'MODEL_REFUSED',
    false,
    'refusal',
  ],
  [
    '400 with words about the model',
    answered(400, { message: 'x/y is not a valid model ID' }),
    'UNKNOWN_MODEL',
    false,
    'request',
  ],
  [
    '400 for a model that is no more',
    answered(400, { code: 'model_decommissioned' }),
    'UNKNOWN_MODEL',
    false,
    'request',
  ],
  [
    '400 for a call the model made up',
    answered(400, { code: 'tool_use_failed' }),
    'PROVIDER_ERROR',
    true,
    'server',
  ],
  ['498', answered(498, { code: 'capacity_exceeded' }), 'PROVIDER_UNAVAILABLE', true, 'server'],
];

describe('an error of a request', () => {
  it.each(table)('%s', (_name, error, code, retryable, fault) => {
    const classified = classifyRequestError(error, 'openai');
    expect(classified).toBeInstanceOf(ModelError);
    expect(classified).toMatchObject({ code, retryable, fault });
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

describe('an error object in the answer', () => {
  const reports: readonly (readonly [unknown, ErrorCode, Fault])[] = [
    [{ code: 429, message: SECRET }, 'RATE_LIMITED', 'rate'],
    [{ code: '429' }, 'RATE_LIMITED', 'rate'],
    [{ code: 'rate_limit_exceeded' }, 'RATE_LIMITED', 'rate'],
    [{ code: 401 }, 'PROVIDER_ERROR', 'key'],
    [{ code: 402 }, 'PROVIDER_ERROR', 'key'],
    [{ code: 403 }, 'PROVIDER_ERROR', 'key'],
    [{ code: 403, metadata: { reasons: [SECRET] } }, 'MODEL_REFUSED', 'refusal'],
    [{ code: 404 }, 'UNKNOWN_MODEL', 'request'],
    [{ code: 408 }, 'PROVIDER_TIMEOUT', 'server'],
    [{ code: 400 }, 'PROVIDER_ERROR', 'request'],
    [{ code: 400, message: `maximum context length is 8 ${SECRET}` }, 'CONTEXT_TOO_LONG', 'request'],
    [{ code: 502, message: SECRET }, 'PROVIDER_ERROR', 'server'],
    [{ code: 'server_error' }, 'PROVIDER_ERROR', 'server'],
    [{ code: 'insufficient_quota' }, 'PROVIDER_ERROR', 'key'],
    [{ type: 'model_not_found' }, 'UNKNOWN_MODEL', 'request'],
    [{ code: 99_999 }, 'PROVIDER_ERROR', 'server'],
    [SECRET, 'PROVIDER_ERROR', 'server'],
    ['over_capacity', 'PROVIDER_ERROR', 'server'],
    [null, 'PROVIDER_ERROR', 'server'],
    [[5], 'PROVIDER_ERROR', 'server'],
  ];

  it.each(reports)('%j', (reported, code, fault) => {
    const classified = reportedError('openrouter', reported);
    expect(classified).toMatchObject({ code, fault });
    expect(inspect(classified, { depth: 10 })).not.toContain('private');
  });
});
