import { once } from 'node:events';
import { connect } from 'node:net';
import { EventSource } from 'eventsource';
import { expectedText, startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { freshDatabase } from '../setup/test-database.js';
import { eventually } from '../support/eventually.js';
import { textOf, type ReceivedFrame } from '../support/sse-client.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';
import { openWire, readWire } from '../support/wire-client.js';

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

describe('an EventSource', () => {
  it('gets every event once, over a cut of the network and a restart of the server', async () => {
    const standIn = await startOpenAiStandIn();
    const database = await freshDatabase();
    const environment = { DATABASE_URL: database.connectionString, OPENAI_URL: standIn.url };
    let server = await startTestServer(environment);
    const proxy = await startTcpProxy(server.url);
    let alice = await server.user();
    const threadId = await alice.newThread();
    const lastEventIds: (string | undefined)[] = [];
    const source = new EventSource(`${proxy.url}/chat/threads/${threadId}/stream`, {
      fetch: (url, init) => {
        lastEventIds.push((init.headers as Record<string, string>)['Last-Event-ID']);
        return fetch(url, {
          ...init,
          headers: { ...init.headers, authorization: `Bearer ${alice.token}` },
        });
      },
    });
    const frames: ReceivedFrame[] = [];
    source.onmessage = ({ data, lastEventId }) => {
      const { type, data: inner, timestamp } = JSON.parse(data as string);
      const id = type === 'connected' || type === 'snapshot' ? undefined : Number(lastEventId);
      frames.push({ id, type, data: inner, timestamp });
    };
    const durable = () => frames.filter(({ id }) => id !== undefined);
    const until = (what: () => boolean) => eventually(() => Promise.resolve(what()), Boolean);
    const endings = () => frames.filter(({ type }) => type === 'done').map(({ data }) => data['status']);
    try {
      await until(() => frames.length > 0);
      const posted = alice.ask('POST', `/chat/threads/${threadId}/messages`, {
        content: 'Through the cut [[tokens=300 delay=10]]',
      });
      await until(() => textOf(frames).length > 100);
      const atCut = durable().at(-1)!.id!;
      proxy.cut();
      await until(() => endings().length === 1);
      expect((await posted).body.response).toBe(expectedText(300));
      expect(textOf(frames)).toBe(expectedText(300));
      expect(lastEventIds).toHaveLength(2);
      expect(lastEventIds[0]).toBeUndefined();
      expect(Number(lastEventIds[1])).toBeGreaterThanOrEqual(atCut);

      const next = alice.ask('POST', `/chat/threads/${threadId}/messages`, {
        content: 'Through the restart [[tokens=500 delay=10]]',
      });
      next.catch(() => undefined);
      await until(() => textOf(frames).length > expectedText(300).length + 100);
      await server.close();
      server = await startTestServer(environment);
      alice = await server.user();
      proxy.leadTo(server.url);
      await until(() => endings().length === 2);
      const last = await alice.ask('POST', `/chat/threads/${threadId}/messages`, {
        content: 'After it [[tokens=7]]',
      });
      await until(() => endings().length === 3);

      expect(last.body.response).toBe(expectedText(7));
      expect(endings()).toEqual(['completed', 'completed', 'completed']);
      const ids = durable().map(({ id }) => id!);
      expect(ids).toEqual([...new Set(ids)].toSorted((left, right) => left - right));
      const { messages } = (await alice.ask('GET', `/chat/threads/${threadId}/messages`)).body;
      const said = messages.filter(({ role }: ReceivedMessage) => role === 'assistant');
      expect(standingText(frames)).toBe(said.map(({ content }: ReceivedMessage) => content).join(''));
    } finally {
      source.close();
      await proxy.close();
      await server.close();
      await database.drop();
      await standIn.close();
    }
  }, 120_000);
});

/** JSON with fields in one order: the database keeps them in its own. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const fields = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return `{${fields.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join()}}`;
}

/** The text of all answers, without what an answer took back. */
function standingText(frames: readonly ReceivedFrame[]): string {
  const texts = new Map<string, string>();
  for (const { type, data } of frames) {
    const id = data['messageId'] as string;
    if (type === 'ai_reset') texts.set(id, '');
    else if (type === 'ai_response') texts.set(id, (texts.get(id) ?? '') + (data['content'] as string));
  }
  return [...texts.values()].join('');
}

interface ReceivedMessage {
  readonly id: string;
  readonly role: string;
  readonly content: string;
}
