import type { ErrorCode } from '../../src/kernel/index.js';
import type { Fault } from '../../src/llm/core/model-error.js';

/** What a provider answers, and what is to be made of it. */
export type ErrorCase = readonly [name: string, status: number, body: unknown, code: ErrorCode, fault: Fault];

/** What an error must not pass on. */
export const SECRET = 'my private words';

const LENGTH = ['CONTEXT_TOO_LONG', 'request'] as const;

/** The body of an error of OpenAI’s shape that says so. */
export const tooLong = (message: string) => ({
  error: { message, type: 'invalid_request_error', code: null },
});

/** One and the same mistake in everybody's words and shape. */
export const LONG: readonly ErrorCase[] = [
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
