import { inspect } from 'node:util';
import type { ErrorCode } from '../../../kernel/index.js';
import { faultOf, type Fault, type ModelError } from '../../core/model-error.js';
import { HttpStatusError } from '../upstream/http-status-error.js';
import { classifyRequestError } from './ollama-errors.js';

const SECRET = 'sk-private and my private words';

function answered(status: number, error: unknown = '', headers: Record<string, string> = {}): ModelError {
  const said = typeof error === 'string' ? `${error} ${SECRET}` : error;
  const refusal = new HttpStatusError(status, new Headers(headers), JSON.stringify({ error: said }));
  return classifyRequestError(refusal, 'ollama');
}

function unreached(code: string): ModelError {
  const cause = Object.assign(new Error(SECRET), { code });
  return classifyRequestError(new TypeError(`fetch failed ${SECRET}`, { cause }), 'ollama');
}

const table: readonly (readonly [string, ModelError, ErrorCode, Fault, boolean])[] = [
  ['401', answered(401, 'unauthorized'), 'PROVIDER_ERROR', 'key', false],
  ['403', answered(403), 'PROVIDER_ERROR', 'key', false],
  ['402', answered(402), 'PROVIDER_ERROR', 'key', false],
  [
    '404 for a model',
    answered(404, 'model "x" not found, try pulling it first'),
    'UNKNOWN_MODEL',
    'request',
    false,
  ],
  ['404 for a path', answered(404, 'page not found'), 'PROVIDER_ERROR', 'key', false],
  [
    '400 for a name no model can have',
    answered(400, 'invalid model name'),
    'UNKNOWN_MODEL',
    'request',
    false,
  ],
  ['400 for tools', answered(400, 'llama2 does not support tools'), 'PROVIDER_ERROR', 'request', false],
  ['400 without a word', answered(400, { message: SECRET }), 'PROVIDER_ERROR', 'request', false],
  [
    '400 for the length',
    answered(400, 'the input length exceeds the context length'),
    'CONTEXT_TOO_LONG',
    'request',
    false,
  ],
  [
    '400 for the length, in the words of llama.cpp',
    answered(400, 'request (9000 tokens) exceeds the available context size (4096 tokens)'),
    'CONTEXT_TOO_LONG',
    'request',
    false,
  ],
  [
    '500 for the length',
    answered(500, 'input exceeds maximum context length and cannot be truncated further'),
    'CONTEXT_TOO_LONG',
    'request',
    false,
  ],
  ['413', answered(413), 'CONTEXT_TOO_LONG', 'request', false],
  ['429', answered(429), 'RATE_LIMITED', 'rate', true],
  ['408', answered(408), 'PROVIDER_TIMEOUT', 'server', true],
  ['499', answered(499, 'request canceled'), 'PROVIDER_UNAVAILABLE', 'server', true],
  ['500', answered(500, 'llama runner process has terminated'), 'PROVIDER_UNAVAILABLE', 'server', true],
  ['503', answered(503, 'server busy'), 'PROVIDER_UNAVAILABLE', 'server', true],
  ['307', answered(307), 'PROVIDER_ERROR', 'key', false],
  ['a refused connection', unreached('ECONNREFUSED'), 'PROVIDER_UNAVAILABLE', 'server', true],
  ['a reset connection', unreached('ECONNRESET'), 'PROVIDER_UNAVAILABLE', 'server', true],
  ['an unknown host', unreached('ENOTFOUND'), 'PROVIDER_UNAVAILABLE', 'server', true],
  ['a connection that took too long', unreached('ETIMEDOUT'), 'PROVIDER_TIMEOUT', 'server', true],
  ['a header that cannot be sent', unreached('ERR_INVALID_CHAR'), 'PROVIDER_ERROR', 'request', false],
  ['no error at all', classifyRequestError(SECRET, 'ollama'), 'PROVIDER_ERROR', 'request', false],
];

describe('an error of a request to Ollama', () => {
  it.each(table)('%s', (_name, error, code, fault, retryable) => {
    expect(error).toMatchObject({ code, retryable, details: { provider: 'ollama' } });
    expect(faultOf(error)).toBe(fault);
  });

  it.each(table)(
    '%s keeps nothing of what the server said, for the client or for the log',
    (_name, error) => {
      expect(inspect(error, { depth: 10 })).not.toContain('private');
      expect(error.cause).toBeInstanceOf(Error);
    },
  );

  it('keeps the status for the log', () => {
    expect(String(answered(500).cause)).toContain('status 500');
  });

  it('passes the wait on that the server asks for', () => {
    expect(answered(429, '', { 'retry-after': '7' })).toMatchObject({ retryAfter: 7 });
    expect(answered(429)).toMatchObject({ retryAfter: undefined });
  });

  it('takes a 404 that is no JSON for a server that is something else', () => {
    const body = '<h1>No such model or page</h1>';
    expect(classifyRequestError(new HttpStatusError(404, new Headers(), body), 'ollama')).toMatchObject({
      code: 'PROVIDER_ERROR',
      fault: 'key',
    });
  });
});
