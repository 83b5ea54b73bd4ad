import { startScriptedProvider, type ScriptedProvider } from '../doubles/scripted-provider.js';
import { ledgerRows } from '../support/ledger.js';
import { delta, DONE, STOP, words } from '../support/provider-shapes/openai-chunks.js';
import { OPENAI } from '../support/provider-shapes/openai.js';
import { ANTHROPIC, OLLAMA } from '../support/provider-shapes/other-wires.js';
import { JSON_TYPE, type Row, SSE } from '../support/provider-shapes/rows.js';
import { sampled } from '../support/size.js';
import { framesUntil, textOf } from '../support/sse-client.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

const WIRES: readonly {
  provider: string;
  settings: (url: string) => Record<string, string>;
  rows: readonly Row[];
  type: string;
}[] = [
  { provider: 'openai', settings: (url) => ({ OPENAI_URL: `${url}/v1` }), rows: OPENAI, type: SSE },
  { provider: 'claude', settings: (url) => ({ ANTHROPIC_URL: url }), rows: ANTHROPIC, type: SSE },
  {
    provider: 'ollama',
    settings: (url) => ({ OLLAMA_URL: url }),
    rows: OLLAMA,
    type: 'application/x-ndjson',
  },
];

describe.each(WIRES)(
  'what a server behind $provider answers in its own way',
  ({ provider, settings, rows, type }) => {
    let upstream: ScriptedProvider;
    let server: TestServer;
    let alice: TestUser;

    beforeAll(async () => {
      upstream = await startScriptedProvider();
      server = await startTestServer({
        ...settings(upstream.url),
        DEFAULT_PROVIDER: provider,
        DEFAULT_MODEL: 'm',
        LLM_MAX_RETRIES: '0',
        LLM_IDLE_TIMEOUT_MS: '2000',
        LLM_BREAKER_THRESHOLD: '1000',
      });
      alice = await server.user();
    });

    afterAll(async () => {
      await server?.close();
      await upstream?.close();
    });

    it.each(sampled(rows, 3).map((row) => [row[0], row] as const))('%s', async (_name, row) => {
      const [, body, told, said = type, code = 'PROVIDER_ERROR'] = row;
      const contentType = said === 'none' ? undefined : said;
      upstream.answer({ contentType, steps: typeof body === 'string' ? [body] : body });
      const before = upstream.asked.length;
      const threadId = await alice.newThread();
      const frames = await framesUntil(await alice.stream(threadId, 'hello'), 'done');
      // Asked once, and billed once.
      expect(upstream.asked.length - before).toBe(1);
      const error = frames.find((one) => one.type === 'error')?.data['code'];
      const turnId = frames[0]!.data['turnId'];
      if (told === undefined) {
        expect([frames.at(-1)?.data['status'], error]).toEqual(['failed', code]);
        return;
      }
      expect([frames.at(-1)?.data['status'], error]).toEqual(['completed', undefined]);
      expect(textOf(frames)).toBe(told.text);
      const thought = frames.filter((one) => one.type === 'ai_reasoning').map(({ data }) => data['content']);
      expect(thought.join('')).toBe(told.reasoning ?? '');
      const complete = frames.find(({ type: kind, data }) => kind === 'ai_response' && data['isComplete']);
      expect(complete?.data['finishReason']).toBe(told.finishReason ?? 'stop');
      if (told.usage !== undefined) expect(complete?.data['usage']).toMatchObject(told.usage);
      expect(await ledgerRows(server.connectionString, turnId)).toMatchObject([{ outcome: 'completed' }]);
    });
  },
);

describe('a server that refuses to say what an answer cost', () => {
  let upstream: ScriptedProvider;
  let server: TestServer;
  let alice: TestUser;

  beforeEach(async () => {
    upstream = await startScriptedProvider();
    server = await startTestServer({ OPENAI_URL: `${upstream.url}/v1`, LLM_MAX_RETRIES: '0' });
    alice = await server.user();
  });

  afterEach(async () => {
    await server?.close();
    await upstream?.close();
  });

  const refusal = (status: number, body: unknown) => ({
    status,
    contentType: JSON_TYPE,
    steps: [JSON.stringify(body)],
  });
  const answer = { contentType: SSE, steps: [words('a') + STOP + DONE] };
  const askedFor = () => upstream.asked.map((body) => body['stream_options'] !== undefined);

  async function ask(): Promise<unknown> {
    const frames = await framesUntil(await alice.stream(await alice.newThread(), 'hello'), 'done');
    return frames.at(-1)!.data['status'];
  }

  it.each([
    [
      'OpenAI',
      refusal(400, { error: { message: 'Unrecognized request argument supplied: stream_options' } }),
    ],
    [
      'FastAPI',
      refusal(422, { detail: [{ loc: ['body', 'stream_options'], msg: 'Extra inputs are not permitted' }] }),
    ],
    ['a server in Go', refusal(400, { error: { message: 'json: unknown field "StreamOptions"' } })],
  ])('is asked again without, in the words of %s, and from then on at once', async (_name, refused) => {
    upstream.answer(refused, answer);
    expect(await ask()).toBe('completed');
    expect(askedFor()).toEqual([true, false]);
    expect(await ask()).toBe('completed');
    expect(askedFor()).toEqual([true, false, false]);
  });

  it('is asked for it again when something else was wrong as well', async () => {
    const refused = refusal(400, { error: { message: 'You said: "stream_options are nice". Too rude.' } });
    upstream.answer(refused, refused, answer);
    expect(await ask()).toBe('failed');
    expect(await ask()).toBe('completed');
    expect(askedFor()).toEqual([true, false, true]);
  });
});

describe('a model that says what nobody can read, again and again', () => {
  let upstream: ScriptedProvider;
  let server: TestServer;
  let alice: TestUser;

  beforeAll(async () => {
    upstream = await startScriptedProvider();
    server = await startTestServer({
      OPENAI_URL: `${upstream.url}/v1`,
      DEFAULT_PROVIDER: 'openai',
      DEFAULT_MODEL: 'm',
      LLM_MAX_RETRIES: '0',
      LLM_BREAKER_THRESHOLD: '3',
    });
    alice = await server.user();
  });

  afterAll(async () => {
    await server?.close();
    await upstream?.close();
  });

  async function ask(): Promise<unknown> {
    const frames = await framesUntil(await alice.stream(await alice.newThread(), 'hello'), 'done');
    return frames.find(({ type }) => type === 'error')?.data['code'] ?? frames.at(-1)!.data['status'];
  }

  const CALLED = delta({}, 'tool_calls') + DONE;
  const call = (called: unknown) => delta({ tool_calls: [{ index: 0, id: 'a', function: called }] }) + CALLED;
  const picture = { type: 'image_url', image_url: { url: 'https://x.test' } };

  const unreadable = [
    ['half of the arguments', call({ name: 'f', arguments: '{"x":' })],
    ['a call without a name', call({ arguments: '{"x":1}' })],
    ['calls that are text', delta({ tool_calls: 'f' }) + CALLED],
    ['an end in calls without any', CALLED],
    ['a picture', delta({ content: [picture] }) + STOP + DONE],
    ['words where nobody knows of', delta({ utterance: 'a' }) + STOP + DONE],
    ['a call that its server could not read', delta({}, 'MALFORMED_FUNCTION_CALL') + DONE],
  ] as const;

  it.each(sampled(unreadable, 3))('keeps nobody from asking it: %s', async (_name, body) => {
    upstream.answer({ contentType: SSE, steps: [body] });
    for (let round = 0; round < 4; round += 1) expect(await ask()).toBe('PROVIDER_ERROR');
    upstream.answer({ contentType: SSE, steps: [words('a') + STOP + DONE] });
    expect(await ask()).toBe('completed');
  });
});
