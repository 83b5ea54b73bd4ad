import { once } from 'node:events';
import { connect } from 'node:net';
import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';
import { openWire, readWire } from '../support/wire-client.js';

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

describe('the edge of every wire', () => {
  let standIn: OpenAiStandIn;
  let server: TestServer;
  let user: TestUser;
  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
    server = await startTestServer({ OPENAI_URL: standIn.url, MAX_STREAMS_PER_USER: '1' });
    user = await server.user();
  });
  afterAll(async () => {
    await server?.close();
    await standIn?.close();
  });

  it('answers HEAD of every stream at once, with its headers, and uses nothing up', async () => {
    const started = await user.ask('POST', '/api/messages', { content: 'Slow [[tokens=10000 delay=5]]' });
    const { message_id: messageId, conversation_id: threadId } = started.body as Record<string, string>;
    const paths = [
      `/api/chat/stream/${messageId}`,
      `/chat/threads/${threadId}/stream`,
      '/chat/stream/selftest',
    ];
    // All over one connection: the next request is answered when the one before has been.
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    const sent = [...paths, ...paths, '/api/chat/stream/01890a5d-ac96-774b-bcce-b302099a8057'];
    for (const path of sent) {
      socket.write(`HEAD ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${user.token}\r\n\r\n`);
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      const answer = chunk.toString();
      expect(answer.slice(answer.indexOf('\r\n\r\n'))).toBe('\r\n\r\n');
      expect(answer).toMatch(path === sent.at(-1) ? /^HTTP\/1\.1 404 / : /^HTTP\/1\.1 200 /);
      if (path === sent.at(-1)) continue;
      expect(answer).toMatch(/\r\ncontent-type: text\/event-stream; charset=utf-8\r\n/i);
      expect(answer).toMatch(/\r\ncache-control: no-cache, no-transform\r\n/i);
      expect(answer).toMatch(/\r\nx-accel-buffering: no\r\n/i);
    }
    socket.destroy();
    const opened = await openWire(server.url, user, paths[0]!);
    expect((await opened.events.next()).value).toMatchObject({ data: { type: 'assistant_delta' } });
    opened.close();
    const thread = await user.ask('GET', `/chat/threads/${threadId}`);
    await user.ask('POST', `/chat/threads/${threadId}/turns/${thread.body.thread.activeTurnId}/cancel`);
  });

  it('has errors below /v1 in OpenAI’s words, also before the body has come', async () => {
    const asked: readonly (readonly [number, string, Readonly<Record<string, string>>])[] = [
      [401, '/v1/chat/completions', { 'content-length': '900000' }],
      [413, '/v1/chat/completions', { 'content-length': '900000000', authorization: `Bearer ${user.token}` }],
      [
        415,
        '/v1/chat/completions',
        { 'content-length': '900', authorization: `Bearer ${user.token}`, 'content-encoding': 'gzip' },
      ],
      [404, '/v1/nowhere', { 'content-length': '900' }],
      [400, '/v1/%ff', { 'content-length': '0' }],
    ];
    for (const [status, path, headers] of asked) {
      const lines = Object.entries({ host: 'localhost', 'content-type': 'application/json', ...headers });
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      socket.write(
        [`POST ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n'),
      );
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      const [top, body] = chunk.toString().split('\r\n\r\n');
      expect(top).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(top).toMatch(/x-should-retry: false/i);
      expect(JSON.parse(body!)).toMatchObject({
        error: { message: expect.any(String) as unknown, type: expect.any(String) as unknown, param: null },
      });
    }
  });

  it('keeps metadata and tools to the letter, whatever their fields are called', async () => {
    const text =
      '{"__proto__":{"admin":true},"constructor":{"prototype":{"a":1}},"prototype":[{"__proto__":null}],"b":1}';
    const send = (path: string, body: string) => readWire(server.url, user, path, body);
    const made = await send('/chat/threads', `{"title":"A","metadata":${text}}`);
    expect(made.status).toBe(201);
    const { thread } = JSON.parse(made.text) as { thread: { id: string } };
    const read = await readWire(server.url, user, `/chat/threads/${thread.id}`);
    const metadata = /"metadata":(\{.*\}),"createdAt"/.exec(read.text)?.[1] ?? '';
    expect(canonical(JSON.parse(metadata))).toBe(canonical(JSON.parse(text)));

    const schema = `{"type":"object","properties":{"constructor":{"type":"string"},"__proto__":{"type":"string"},"prototype":{"type":"object"}},"required":["__proto__"]}`;
    const body = `{"model":"openai/gpt-stand-in","messages":[{"role":"user","content":"Hi"}],"tools":[{"type":"function","function":{"name":"f","parameters":${schema}}}]}`;
    expect((await send('/v1/chat/completions', body)).status).toBe(200);
    const sent = standIn.requests.at(-1)!.body as unknown as {
      tools: { function: { parameters: unknown } }[];
    };
    expect(JSON.stringify(sent.tools[0]!.function.parameters)).toBe(schema);
  });
});

/** JSON with fields in one order: the database keeps them in its own. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const fields = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return `{${fields.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join()}}`;
}
