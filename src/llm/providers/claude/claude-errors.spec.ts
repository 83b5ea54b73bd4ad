import { inspect } from 'node:util';
import { APIConnectionError, APIConnectionTimeoutError } from '@anthropic-ai/sdk';
import type { ErrorCode } from '../../../kernel/index.js';
import { ModelError, type Fault } from '../../core/model-error.js';
import { reportedError } from '../upstream/classify-error.js';
import { HttpStatusError } from '../upstream/http-status-error.js';
import { classifyRequestError } from './claude-errors.js';

const SECRET = 'sk-ant-private and my private words';

function answered(status: number, type: string, message = '', headers: Record<string, string> = {}): Error {
  const body = { type: 'error', error: { type, message: `${message} ${SECRET}`.trim() } };
  return refused(status, JSON.stringify(body), headers);
}

/** As the SDK gives it. */
function refused(status: number, body: string, headers: Record<string, string> = {}): Error {
  return new APIConnectionError({ cause: new HttpStatusError(status, new Headers(headers), body) });
}

function unreached(code: string): Error {
  const cause = Object.assign(new Error(SECRET), { code });
  return new APIConnectionError({ message: SECRET, cause });
}

const INVALID = 'invalid_request_error';

const table: readonly (readonly [string, unknown, ErrorCode, Fault, boolean])[] = [
  ['401', answered(401, 'authentication_error'), 'PROVIDER_ERROR', 'key', false],
  ['403', answered(403, 'permission_error'), 'PROVIDER_ERROR', 'key', false],
  ['402', answered(402, 'billing_error'), 'PROVIDER_ERROR', 'key', false],
  [
    '400 of an empty account',
    answered(400, INVALID, 'Your credit balance is too low to access the Anthropic API.'),
    'PROVIDER_ERROR',
    'key',
    false,
  ],
  [
    '400 of a limit to spending',
    answered(400, INVALID, 'You have reached your specified API usage limits'),
    'PROVIDER_ERROR',
    'key',
    false,
  ],
  ['404', answered(404, 'not_found_error'), 'UNKNOWN_MODEL', 'request', false],
  ['400', answered(400, INVALID), 'PROVIDER_ERROR', 'request', false],
  [
    '400 of a limit that is too high',
    answered(400, INVALID, 'max_tokens: 300000 > 128000, too long'),
    'PROVIDER_ERROR',
    'request',
    false,
  ],
  ['422', answered(422, INVALID), 'PROVIDER_ERROR', 'request', false],
  [
    '400 for the length',
    answered(400, INVALID, 'prompt is too long: 204800 tokens > 200000 maximum'),
    'CONTEXT_TOO_LONG',
    'request',
    false,
  ],
  [
    '400 for the length of both',
    answered(400, INVALID, 'input length and `max_tokens` exceed context limit: 190000 + 64000 > 200000'),
    'CONTEXT_TOO_LONG',
    'request',
    false,
  ],
  ['413', answered(413, 'request_too_large'), 'CONTEXT_TOO_LONG', 'request', false],
  [
    '400 of the filter',
    answered(400, INVALID, 'Output blocked by content filtering policy'),
    'MODEL_REFUSED',
    'refusal',
    false,
  ],
  ['429', answered(429, 'rate_limit_error'), 'RATE_LIMITED', 'rate', true],
  ['408', answered(408, 'timeout_error'), 'PROVIDER_TIMEOUT', 'server', true],
  ['409', answered(409, 'conflict_error'), 'PROVIDER_UNAVAILABLE', 'server', true],
  ['500', answered(500, 'api_error'), 'PROVIDER_UNAVAILABLE', 'server', true],
  ['502 of a proxy', refused(502, SECRET), 'PROVIDER_UNAVAILABLE', 'server', true],
  ['503', answered(503, 'api_error'), 'PROVIDER_UNAVAILABLE', 'server', true],
  ['504', answered(504, 'timeout_error'), 'PROVIDER_UNAVAILABLE', 'server', true],
  ['529', answered(529, 'overloaded_error'), 'PROVIDER_UNAVAILABLE', 'server', true],
  ['307', answered(307, 'moved'), 'PROVIDER_ERROR', 'key', false],
  ['a refused connection', unreached('ECONNREFUSED'), 'PROVIDER_UNAVAILABLE', 'server', true],
  ['an unknown host', unreached('ENOTFOUND'), 'PROVIDER_UNAVAILABLE', 'server', true],
  ['a connection that took too long', unreached('ETIMEDOUT'), 'PROVIDER_TIMEOUT', 'server', true],
  ['a request that took too long', new APIConnectionTimeoutError(), 'PROVIDER_TIMEOUT', 'server', true],
  ['JSON that is none', new SyntaxError(SECRET), 'PROVIDER_ERROR', 'server', true],
  [
    'a list that breaks off',
    Object.assign(new Error(SECRET), { code: 'ECONNRESET' }),
    'PROVIDER_ERROR',
    'server',
    true,
  ],
  ['an error of another kind', new TypeError(SECRET), 'PROVIDER_ERROR', 'request', false],
  ['no error at all', SECRET, 'PROVIDER_ERROR', 'request', false],
];

describe('an error of a request to Claude', () => {
  it.each(table)('%s', (_name, error, code, fault, retryable) => {
    const classified = classifyRequestError(error, 'claude');
    expect(classified).toBeInstanceOf(ModelError);
    expect(classified).toMatchObject({ code, fault, retryable });
  });

  it.each(table)('%s keeps nothing of what the provider said', (_name, error) => {
    const classified = classifyRequestError(error, 'claude');
    expect(inspect(classified, { depth: 10 })).not.toContain('private');
    expect(classified.cause).toBeInstanceOf(Error);
  });

  it('keeps status, type and request id for the log', () => {
    const error = answered(529, 'overloaded_error', '', { 'request-id': 'req_1' });
    const { message } = classifyRequestError(error, 'claude').cause as Error;
    for (const fact of ['529', 'overloaded_error', 'req_1']) expect(message).toContain(fact);
  });

  it('says after how many seconds to ask again', () => {
    const error = answered(429, 'rate_limit_error', '', { 'retry-after': '7' });
    expect(classifyRequestError(error, 'claude').retryAfter).toBe(7);
  });
});

describe('an error event in the middle of an answer', () => {
  const events: readonly (readonly [string, object | string | null, ErrorCode, Fault])[] = [
    ['overloaded_error', { type: 'overloaded_error' }, 'PROVIDER_UNAVAILABLE', 'server'],
    ['api_error', { type: 'api_error' }, 'PROVIDER_UNAVAILABLE', 'server'],
    ['timeout_error', { type: 'timeout_error' }, 'PROVIDER_TIMEOUT', 'server'],
    ['rate_limit_error', { type: 'rate_limit_error' }, 'RATE_LIMITED', 'rate'],
    ['request_too_large', { type: 'request_too_large' }, 'CONTEXT_TOO_LONG', 'request'],
    ['authentication_error', { type: 'authentication_error' }, 'PROVIDER_ERROR', 'key'],
    ['billing_error', { type: 'billing_error' }, 'PROVIDER_ERROR', 'key'],
    ['not_found_error', { type: 'not_found_error' }, 'UNKNOWN_MODEL', 'request'],
    ['a length', { type: INVALID, message: `prompt is too long ${SECRET}` }, 'CONTEXT_TOO_LONG', 'request'],
    ['another mistake', { type: INVALID, message: SECRET }, 'PROVIDER_ERROR', 'request'],
    ['an unknown type', { type: 'strange_error', message: SECRET }, 'PROVIDER_ERROR', 'server'],
    ['a type that is a sentence', { type: SECRET }, 'PROVIDER_ERROR', 'server'],
    ['nothing', null, 'PROVIDER_ERROR', 'server'],
    ['a text', SECRET, 'PROVIDER_ERROR', 'server'],
  ];

  it.each(events)('%s', (_name, event, code, fault) => {
    const error = reportedError('claude', event);
    expect(error).toMatchObject({ code, fault });
    expect(inspect(error, { depth: 10 })).not.toContain('private');
  });
});
