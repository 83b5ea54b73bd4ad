import { newId } from '../../src/kernel/index.js';
import { expectedText, startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';
import { openWire, readWire, someOf, type WireEvent } from '../support/wire-client.js';

const textOf = (events: readonly WireEvent[]) => events.map(({ data }) => data.content ?? '').join('');

describe('/api/messages and /api/chat/stream', () => {
  let standIn: OpenAiStandIn;
  let other: OpenAiStandIn;
  let server: TestServer;
  let alice: TestUser;
  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
    other = await startOpenAiStandIn();
    server = await startTestServer({
      OPENAI_URL: standIn.url,
      OPENROUTER_URL: other.url,
      OPENROUTER_API_KEY: 'sk-or-test',
      LLM_MAX_RETRIES: '0',
      LLM_BREAKER_THRESHOLD: '1000',
    });
    alice = await server.user();
  });
  afterAll(async () => {
    await server?.close();
    await standIn?.close();
    await other?.close();
  });

  const post = (body: unknown, user = alice) => user.ask('POST', '/api/messages', body);
  const stream = (messageId: string, user: TestUser | undefined = alice) =>
    readWire(server.url, user, `/api/chat/stream/${messageId}`);

  it('stores a message in a thread of its own, and streams its answer', async () => {
    const { status, body } = await post({
      content: 'Hello, how are you?',
      provider: 'openai',
      model: 'gpt-4',
    });

    expect(status).toBe(201);
    expect(body).toEqual({
      message_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      conversation_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      provider: 'openai',
      model: 'gpt-4',
    });
    const answer = await stream(body.message_id);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(answer.headers.get('x-accel-buffering')).toBe('no');
    expect(answer.text).toMatch(
      /^(data: \{"type":"assistant_delta","content":"[^\n]+"\}\n\n)+data: \{"type":"done"\}\n\n$/,
    );
    expect(textOf(answer.events)).toBe(expectedText(20));
    expect(standIn.requests.at(-1)!.body.model).toBe('gpt-4');

    const { messages } = (await alice.ask('GET', `/chat/threads/${body.conversation_id}/messages`)).body;
    expect(messages).toMatchObject([
      { id: body.message_id, role: 'user', content: 'Hello, how are you?' },
      { role: 'assistant', content: expectedText(20), status: 'complete' },
    ]);
  });

  it('goes on with a conversation, which is a thread like any other', async () => {
    const first = (await post({ content: 'First [[tokens=3]]' })).body;
    await stream(first.message_id);
    const { status, body } = await post({
      content: 'Second [[tokens=4]]',
      conversation_id: first.conversation_id,
      provider: null,
    });
    const answer = await stream(body.message_id);

    expect([status, body.conversation_id]).toEqual([201, first.conversation_id]);
    expect(textOf(answer.events)).toBe(expectedText(4));
    expect(standIn.requests.at(-1)!.body.messages.map(({ content }) => content)).toEqual([
      'First [[tokens=3]]',
      expectedText(3),
      'Second [[tokens=4]]',
    ]);

    const posted = await alice.ask('POST', `/chat/threads/${first.conversation_id}/messages`, {
      content: 'Third [[tokens=2]]',
    });
    expect(textOf((await stream(posted.body.userMessage.id)).events)).toBe(expectedText(2));
  });

  it('starts the answer at once, whoever watches', async () => {
    const asked = standIn.requests.length;
    const { body } = await post({ content: 'Nobody watches [[tokens=5]]' });
    let status;
    do {
      const path = `/chat/threads/${body.conversation_id}/messages?order=desc&limit=1`;
      status = (await alice.ask('GET', path)).body.messages[0].status;
    } while (status === 'streaming');

    expect(status).toBe('complete');
    expect(standIn.requests.length).toBe(asked + 1);
  });

  it('replays, and never asks the model again: afterwards, while it runs, and after a restart', async () => {
    const own = await startTestServer({ OPENAI_URL: standIn.url });
    const user = await own.user();
    const asked = standIn.requests.length;
    const { message_id } = (await post({ content: 'Again [[tokens=80 delay=5]]' }, user)).body;
    const path = `/api/chat/stream/${message_id}`;
    const early = await openWire(own.url, user, path);
    await someOf(early, 10);
    early.close();
    const running = await Promise.all([readWire(own.url, user, path), readWire(own.url, user, path)]);
    const afterwards = await readWire(own.url, user, path);
    await own.stop(0);
    const restarted = await startTestServer({ DATABASE_URL: own.connectionString, OPENAI_URL: standIn.url });
    const later = await readWire(restarted.url, user, path);
    await restarted.close();

    for (const { status, events } of [...running, afterwards, later]) {
      expect(status).toBe(200);
      expect(textOf(events)).toBe(expectedText(80));
      expect(events.at(-1)!.data).toEqual({ type: 'done' });
    }
    expect(standIn.requests.length).toBe(asked + 1);
  });

  it('goes on when its watcher leaves', async () => {
    const { body } = await post({ content: 'Go on [[tokens=60 delay=5]]' });
    const wire = await openWire(server.url, alice, `/api/chat/stream/${body.message_id}`);
    await someOf(wire, 2);
    wire.close();
    await standIn.requests.at(-1)!.ended;

    expect(standIn.requests.at(-1)!.closedAt).toBeUndefined();
    expect(textOf((await stream(body.message_id)).events)).toBe(expectedText(60));
  });

  it.each([
    [{ content: 'Hi', provider: 'nobody' }, 'UNKNOWN_PROVIDER'],
    [{ content: 'Hi', provider: 'anthropic' }, 'PROVIDER_NOT_CONFIGURED'],
    [{ content: 'Hi', provider: 'local', model: 'hash-384' }, 'STREAMING_NOT_SUPPORTED'],
    [{}, 'VALIDATION_FAILED'],
    [{ content: ' ' }, 'VALIDATION_FAILED'],
    [{ content: 'a\0b' }, 'VALIDATION_FAILED'],
    [{ content: 'Hi', more: 1 }, 'VALIDATION_FAILED'],
  ])('refuses %j and stores nothing', async (body, code) => {
    const dave = await server.user({ sub: 'dave' });
    const answer = await post(body, dave);

    expect([answer.status, answer.body.code]).toEqual([400, code]);
    expect((await dave.ask('GET', '/chat/threads')).body.threads).toEqual([]);
  });

  it('leaves no thread behind where there is no room for its turn', async () => {
    const own = await startTestServer({ OPENAI_URL: standIn.url, MAX_CONCURRENT_TURNS: '1' });
    const user = await own.user();
    const { body } = await post({ content: 'Long [[tokens=5000 delay=5]]' }, user);
    const answer = await post({ content: 'Hi' }, user);

    const { threads } = (await user.ask('GET', '/chat/threads')).body;
    await own.close();

    expect([answer.status, answer.body.code]).toEqual([429, 'RATE_LIMITED']);
    expect(threads.map(({ id }: { id: string }) => id)).toEqual([body.conversation_id]);
  });

  it('says what went wrong before it is done, and says it again', async () => {
    const { body } = await post({ content: 'Break [[tokens=20 fault=cut:3]]' });
    for (const { status, events } of [await stream(body.message_id), await stream(body.message_id)]) {
      expect(status).toBe(200);
      expect(textOf(events)).toBe(expectedText(3));
      expect(events.at(-2)!.data).toEqual({
        type: 'error',
        error: 'Bad Gateway',
        message: expect.any(String),
        code: 'PROVIDER_ERROR',
        retryable: true,
        details: expect.any(Object),
      });
      expect(events.at(-1)!.data).toEqual({ type: 'done' });
    }
  });

  it('says so when the answer is cancelled', async () => {
    const { body } = await post({ content: 'Stop [[tokens=5000 delay=5]]' });
    const wire = await openWire(server.url, alice, `/api/chat/stream/${body.message_id}`);
    await someOf(wire, 3);
    const { thread } = (await alice.ask('GET', `/chat/threads/${body.conversation_id}`)).body;
    await alice.ask('POST', `/chat/threads/${thread.id}/turns/${thread.activeTurnId}/cancel`);
    const rest = await someOf(wire, 10_000);

    expect(rest.slice(-2).map(({ data }) => data.code ?? data.type)).toEqual(['STATE_CONFLICT', 'done']);
  });

  it('tells a watcher that the answer began anew, and whoever comes after that only the one that counts', async () => {
    const own = await startTestServer({
      OPENAI_URL: standIn.url,
      OPENROUTER_URL: other.url,
      OPENROUTER_API_KEY: 'sk-or-test',
      LLM_FALLBACKS: 'openrouter/fallback-model',
      LLM_MAX_RETRIES: '0',
    });
    const user = await own.user();
    standIn.script({ tokens: 200, delay: 5, fault: 'cut', at: 40 });
    other.script({ tokens: 60, delay: 5 });
    const { message_id } = (await post({ content: 'Fail over', provider: 'openai' }, user)).body;
    const path = `/api/chat/stream/${message_id}`;
    const first = await readWire(own.url, user, path);
    const during = await readWire(own.url, user, path);
    const afterwards = await readWire(own.url, user, path);
    await own.close();

    expect(textOf(first.events)).toBe(expectedText(40));
    expect(first.events.slice(-2).map(({ data }) => [data.type, data.code, data.retryable])).toEqual([
      ['error', 'PROVIDER_ERROR', true],
      ['done', undefined, undefined],
    ]);
    for (const { events } of [during, afterwards]) {
      expect(textOf(events)).toBe(expectedText(60));
      expect(events.at(-1)!.data).toEqual({ type: 'done' });
    }
  });

  it('says nothing of a long attempt that was given up', async () => {
    const own = await startTestServer({
      OPENAI_URL: standIn.url,
      OPENROUTER_URL: other.url,
      OPENROUTER_API_KEY: 'sk-or-test',
      LLM_FALLBACKS: 'openrouter/fallback-model',
      LLM_MAX_RETRIES: '0',
    });
    const user = await own.user();
    // More than the log gives at once.
    standIn.script({ tokens: 40_000, perWrite: 200, fault: 'cut', at: 30_000 });
    other.script({ tokens: 50 });
    const { message_id } = (await post({ content: 'Fail late', provider: 'openai' }, user)).body;
    await readWire(own.url, user, `/api/chat/stream/${message_id}`);
    await other.requests.at(-1)?.ended;
    const afterwards = await readWire(own.url, user, `/api/chat/stream/${message_id}`);
    await own.close();

    expect(textOf(afterwards.events)).toBe(expectedText(50));
    expect(afterwards.events.at(-1)!.data).toEqual({ type: 'done' });
  });

  it('is there for nobody else, and not for whoever has no token', async () => {
    const { body } = await post({ content: 'Mine [[tokens=2]]' });
    const bob = await server.user({ sub: 'bob' });
    const stranger = await server.user({ org: 'other' });
    for (const user of [bob, stranger]) {
      const { status, text } = await stream(body.message_id, user);
      expect([status, JSON.parse(text).code]).toEqual([404, 'NOT_FOUND']);
      const joined = await post({ content: 'Hi', conversation_id: body.conversation_id }, user);
      expect([joined.status, joined.body.code]).toEqual([404, 'NOT_FOUND']);
    }
    for (const id of [newId(), 'no-id']) expect((await stream(id)).status).toBe(404);
    for (const conversation_id of [newId(), 'optional-conversation-id'])
      expect((await post({ content: 'Hi', conversation_id })).status).toBe(404);
    const path = `/api/chat/stream/${body.message_id}`;
    expect((await readWire(server.url, undefined, path)).status).toBe(401);
    expect((await readWire(server.url, undefined, '/api/messages', { content: 'Hi' })).status).toBe(401);
  });

  it('is refused while the conversation is busy', async () => {
    const { body } = await post({ content: 'Long [[tokens=5000 delay=5]]' });
    const busy = await post({ content: 'Hi', conversation_id: body.conversation_id });

    expect([busy.status, busy.body.code]).toEqual([409, 'THREAD_BUSY']);
    await alice.ask('DELETE', `/chat/threads/${body.conversation_id}`);
  });
});
