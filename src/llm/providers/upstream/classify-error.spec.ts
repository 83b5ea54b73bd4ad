import { inspect } from 'node:util';
import type { ErrorCode } from '../../../kernel/index.js';
import type { Fault } from '../../core/model-error.js';
import { answerIn, classifyStatusError, reportedError } from './classify-error.js';
import { HttpStatusError } from './http-status-error.js';

type ErrorCase = readonly [name: string, status: number, body: unknown, code: ErrorCode, fault: Fault];

const SECRET = 'my private words';

function refused(status: number, body: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return classifyStatusError(
    new HttpStatusError(status, new Headers({ 'retry-after': '3' }), text),
    'some-provider',
  );
}

const LENGTH = ['CONTEXT_TOO_LONG', 'request'] as const;
const RATE = ['RATE_LIMITED', 'rate'] as const;
const KEY = ['PROVIDER_ERROR', 'key'] as const;
const REQUEST = ['PROVIDER_ERROR', 'request'] as const;
const TROUBLE = ['PROVIDER_UNAVAILABLE', 'server'] as const;

const tooLong = (message: string) => ({ error: { message, type: 'invalid_request_error', code: null } });

/** One and the same mistake in everybody's words and shape. */
const LONG: readonly ErrorCase[] = [
  [
    'DashScope, wrapped',
    400,
    {
      error: {
        code: 'invalid_parameter_error',
        message: '<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30720]',
      },
    },
    ...LENGTH,
  ],
  ['Zhipu', 400, { error: { code: '1261', message: 'Prompt 超长' } }, ...LENGTH],
  ['a gateway in Chinese', 400, { error: { message: '输入内容过长，请缩短后重试' } }, ...LENGTH],
  ['Baidu', 400, { error_code: 336_007, error_msg: 'the max input characters is 20480' }, ...LENGTH],
  ['FriendliAI', 422, { detail: 'Prompt length (in tokens) too long' }, ...LENGTH],
  [
    'OpenAI',
    400,
    {
      error: {
        message:
          "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000.",
        type: 'invalid_request_error',
        param: 'messages',
        code: 'context_length_exceeded',
      },
    },
    ...LENGTH,
  ],
  ['OpenAI, newer', 400, tooLong('Your input exceeds the context window of this model.'), ...LENGTH],
  [
    'Anthropic',
    400,
    {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'prompt is too long: 204800 tokens > 200000 maximum' },
    },
    ...LENGTH,
  ],
  [
    'Anthropic, with the answer',
    400,
    tooLong('input length and `max_tokens` exceed context limit: 190000 + 64000 > 200000'),
    ...LENGTH,
  ],
  [
    'xAI',
    400,
    {
      code: 'Client specified an invalid argument',
      error: "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    },
    ...LENGTH,
  ],
  [
    'Moonshot',
    400,
    tooLong('Invalid request: Your request exceeded model token limit: 8192 (requested: 9000)'),
    ...LENGTH,
  ],
  ['Moonshot, older', 400, tooLong('Input token length too long'), ...LENGTH],
  [
    'Gemini',
    400,
    [
      {
        error: {
          code: 400,
          message: 'The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).',
          status: 'INVALID_ARGUMENT',
        },
      },
    ],
    ...LENGTH,
  ],
  [
    'Vertex',
    400,
    tooLong(
      'Unable to submit request because the input token count is 40000 but model only supports up to 32768.',
    ),
    ...LENGTH,
  ],
  [
    'Poolside',
    400,
    { message: 'Input length 131393 exceeds the maximum allowed input length of 131040 tokens.' },
    ...LENGTH,
  ],
  [
    'TGI',
    422,
    {
      error:
        'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens and 1024 `max_new_tokens`',
      error_type: 'validation',
    },
    ...LENGTH,
  ],
  [
    'TGI, the question alone',
    422,
    {
      error: 'Input validation error: `inputs` must have less than 1024 tokens. Given: 2000',
      error_type: 'validation',
    },
    ...LENGTH,
  ],
  [
    'Mistral',
    400,
    {
      object: 'error',
      message:
        'Prompt contains 65673 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
      type: 'invalid_request_message_order',
      code: 3051,
    },
    ...LENGTH,
  ],
  ['Groq', 400, tooLong('Please reduce the length of the messages or completion.'), ...LENGTH],
  [
    'Cohere',
    400,
    { message: 'too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 8192.' },
    ...LENGTH,
  ],
  [
    'DeepSeek',
    400,
    tooLong("This model's maximum context length is 65536 tokens. However, you requested 70000 tokens."),
    ...LENGTH,
  ],
  [
    'Bedrock',
    400,
    { __type: 'ValidationException', message: 'Input is too long for requested model.' },
    ...LENGTH,
  ],
  [
    'llama.cpp',
    400,
    {
      error: {
        code: 400,
        message: 'the request exceeds the available context size, try increasing it',
        type: 'exceed_context_size_error',
      },
    },
    ...LENGTH,
  ],
  ['Ollama', 500, { error: 'input length exceeds maximum context length' }, ...LENGTH],
  ['Ollama, newer', 400, { error: 'prompt too long; exceeded max context length by 4 tokens' }, ...LENGTH],
  [
    'vLLM',
    400,
    {
      object: 'error',
      message: "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
      type: 'BadRequestError',
      param: null,
      code: 400,
    },
    ...LENGTH,
  ],
  [
    'vLLM, newer',
    400,
    {
      error: {
        message: 'The decoder prompt (length 5000) is longer than the maximum model length of 4096.',
        type: 'BadRequestError',
        code: 400,
      },
    },
    ...LENGTH,
  ],
  [
    'vLLM, with no room for an answer',
    400,
    { message: 'max_tokens must be at least 1, got -904', code: 400 },
    ...LENGTH,
  ],
  [
    'SGLang',
    400,
    {
      object: 'error',
      message: "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
    },
    ...LENGTH,
  ],
  [
    'LM Studio',
    400,
    { error: 'The number of tokens to keep from the initial prompt is greater than the context length.' },
    ...LENGTH,
  ],
  [
    'OpenRouter, of whoever is behind it',
    400,
    {
      error: {
        message: 'Provider returned error',
        code: 400,
        metadata: {
          raw: '{"error":{"message":"This endpoint\'s maximum context length is 8192 tokens."}}',
          provider_name: 'x',
        },
      },
    },
    ...LENGTH,
  ],
  ['MiniMax', 400, { error: { message: 'invalid params, context window exceeds limit (2013)' } }, ...LENGTH],
  [
    'DashScope',
    400,
    { code: 'InvalidParameter', message: 'Range of input length should be [1, 30720]' },
    ...LENGTH,
  ],
  ['Copilot', 400, tooLong('prompt token count of 200000 exceeds the limit of 128000'), ...LENGTH],
  [
    'Together',
    400,
    tooLong("The input (9000 tokens) is longer than the model's context length (8192 tokens)"),
    ...LENGTH,
  ],
  [
    'LiteLLM',
    400,
    { error: { message: 'litellm.ContextWindowExceededError: too big', code: '400' } },
    ...LENGTH,
  ],
  ['FastAPI', 400, { detail: 'The prompt is too long for this model' }, ...LENGTH],
  [
    'FastAPI, in a list',
    422,
    { detail: [{ loc: ['body'], msg: 'Prompt exceeds max length', type: 'value_error' }] },
    ...LENGTH,
  ],
  ['a list of errors', 400, { errors: [{ code: 'context_length_exceeded', message: SECRET }] }, ...LENGTH],
  ['code and msg', 400, { code: 1261, msg: 'Prompt exceeds max length' }, ...LENGTH],
  ['a proxy that takes no more', 413, '<html><h1>413 Request Entity Too Large</h1></html>', ...LENGTH],
  ['a bare text', 400, 'context length exceeded', ...LENGTH],
];

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
