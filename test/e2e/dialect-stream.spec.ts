import pg from 'pg';
import { newId } from '../../src/kernel/index.js';
import { startOllamaStandIn, type OllamaStandIn } from '../doubles/ollama-stand-in.js';
import { expectedText, startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { SERVER_VARIABLE } from '../setup/test-server-variables.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';
import { openWire, readWire, someOf, type WireAnswer, type WireEvent } from '../support/wire-client.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const SEED = `{
    "messages": [
      {
        "id": "test-1",
        "role": "user",
        "content": "Hello!",
        "timestamp": "2024-01-01T00:00:00Z"
      }
    ],
    "model": "llama2"
  }`;

const user = (content: string, id?: string) => ({
  role: 'user',
  content,
  ...(id === undefined ? {} : { id }),
});
const assistant = (content: string) => ({ role: 'assistant', content });
const chunks = (events: readonly WireEvent[]) => events.filter(({ event }) => event === 'message-chunk');
const textOf = (events: readonly WireEvent[]) =>
  chunks(events)
    .map(({ data }) => data.content)
    .join('');

describe('POST /api/stream', () => {
  let ollama: OllamaStandIn;
  let openAi: OpenAiStandIn;
  let server: TestServer;
  let alice: TestUser;
  beforeAll(async () => {
    ollama = await startOllamaStandIn();
    openAi = await startOpenAiStandIn();
    server = await startTestServer({
      OLLAMA_URL: ollama.url,
      OPENAI_URL: openAi.url,
      LLM_MAX_RETRIES: '0',
      LLM_BREAKER_THRESHOLD: '1000',
    });
    alice = await server.user();
  });
  afterAll(async () => {
    await server?.close();
    await ollama?.close();
    await openAi?.close();
  });

  const stream = (body: unknown, who: TestUser | undefined = alice) =>
    readWire(server.url, who, '/api/stream', body);
  const inChat = (chatId: string, messages: readonly unknown[], more: object = {}, who = alice) =>
    stream({ messages, model: 'llama2', chatId, ...more }, who);
  const threadsOf = async (who: TestUser) => (await who.ask('GET', '/chat/threads')).body.threads;
  const saidIn = async (threadId: string, who = alice) =>
    (await who.ask('GET', `/chat/threads/${threadId}/messages`)).body.messages.map(
      ({ content }: { content: string }) => content,
    );

  function expectWhole({ status, events }: WireAnswer, text: string): string {
    expect(status).toBe(200);
    const { messageId } = events[0]!.data;
    expect(messageId).toMatch(UUID);
    expect(events[0]).toEqual({ event: 'message-start', data: { messageId } });
    for (const { data } of chunks(events))
      expect(data).toEqual({ messageId, content: expect.stringMatching(/./), done: false });
    expect(textOf(events)).toBe(text);
    expect(events.at(-1)).toEqual({ event: 'message-complete', data: { messageId, fullContent: text } });
    expect(events.length).toBe(chunks(events).length + 2);
    return messageId;
  }

  it('streams named events from ollama, and leaves no thread behind', async () => {
    const carol = await server.user({ sub: 'carol' });
    const answer = await stream(SEED, carol);

    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(answer.headers.get('x-accel-buffering')).toBe('no');
    expect(answer.text).toMatch(/^event: message-start\ndata: \{"messageId":"[0-9a-f-]{36}"\}\n\nevent: /);
    expectWhole(answer, expectedText(20));
    expect(ollama.requests.at(-1)!.body).toMatchObject({
      model: 'llama2',
      messages: [{ role: 'user', content: 'Hello!' }],
    });
    expect(await threadsOf(carol)).toEqual([]);
  });

  it('sends what the client says was said, and every system message as one prompt', async () => {
    const answer = await stream({
      messages: [
        { role: 'system', content: 'Be kind.' },
        { id: '1', role: 'user', content: 'First', timestamp: 1_700_000_000_000 },
        { id: '2', role: 'assistant', content: 'Second', timestamp: null },
        { role: 'assistant', content: '' },
        user('Third [[tokens=2]]'),
      ],
      model: 'llama2',
      systemPrompt: 'Be brief.',
    });

    expectWhole(answer, expectedText(2));
    expect(ollama.requests.at(-1)!.body.messages).toEqual([
      { role: 'system', content: 'Be brief.\n\nBe kind.' },
      { role: 'user', content: 'First' },
      { role: 'assistant', content: 'Second' },
      { role: 'user', content: 'Third [[tokens=2]]' },
    ]);
  });

  it('asks the provider that is named, or the current one where there is no ollama', async () => {
    const asked = ollama.requests.length;
    await stream({ messages: [user('Hi [[tokens=2]]')], model: 'some-model', provider: 'openai' });
    expect(openAi.requests.at(-1)!.body.model).toBe('some-model');

    const own = await startTestServer({ OPENAI_URL: openAi.url });
    const body = { messages: [user('Hi [[tokens=3]]')], model: 'llama2' };
    expectWhole(await readWire(own.url, await own.user(), '/api/stream', body), expectedText(3));
    await own.close();
    expect(openAi.requests.at(-1)!.body.model).toBe('llama2');
    expect(ollama.requests.length).toBe(asked);
  });

  it.each([
    {},
    { messages: [], model: 'm' },
    { messages: [user('Hi')] },
    { messages: [user('Hi')], model: '' },
    { messages: [user('')], model: 'm' },
    { messages: [user('Hi'), assistant('Hello')], model: 'm' },
    { messages: [{ role: 'tool', content: 'x' }, user('Hi')], model: 'm' },
    { messages: [{ role: 'user' }], model: 'm' },
    { messages: 'Hi', model: 'm' },
    { messages: [user('Hi')], model: 'm', chatId: '' },
    { messages: [user('Hi')], model: 'm', chatId: 'x'.repeat(201) },
    { messages: [user('Hi')], model: 'm', more: 1 },
    { messages: [{ ...user('Hi'), more: 1 }], model: 'm' },
    'not JSON',
  ])('refuses the body %j', async (body) => {
    const { status, text } = await stream(body);

    expect([status, JSON.parse(text).code]).toEqual([400, 'VALIDATION_FAILED']);
  });

  it.each([
    [{ provider: 'nobody' }, 'UNKNOWN_PROVIDER'],
    [{ provider: 'groq' }, 'PROVIDER_NOT_CONFIGURED'],
  ])('refuses %j, and makes no thread for it', async (choice, code) => {
    const dave = await server.user({ sub: 'dave' });
    for (const more of [{}, { chatId: 'chat-1' }]) {
      const { status, text } = await stream({ messages: [user('Hi')], model: 'm', ...choice, ...more }, dave);
      expect([status, JSON.parse(text).code]).toEqual([400, code]);
    }
    expect(await threadsOf(dave)).toEqual([]);
  });

  it('needs a token', async () => {
    expect((await readWire(server.url, undefined, '/api/stream', SEED)).status).toBe(401);
  });

  it('tells by a status what fails before the first piece, and by an event what fails after it', async () => {
    const early = await stream({ messages: [user('Hi [[fault=server_error]]')], model: 'llama2' });
    expect([early.status, JSON.parse(early.text).code]).toEqual([503, 'PROVIDER_UNAVAILABLE']);

    const { status, events } = await stream({ messages: [user('Hi [[fault=cut:3]]')], model: 'llama2' });
    expect(status).toBe(200);
    expect(textOf(events)).toBe(expectedText(3));
    expect(events.at(-1)).toEqual({
      event: 'error',
      data: { message: expect.any(String), code: 'PROVIDER_ERROR', retryable: true },
    });
    expect(events.map(({ event }) => event)).not.toContain('message-complete');
  });

  it('closes the provider’s connection when its client goes', async () => {
    const body = { messages: [user('Leave [[tokens=5000 delay=5]]')], model: 'llama2' };
    const wire = await openWire(server.url, alice, '/api/stream', body);
    await someOf(wire, 3);
    wire.close();

    await ollama.requests.at(-1)!.closed;
  });

  describe('with a chatId', () => {
    it('keeps message and answer in that thread, and asks with the client’s own history', async () => {
      const threadId = await alice.newThread();
      const first = expectWhole(await inChat(threadId, [user('First [[tokens=3]]')]), expectedText(3));
      const history = [user('Edited'), assistant('by the client')];
      const second = await inChat(threadId.toUpperCase(), [...history, user('Second [[tokens=4]]')]);

      expectWhole(second, expectedText(4));
      expect(await saidIn(threadId)).toEqual([
        'First [[tokens=3]]',
        expectedText(3),
        'Second [[tokens=4]]',
        expectedText(4),
      ]);
      expect(ollama.requests.at(-1)!.body.messages).toEqual([...history, user('Second [[tokens=4]]')]);
      const { messages } = (await alice.ask('GET', `/chat/threads/${threadId}/messages`)).body;
      expect(messages[1].id).toBe(first);
    });

    it('makes the thread of an id of the client’s own once, for each user', async () => {
      const erin = await server.user({ sub: 'erin' });
      const frank = await server.user({ sub: 'frank' });
      const answers = await Promise.all(
        [1, 2, 3, 4].map(() => inChat('chat-123', [user('Hi [[tokens=3]]', 'm1')], {}, erin)),
      );
      const asked = ollama.requests.length;
      await inChat('chat-123', [user('Hi [[tokens=3]]', 'm1')], {}, frank);
      await inChat('chat-123', [user('More [[tokens=2]]', 'm2')], {}, erin);

      const ids = answers.map((answer) => expectWhole(answer, expectedText(3)));
      expect(new Set(ids).size).toBe(1);
      expect(ollama.requests.length).toBe(asked + 2);
      const [thread, ...more] = await threadsOf(erin);
      expect([thread.id, more]).toEqual([expect.stringMatching(UUID), []]);
      expect(await saidIn(thread.id, erin)).toEqual([
        'Hi [[tokens=3]]',
        expectedText(3),
        'More [[tokens=2]]',
        expectedText(2),
      ]);
      expect((await threadsOf(frank))[0].id).not.toBe(thread.id);
    });

    it('does not store or ask the same message twice, while it runs or afterwards', async () => {
      const threadId = await alice.newThread();
      const messages = [user('Once [[tokens=60 delay=5]]', 'm1')];
      const wire = await openWire(server.url, alice, '/api/stream', {
        messages,
        model: 'llama2',
        chatId: threadId,
      });
      await someOf(wire, 5);
      wire.close();
      const asked = ollama.requests.length;
      const running = await inChat(threadId, messages);
      const afterwards = await inChat(threadId, messages, { model: 'other' });

      expect(expectWhole(running, expectedText(60))).toBe(expectWhole(afterwards, expectedText(60)));
      expect(ollama.requests.length).toBe(asked);
      expect(await saidIn(threadId)).toHaveLength(2);
    });

    it('knows a message without an id by what was said before it', async () => {
      const threadId = await alice.newThread();
      const hi = user('Hi [[tokens=3]]');
      const first = expectWhole(await inChat(threadId, [hi]), expectedText(3));
      expect(expectWhole(await inChat(threadId, [hi]), expectedText(3))).toBe(first);
      expect(expectWhole(await inChat(threadId, [hi, hi]), expectedText(3))).toBe(first);
      const second = expectWhole(
        await inChat(threadId, [hi, assistant(expectedText(3)), hi]),
        expectedText(3),
      );
      expect(second).not.toBe(first);
      const third = expectWhole(await inChat(threadId, [hi]), expectedText(3));

      expect([first, second]).not.toContain(third);
      expect(await saidIn(threadId)).toHaveLength(6);
    });

    it('asks again what failed or was cancelled, and does not store the question again', async () => {
      const threadId = await alice.newThread();
      const messages = [user('Try', 'm1')];
      ollama.script({ tokens: 20, fault: 'cut', at: 3 }, { tokens: 5000, delay: 5 }, { tokens: 4 });
      const failed = await inChat(threadId, messages);
      expect(failed.events.at(-1)!.event).toBe('error');

      const wire = await openWire(server.url, alice, '/api/stream', {
        messages,
        model: 'llama2',
        chatId: threadId,
      });
      await someOf(wire, 3);
      const { thread } = (await alice.ask('GET', `/chat/threads/${threadId}`)).body;
      await alice.ask('POST', `/chat/threads/${threadId}/turns/${thread.activeTurnId}/cancel`);
      const cancelled = await someOf(wire, 10_000);
      expect(cancelled.at(-1)).toMatchObject({ event: 'error', data: { code: 'STATE_CONFLICT' } });

      const third = expectWhole(await inChat(threadId, messages), expectedText(4));
      expect(expectWhole(await inChat(threadId, messages), expectedText(4))).toBe(third);
      const said = await saidIn(threadId);
      expect(said).toHaveLength(4);
      const { messages: stored } = (await alice.ask('GET', `/chat/threads/${threadId}/messages`)).body;
      expect(stored.map(({ role, status }: { role: string; status: string }) => [role, status])).toEqual([
        ['user', 'complete'],
        ['assistant', 'failed'],
        ['assistant', 'cancelled'],
        ['assistant', 'complete'],
      ]);
    });

    it('tells what fails after the message was stored by an event', async () => {
      const { status, events } = await inChat('broken', [user('Hi [[fault=server_error]]')]);

      expect(status).toBe(200);
      expect(events.map(({ event, data }) => [event, data.code])).toEqual([
        ['message-start', undefined],
        ['error', 'PROVIDER_UNAVAILABLE'],
      ]);
    });

    it('is refused while it is busy, and where it names somebody else’s thread or none', async () => {
      const threadId = await alice.newThread();
      const bob = await server.user({ sub: 'bob' });
      const long = { messages: [user('Long [[tokens=5000 delay=5]]')], model: 'llama2', chatId: threadId };
      const wire = await openWire(server.url, alice, '/api/stream', long);
      await someOf(wire, 2);

      const busy = await inChat(threadId, [user('Hi')]);
      expect([busy.status, JSON.parse(busy.text).code]).toEqual([409, 'THREAD_BUSY']);
      for (const [who, id] of [
        [bob, threadId],
        [alice, newId()],
      ] as const) {
        const none = await inChat(id, [user('Hi')], {}, who);
        expect([none.status, JSON.parse(none.text).code]).toEqual([404, 'NOT_FOUND']);
      }
      wire.close();
      await alice.ask('DELETE', `/chat/threads/${threadId}`);
    });

    it('goes on without its client', async () => {
      const threadId = await alice.newThread();
      const messages = [user('Go on [[tokens=60 delay=5]]', 'm1')];
      const wire = await openWire(server.url, alice, '/api/stream', {
        messages,
        model: 'llama2',
        chatId: threadId,
      });
      await someOf(wire, 3);
      wire.close();
      await ollama.requests.at(-1)!.ended;

      expect(ollama.requests.at(-1)!.closedAt).toBeUndefined();
      expectWhole(await inChat(threadId, messages), expectedText(60));
    });

    it.each([
      ['the thread cannot be had', 'threads'],
      ['the message cannot be stored', 'turns'],
      ['nothing can be searched either', 'threads, turns, rag_documents'],
    ])('answers all the same when %s', async (_, tables) => {
      const own = await startTestServer({ OLLAMA_URL: ollama.url });
      const database = new pg.Client({ connectionString: own.connectionString });
      await database.connect();
      const renaming = (from: string, to: string) =>
        Promise.all(
          tables
            .split(', ')
            .map((table) => database.query(`ALTER TABLE ${table}${from} RENAME TO ${table}${to}`)),
        );
      const body = { messages: [user('Hi [[tokens=5]]')], model: 'llama2', chatId: 'chat-1' };
      const dave = await own.user();
      await renaming('', '_gone');
      const broken = await readWire(own.url, dave, '/api/stream', body);
      const loose = await readWire(own.url, dave, '/api/stream', { ...body, chatId: undefined });
      await renaming('_gone', '');
      const whole = await readWire(own.url, dave, '/api/stream', body);
      await database.end();
      await own.close();

      for (const answer of [broken, loose, whole]) expectWhole(answer, expectedText(5));
    });

    it('answers all the same when the database cannot be reached, and keeps the next message', async () => {
      const own = await startTestServer({ OLLAMA_URL: ollama.url });
      const body = { messages: [user('Hi [[tokens=5]]')], model: 'llama2', chatId: 'chat-1' };
      const dave = await own.user();
      await letIn(own.connectionString, false);
      const broken = await readWire(own.url, dave, '/api/stream', body);
      const loose = await readWire(own.url, dave, '/api/stream', { ...body, chatId: undefined });
      await letIn(own.connectionString, true);
      const whole = await readWire(own.url, dave, '/api/stream', body);
      const threads = await threadsOf(dave);
      await own.close();

      for (const answer of [broken, loose, whole]) expectWhole(answer, expectedText(5));
      expect(threads).toHaveLength(1);
    });
  });
});

/** Opens the database to everybody, or cuts everybody off. */
async function letIn(connectionString: string, isOpen: boolean): Promise<void> {
  const name = /^[^?]*\/([^/?]+)/.exec(connectionString)![1]!;
  const client = new pg.Client({ connectionString: process.env[SERVER_VARIABLE]! });
  await client.connect();
  await client.query(`ALTER DATABASE "${name}" ALLOW_CONNECTIONS ${isOpen}`);
  if (!isOpen)
    await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
  await client.end();
}
