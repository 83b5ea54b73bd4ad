import { startAnthropicStandIn } from '../doubles/anthropic-stand-in.js';
import { startRawProvider, type RawProvider } from '../doubles/raw-provider.js';
import { framesUntil } from '../support/sse-client.js';
import { readWire } from '../support/wire-client.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

describe('what a provider is sent', () => {
  let provider: RawProvider;
  let claude: Awaited<ReturnType<typeof startAnthropicStandIn>>;
  let server: TestServer;
  let alice: TestUser;

  beforeAll(async () => {
    [provider, claude] = await Promise.all([startRawProvider(), startAnthropicStandIn()]);
    server = await startTestServer({
      OPENAI_URL: provider.url,
      ANTHROPIC_URL: `${claude.url}?tenant=a%2Fb`,
      ANTHROPIC_API_KEY: 'sk-ant',
      DEFAULT_PROVIDER: 'openai',
      LLM_MAX_RETRIES: '0',
    });
    alice = await server.user();
  });

  afterAll(async () => {
    await server?.close();
    await Promise.all([provider?.close(), claude?.close()]);
  });

  const complete = (messages: readonly unknown[], more: object = {}) =>
    alice.ask('POST', '/v1/chat/completions', { model: 'openai/some-model', messages, ...more });
  const asked = () => provider.requests.length;

  it('has each speaker in turn after turns that failed, were stopped or said nothing', async () => {
    const threadId = await alice.newThread();
    const say = async (content: string) => framesUntil(await alice.stream(threadId, content), 'done');
    provider.script({ status: 500, body: '{}' }, { status: 401, body: '{}' });
    await say('One');
    await say('Two');
    await say('Three');
    provider.script({
      status: 200,
      type: 'text/event-stream',
      body: 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    });
    await say('Four');
    await say('Five');

    expect(provider.requests.at(-1)!.messages).toEqual([
      { role: 'user', content: 'One\n\nTwo\n\nThree' },
      { role: 'assistant', content: 'Fine.' },
      { role: 'user', content: 'Four\n\nFive' },
    ]);
  });

  it('has what a client of /v1 has sent, in its order and with its details', async () => {
    const messages = [
      { role: 'system', content: 'Be brief.', name: 'us' },
      {
        role: 'user',
        name: 'alice',
        content: [
          { type: 'text', text: 'Compare' },
          { type: 'image_url', image_url: { url: 'https://example.org/1.png', detail: 'high' } },
          { type: 'text', text: 'with' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'call-1', type: 'function', function: { name: 'look', arguments: '{"a": 1}' } }],
      },
      { role: 'tool', tool_call_id: 'call-1', content: 'a cat' },
      { role: 'system', content: 'From now on in French.' },
      { role: 'user', content: 'Well?', name: 'bob' },
    ];
    expect((await complete(messages)).status).toBe(200);
    expect(provider.requests.at(-1)!.messages).toEqual(messages);
  });

  it('has no answer without a word, and a result for every call', async () => {
    const calls = [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } }];
    await complete([
      { role: 'user', content: 'One' },
      { role: 'assistant', content: '' },
      { role: 'user', content: 'Two' },
      { role: 'assistant', content: null, tool_calls: calls },
      { role: 'user', content: 'Three' },
    ]);
    expect(provider.requests.at(-1)!.messages).toEqual([
      { role: 'user', content: 'One\n\nTwo' },
      { role: 'assistant', content: null, tool_calls: calls },
      { role: 'tool', tool_call_id: 'c', content: 'This call was not carried out.' },
      { role: 'user', content: 'Three' },
    ]);
  });

  it('has a system message where a client of /api/stream has put it', async () => {
    const messages = [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
      { role: 'system', content: 'From now on in French.' },
      { role: 'user', content: 'Bye' },
    ];
    await readWire(server.url, alice, '/api/stream', { messages, model: 'some-model', provider: 'openai' });
    expect(provider.requests.at(-1)!.messages).toEqual(messages);
  });

  it('has no blank at the end of an answer that Claude is to continue, under the query of its address', async () => {
    await complete(
      [
        { role: 'user', content: 'One' },
        { role: 'assistant', content: 'It is \n' },
      ],
      { model: 'claude/claude-haiku-4-5' },
    );
    const { body } = claude.requests.at(-1)!;
    expect(body.messages.at(-1)).toEqual({ role: 'assistant', content: [{ type: 'text', text: 'It is' }] });
  });

  it.each([
    'https://169.254.169.254/latest/meta-data/iam/',
    'https://2852039166/a.png',
    'https://0x7f.0.0.1/a.png',
    'https://[::1]/a.png',
    'https://[::ffff:169.254.169.254]/a.png',
    'https://10.0.0.1/a.png',
    'https://localhost/a.png',
    'https://metadata.google.internal/a.png',
    'https://user:secret@example.org/a.png',
    'http://example.org/a.png',
  ])('is no address of a picture that only the provider can reach: %s', async (url) => {
    const before = asked();
    const content = [
      { type: 'text', text: 'Look' },
      { type: 'image_url', image_url: { url } },
    ];
    const { status, body } = await complete([{ role: 'user', content }]);
    expect([status, body.error.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(body.error.details.issues).toEqual([
      { path: 'messages.0.content.1.image_url.url', message: expect.stringMatching(/^(is|has) /) as string },
    ]);
    expect(asked()).toBe(before);
  });

  it.each([
    ['local', 'local/hash-384', undefined],
    [
      'a provider that makes others',
      'openai/m',
      { status: 200, body: '{"data":[{"index":0,"embedding":[1,2]}]}' },
    ],
    ['a provider that refuses under 200', 'openai/m', { status: 200, body: '{"error":{"code":400}}' }],
    [
      'a provider that refuses',
      'openai/m',
      { status: 400, body: '{"error":{"message":"dimensions must be 8"}}' },
    ],
  ])(
    'for vectors of a length that there is not: %s: is the client’s own mistake',
    async (_, model, answer) => {
      for (let round = 0; round < 3; round += 1) {
        if (answer !== undefined) provider.script(answer);
        const { status, body } = await alice.ask('POST', '/v1/embeddings', {
          model,
          input: 'Hi',
          dimensions: 1,
        });
        expect([status, body.error.code, body.error.retryable]).toEqual([400, 'VALIDATION_FAILED', false]);
      }
      const { providers } = (await alice.ask('GET', '/providers/health')).body;
      for (const { breakers } of providers) {
        for (const breaker of breakers) expect(breaker).toMatchObject({ state: 'closed', failures: 0 });
      }
    },
  );
});
