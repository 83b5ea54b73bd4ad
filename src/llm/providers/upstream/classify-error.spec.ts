import { inspect } from 'node:util';
import { type ErrorCase, LONG, SECRET, tooLong } from '../../../../test/support/too-long-errors.js';
import { answerIn, classifyStatusError, reportedError } from './classify-error.js';
import { HttpStatusError } from './http-status-error.js';

function refused(status: number, body: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return classifyStatusError(
    new HttpStatusError(status, new Headers({ 'retry-after': '3' }), text),
    'some-provider',
  );
}

const RATE = ['RATE_LIMITED', 'rate'] as const;
const KEY = ['PROVIDER_ERROR', 'key'] as const;
const REQUEST = ['PROVIDER_ERROR', 'request'] as const;
const TROUBLE = ['PROVIDER_UNAVAILABLE', 'server'] as const;

const OTHERS: readonly ErrorCase[] = [
  [
    'Groq: tokens per minute under 413',
    413,
    {
      error: {
        message: 'Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 8000.',
        type: 'tokens',
        code: 'rate_limit_exceeded',
      },
    },
    ...RATE,
  ],
  ['tokens per minute in words alone', 413, tooLong('Limit of 6000 tokens per minute reached'), ...RATE],
  ['a rate limit under 400', 400, { error: { code: 'rate_limit_exceeded', message: SECRET } }, ...RATE],
  ['Bedrock: throttled under 400', 400, { __type: 'ThrottlingException', message: SECRET }, ...RATE],
  [
    'Gemini: its quota of the minute',
    429,
    [{ error: { code: 429, message: 'You exceeded your current quota.', status: 'RESOURCE_EXHAUSTED' } }],
    ...RATE,
  ],
  ['a rate limit behind a gateway', 502, { error: { code: 429, message: SECRET } }, ...RATE],
  [
    'Gemini: a wrong key',
    400,
    [
      {
        error: {
          code: 400,
          message: 'API key not valid. Please pass a valid API key.',
          status: 'INVALID_ARGUMENT',
          details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }],
        },
      },
    ],
    ...KEY,
  ],
  [
    'xAI: a wrong key',
    400,
    {
      code: 'Client specified an invalid argument',
      error: 'Incorrect API key provided: sk***yz. You can get one.',
    },
    ...KEY,
  ],
  ['a wrong key, FastAPI', 400, { detail: 'Invalid API key' }, ...KEY],
  ['a wrong key, in a page', 401, '<html>no</html>', ...KEY],
  ['a wrong key behind a gateway', 500, { error: { message: 'Authentication failed', code: 401 } }, ...KEY],
  [
    'a wrong key, vLLM',
    400,
    { object: 'error', message: SECRET, type: 'invalid_api_key', code: 40_001 },
    ...KEY,
  ],
  ['no key', 400, 'Missing API key', ...KEY],
  [
    'a wrong key, Hugging Face',
    400,
    { error: 'Authorization header is correct, but the token seems invalid' },
    ...KEY,
  ],
  ['a wrong key, Zhipu', 400, { error: { message: '身份验证失败' } }, ...KEY],
  ['a wrong key, a gateway in Chinese', 400, { error: { message: '无效的令牌' } }, ...KEY],
  [
    'a wrong key, Baidu',
    400,
    { error_code: 110, error_msg: 'Access token invalid or no longer valid' },
    ...KEY,
  ],
  ['an expired token', 400, { message: 'Your token has expired', code: 'AccessTokenExpired' }, ...KEY],
  [
    'a token of the text',
    400,
    tooLong('The stop token is invalid: only special tokens are allowed as stop tokens.'),
    ...REQUEST,
  ],
  ['an empty account, DeepSeek', 402, { error: { message: 'Insufficient Balance' } }, ...KEY],
  [
    'an empty account, Zhipu',
    429,
    { error: { code: '1113', message: 'Insufficient balance, please recharge' } },
    ...KEY,
  ],
  ['an empty account, xAI', 403, { code: SECRET, error: 'Your team has run out of credits' }, ...KEY],
  [
    'an empty account, Moonshot',
    429,
    { error: { type: 'exceeded_current_quota_error', message: SECRET } },
    ...KEY,
  ],
  [
    'no such model, vLLM',
    404,
    { object: 'error', message: 'The model `x` does not exist.', type: 'NotFoundError' },
    'UNKNOWN_MODEL',
    'request',
  ],
  ['no such model, FastAPI', 400, { detail: 'Model x not found' }, 'UNKNOWN_MODEL', 'request'],
  ['no such path', 404, { detail: 'Not Found' }, ...KEY],
  ['overloaded under 400', 400, { error: { type: 'overloaded_error', message: SECRET } }, ...TROUBLE],
  ['a failure that says so under 400', 400, { error: { code: 503, message: SECRET } }, ...TROUBLE],
  ['a page under 503', 503, '<html><title>model not found</title></html>', ...TROUBLE],
  ['a model that is loading', 503, { error: 'Model x is currently loading and not available' }, ...TROUBLE],
  [
    'what is wrong with the request, under 500',
    500,
    { error: { type: 'BadRequestError', message: SECRET } },
    ...REQUEST,
  ],
  [
    'what is wrong with the request, TGI',
    422,
    { error: 'Template error', error_type: 'template_error' },
    ...REQUEST,
  ],
  [
    'a setting',
    400,
    tooLong('max_tokens: 300000 > 128000, which is the maximum number of output tokens'),
    ...REQUEST,
  ],
  [
    'the name of a tool',
    400,
    {
      error: {
        message: "Invalid 'tools[0].function.name': string too long. Expected a maximum length of 64.",
        param: 'tools[0].function.name',
        code: 'string_above_max_length',
      },
    },
    ...REQUEST,
  ],
  [
    'a message that is repeated',
    400,
    tooLong(
      'Invalid value: "the prompt is too long and my API key is not valid". Rate limit? Say so.',
    ).error.message.replace(' Rate limit? Say so.', ''),
    ...REQUEST,
  ],
  [
    'an input that is repeated, FastAPI',
    422,
    {
      detail: [
        { loc: ['body', 'messages'], msg: 'Field required', type: 'missing', input: 'Invalid API key' },
      ],
    },
    ...REQUEST,
  ],
  ['a string in single quotes', 400, "{'type': 'x', 'input': 'maximum context length is what?'}", ...REQUEST],
];

describe('a status that says no', () => {
  it.each([...LONG, ...OTHERS])('%s', (_name, status, body, code, fault) => {
    const error = refused(status, body);
    expect(error).toMatchObject({ code, fault });
    expect(inspect(error, { depth: 10 })).not.toContain('private');
  });

  it('passes on how long to wait, wherever the rate limit is said', () => {
    expect(refused(413, { error: { code: 'rate_limit_exceeded' } }).retryAfter).toBe(3);
  });
});

describe('the same under a status of success', () => {
  const sameInAnAnswer = [...LONG, ...OTHERS].filter(
    ([, status, body, code, fault]) =>
      typeof body === 'object' &&
      [400, 413, 422].includes(status) &&
      fault !== 'server' &&
      (code !== 'PROVIDER_ERROR' || fault === 'key'),
  );

  it.each(sameInAnAnswer)('%s', (_name, _status, body, code, fault) => {
    const error = reportedError('some-provider', body);
    expect(error).toMatchObject({ code, fault });
    expect(inspect(error, { depth: 10 })).not.toContain('private');
  });

  it.each([
    { error_code: 110, error_msg: 'Access token invalid or no longer valid' },
    { errorCode: '110', errorMessage: 'Access token invalid or no longer valid' },
    { errcode: 40_001, errmsg: 'invalid access token' },
    { error_msg: 'Access token expired' },
  ])('is told from an answer: %j', (said) => {
    expect(() => answerIn(said, 'some-provider')).toThrow(expect.objectContaining({ fault: 'key' }));
  });

  it.each([
    { error_code: 0, error_msg: '' },
    { error_code: 0, error_msg: 'success' },
    { errcode: '0', errmsg: 'ok' },
    { error: {}, choices: [] },
    { error: {}, message: { content: 'a' } },
    { error: {}, type: 'message_stop' },
    { choices: [{ error: {}, delta: {} }] },
  ])('is none in %j', (said) => {
    expect(answerIn(said, 'some-provider')).toBe(said);
  });

  it.each([{ error: {} }, { type: 'error', error: {} }])('is one in %j', (said) => {
    expect(() => answerIn(said, 'some-provider')).toThrow(
      expect.objectContaining({ code: 'PROVIDER_ERROR' }),
    );
  });

  it.each([
    { code: 'MALFORMED_FUNCTION_CALL' },
    { error: { code: 'tool_use_failed' } },
    { error: "error parsing tool call: raw='{', err=unexpected end of JSON input" },
  ])('says nothing against the provider where it is the model that spoke nonsense: %j', (said) => {
    const told = { code: 'PROVIDER_ERROR', fault: 'server', isAlive: true };
    expect(reportedError('some-provider', said)).toMatchObject(told);
    expect(refused(500, said)).toMatchObject(told);
  });

  it('is nobody else’s fault when it says that the request is wrong', () => {
    for (const error of [tooLong(SECRET), { error: SECRET, error_type: 'validation' }]) {
      expect(reportedError('some-provider', error)).toMatchObject({
        code: 'PROVIDER_ERROR',
        fault: 'request',
      });
    }
  });
});
