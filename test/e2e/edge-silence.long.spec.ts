import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';
import { readWire } from '../support/wire-client.js';

describe('a provider that says nothing for a long time', () => {
  const SILENCE = '[[fault=hang_after_headers]]';
  const MODEL = 'openai/gpt-stand-in';
  let standIn: OpenAiStandIn;
  let server: TestServer;
  let user: TestUser;
  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
    server = await startTestServer({
      OPENAI_URL: standIn.url,
      LLM_FIRST_TOKEN_TIMEOUT_MS: '16000',
      LLM_MAX_RETRIES: '0',
    });
    user = await server.user();
  });
  afterAll(async () => {
    await server?.close();
    await standIn?.close();
  });

  const heard = async (path: string, body: unknown) => {
    const { status, headers, text } = await readWire(server.url, user, path, body);
    return { status, type: headers.get('content-type'), text };
  };

  it('leaves no client of any wire without a word for fifteen seconds, and what fails then is told in the stream', async () => {
    const threadId = await user.newThread();
    const another = await user.newThread();
    const streams = await Promise.all([
      heard('/v1/chat/completions', {
        model: MODEL,
        stream: true,
        messages: [{ role: 'user', content: SILENCE }],
      }),
      heard('/api/stream', {
        model: 'gpt-stand-in',
        provider: 'openai',
        messages: [{ role: 'user', content: SILENCE }],
      }),
      heard('/chat', { message: SILENCE, stream: true }),
      heard('/chat', { message: SILENCE, stream: true, threadId }),
      heard(`/chat/threads/${another}/messages/stream`, { content: SILENCE }),
    ]);
    // The comment stands before the error, which comes after sixteen seconds.
    for (const { status, type, text } of streams) {
      expect([status, type]).toEqual([200, 'text/event-stream; charset=utf-8']);
      expect(text).toMatch(/^: ping$[^]*PROVIDER_TIMEOUT/m);
    }
    const [completions, conversation, chat, inThread] = streams;
    expect(completions.text).toMatch(/^: ping\n\ndata: \{"error":\{"message":[^\n]*\}\}\n\n$/);
    expect(conversation.text).toMatch(/^: ping\n\nevent: message-start\ndata: [^\n]*\n\nevent: error\n/);
    for (const { text } of [chat, inThread])
      expect(text).toMatch(/: ping\n\ndata: \{"error":[^\n]*\n\ndata: \[DONE\]\n\n$/);
  }, 120_000);

  it('is an error of a status where it says soon that it will not answer', async () => {
    const body = {
      model: MODEL,
      stream: true,
      messages: [{ role: 'user', content: 'Hi [[fault=unauthorized]]' }],
    };
    expect((await readWire(server.url, user, '/v1/chat/completions', body)).status).toBeGreaterThanOrEqual(
      400,
    );
  });
});
