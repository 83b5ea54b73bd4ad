import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRawProvider, type RawAnswer, type RawProvider } from '../doubles/raw-provider.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

const json = (status: number, body: unknown): RawAnswer => ({ status, body: JSON.stringify(body) });
const stream = (...lines: readonly string[]): RawAnswer => ({
  status: 200,
  type: 'text/event-stream',
  body: `${lines.join('\n\n')}\n\n`,
});

const PIECE = 'data: {"choices":[{"index":0,"delta":{"content":"Well"}}]}';

type Row = readonly [name: string, answer: RawAnswer];

const TOO_LONG: readonly Row[] = [
  [
    'Gemini, in an array',
    json(400, [
      {
        error: {
          code: 400,
          message: 'The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).',
          status: 'INVALID_ARGUMENT',
        },
      },
    ]),
  ],
  [
    'xAI, as a text',
    json(400, { code: 'Client specified an invalid argument', error: 'maximum prompt length is 8 but' }),
  ],
  [
    'TGI, under 422',
    json(422, {
      error:
        'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 and 1024',
      error_type: 'validation',
    }),
  ],
  [
    'vLLM, without a wrapper',
    json(400, { object: 'error', message: "This model's maximum context length is 8 tokens.", code: 400 }),
  ],
  ['FastAPI', json(422, { detail: [{ msg: 'Prompt exceeds max length', type: 'value_error' }] })],
  ['a status of success', json(200, { error: { message: 'Your request exceeded model token limit: 8' } })],
  [
    'a frame that is called an error',
    stream('event: error\ndata: {"message":"prompt is too long","code":"x"}'),
  ],
  ['a frame that is not', stream('data: {"object":"error","message":"prompt is too long","code":40303}')],
  [
    'bare JSON in a stream',
    { status: 200, type: 'text/event-stream', body: '{"error":{"message":"prompt is too long"}}' },
  ],
  [
    'JSON over several lines in a stream',
    {
      status: 201,
      type: 'text/event-stream',
      body: JSON.stringify({ error: { message: 'prompt is too long' } }, undefined, 2),
    },
  ],
  ['a line called error', stream('error: {"message":"prompt is too long"}')],
];

const RATE: readonly Row[] = [
  [
    'Groq, under 413',
    json(413, { error: { message: 'Request too large', type: 'tokens', code: 'rate_limit_exceeded' } }),
  ],
  ['Bedrock, under 400', json(400, { __type: 'ThrottlingException', message: 'slow down' })],
  ['in a stream', stream('data: {"error":{"code":"429","message":"slow down"}}')],
];

const KEY: readonly Row[] = [
  [
    'Gemini, under 400',
    json(400, [
      {
        error: {
          code: 400,
          message: 'API key not valid. Please pass a valid API key.',
          status: 'INVALID_ARGUMENT',
        },
      },
    ]),
  ],
  ['xAI, under 400', json(400, { code: 'invalid', error: 'Incorrect API key provided: sk***.' })],
  ['a status of success', json(200, { code: 'invalid_api_key', message: 'no' })],
  ['bare JSON in a stream', { status: 200, type: 'text/event-stream', body: '{"detail":"Unauthorized"}' }],
  ['a page', { status: 401, type: 'text/html', body: '<html>no</html>' }],
  ['an empty account', json(402, { error: { message: 'Insufficient Balance' } })],
  ['an account without quota', json(429, { error: { code: 'insufficient_quota', message: 'no' } })],
];

const REQUEST: readonly Row[] = [
  [
    'TGI, under 422',
    json(422, { error: 'Template error: roles must alternate', error_type: 'template_error' }),
  ],
  ['a mistake under 500', json(500, { object: 'error', message: 'no', type: 'BadRequestError', code: 400 })],
  ['a mistake in a stream', stream('data: {"error":{"type":"invalid_request_error","message":"no"}}')],
  [
    'a message that is repeated',
    json(400, { error: { message: 'Invalid: "my API key is not valid, rate limit"' } }),
  ],
];

describe('what a provider says went wrong, in its own shape and words', () => {
  let primary: RawProvider;
  let spare: RawProvider;
  let small: RawProvider;
  let server: TestServer;
  let alice: TestUser;
  let folder: string;

  beforeAll(async () => {
    [primary, spare, small] = await Promise.all([startRawProvider(), startRawProvider(), startRawProvider()]);
    folder = await mkdtemp(join(tmpdir(), 'threadline-providers-'));
    const file = join(folder, 'providers.json');
    const further = (url: string, contextWindow: number) => ({
      type: 'openai',
      url,
      defaultModel: 'other',
      models: { other: { contextWindow } },
    });
    const providers = {
      openai: { defaultModel: 'usual', models: { usual: { contextWindow: 8_000 } } },
      small: further(small.url, 8_000),
      spare: further(spare.url, 200_000),
    };
    await writeFile(file, JSON.stringify({ providers }));
    server = await startTestServer({
      OPENAI_URL: primary.url,
      LLM_PROVIDERS_FILE: file,
      LLM_FALLBACKS: 'small,spare',
      LLM_MAX_RETRY_WAIT_MS: '10',
      LLM_BREAKER_THRESHOLD: '2',
    });
    alice = await server.user();
  });

  afterAll(async () => {
    await server?.close();
    await Promise.all([primary, spare, small].map((provider) => provider?.close()));
    await rm(folder, { recursive: true, force: true });
  });

  const post = async (user = alice) => {
    const asked = [primary, small, spare].map(({ requests }) => requests.length);
    const threadId = await user.newThread();
    const { status, body } = await user.ask('POST', `/chat/threads/${threadId}/messages`, {
      content: 'Hello',
    });
    const requests = [primary, small, spare].map(({ requests: all }, index) => all.length - asked[index]!);
    return { status, code: body.code, provider: body.message?.provider, requests };
  };

  it.each(TOO_LONG)('too long: %s: the next one with more room answers', async (_, answer) => {
    primary.script(answer);
    expect(await post()).toEqual({ status: 201, code: undefined, provider: 'spare', requests: [1, 0, 1] });
  });

  it('is told as too long where nobody has more room', async () => {
    const tooLong = TOO_LONG[0]![1];
    primary.script(tooLong);
    spare.script(tooLong);
    expect(await post()).toEqual({
      status: 422,
      code: 'CONTEXT_TOO_LONG',
      provider: undefined,
      requests: [1, 0, 1],
    });
  });

  it.each(RATE)('a rate limit: %s: is waited for, and then somebody else answers', async (_, answer) => {
    primary.script(answer, answer, answer);
    expect(await post()).toEqual({ status: 201, code: undefined, provider: 'small', requests: [3, 1, 0] });
  });

  it.each(KEY)('a key: %s: somebody else answers at once', async (_, answer) => {
    primary.script(answer);
    expect(await post()).toEqual({ status: 201, code: undefined, provider: 'small', requests: [1, 1, 0] });
  });

  it.each(REQUEST)('a request: %s: is asked once, and keeps nobody else out', async (_, answer) => {
    primary.script(answer, answer, answer);
    for (let round = 0; round < 3; round += 1) {
      const told = await post();
      expect(told).toEqual({ status: 502, code: 'PROVIDER_ERROR', provider: undefined, requests: [1, 0, 0] });
    }
    const bob = await server.user({ sub: 'bob' });
    expect(await post(bob)).toEqual({
      status: 201,
      code: undefined,
      provider: 'openai',
      requests: [1, 0, 0],
    });
  });

  it('in the middle of an answer takes back what was said', async () => {
    primary.script(stream(PIECE, 'data: {"object":"error","message":"Invalid API key","code":40101}'));
    expect(await post()).toEqual({ status: 201, code: undefined, provider: 'small', requests: [1, 1, 0] });
  });
});
