import pg from 'pg';
import { newId } from '../../src/kernel/index.js';
import { expectedText } from '../doubles/openai-stand-in.js';
import { SERVER_VARIABLE } from '../setup/test-server-variables.js';
import { apiStream, assistant, expectWhole, user } from '../support/api-stream.js';
import { startTestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';
import { openWire, readWire, someOf } from '../support/wire-client.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const threadsOf = async (who: TestUser) => (await who.ask('GET', '/chat/threads')).body.threads;

describe('POST /api/stream', () => {
  const on = apiStream();

  describe('with a chatId', () => {
    it('keeps message and answer in that thread, and asks with the client’s own history', async () => {
      const threadId = await on.alice.newThread();
      const first = expectWhole(await on.inChat(threadId, [user('First [[tokens=3]]')]), expectedText(3));
      const history = [user('Edited'), assistant('by the client')];
      const second = await on.inChat(threadId.toUpperCase(), [...history, user('Second [[tokens=4]]')]);

      expectWhole(second, expectedText(4));
      expect(await on.saidIn(threadId)).toEqual([
        'First [[tokens=3]]',
        expectedText(3),
        'Second [[tokens=4]]',
        expectedText(4),
      ]);
      expect(on.ollama.requests.at(-1)!.body.messages).toEqual([...history, user('Second [[tokens=4]]')]);
      const { messages } = (await on.alice.ask('GET', `/chat/threads/${threadId}/messages`)).body;
      expect(messages[1].id).toBe(first);
    });

    it('makes the thread of an id of the client’s own once, for each user', async () => {
      const erin = await on.server.user({ sub: 'erin' });
      const frank = await on.server.user({ sub: 'frank' });
      const answers = await Promise.all(
        [1, 2, 3, 4].map(() => on.inChat('chat-123', [user('Hi [[tokens=3]]', 'm1')], {}, erin)),
      );
      const asked = on.ollama.requests.length;
      await on.inChat('chat-123', [user('Hi [[tokens=3]]', 'm1')], {}, frank);
      await on.inChat('chat-123', [user('More [[tokens=2]]', 'm2')], {}, erin);

      const ids = answers.map((answer) => expectWhole(answer, expectedText(3)));
      expect(new Set(ids).size).toBe(1);
      expect(on.ollama.requests.length).toBe(asked + 2);
      const [thread, ...more] = await threadsOf(erin);
      expect([thread.id, more]).toEqual([expect.stringMatching(UUID), []]);
      expect(await on.saidIn(thread.id, erin)).toEqual([
        'Hi [[tokens=3]]',
        expectedText(3),
        'More [[tokens=2]]',
        expectedText(2),
      ]);
      expect((await threadsOf(frank))[0].id).not.toBe(thread.id);
    });

    it('does not store or ask the same message twice, while it runs or afterwards', async () => {
      const threadId = await on.alice.newThread();
      const messages = [user('Once [[tokens=60 delay=5]]', 'm1')];
      const wire = await openWire(on.server.url, on.alice, '/api/stream', {
        messages,
        model: 'llama2',
        chatId: threadId,
      });
      await someOf(wire, 5);
      wire.close();
      const asked = on.ollama.requests.length;
      const running = await on.inChat(threadId, messages);
      const afterwards = await on.inChat(threadId, messages, { model: 'other' });

      expect(expectWhole(running, expectedText(60))).toBe(expectWhole(afterwards, expectedText(60)));
      expect(on.ollama.requests.length).toBe(asked);
      expect(await on.saidIn(threadId)).toHaveLength(2);
    });

    it('knows a message without an id by what was said before it', async () => {
      const threadId = await on.alice.newThread();
      const hi = user('Hi [[tokens=3]]');
      const first = expectWhole(await on.inChat(threadId, [hi]), expectedText(3));
      expect(expectWhole(await on.inChat(threadId, [hi]), expectedText(3))).toBe(first);
      expect(expectWhole(await on.inChat(threadId, [hi, hi]), expectedText(3))).toBe(first);
      const second = expectWhole(
        await on.inChat(threadId, [hi, assistant(expectedText(3)), hi]),
        expectedText(3),
      );
      expect(second).not.toBe(first);
      const third = expectWhole(await on.inChat(threadId, [hi]), expectedText(3));

      expect([first, second]).not.toContain(third);
      expect(await on.saidIn(threadId)).toHaveLength(6);
    });

    it('asks again what failed or was cancelled, and does not store the question again', async () => {
      const threadId = await on.alice.newThread();
      const messages = [user('Try', 'm1')];
      on.ollama.script({ tokens: 20, fault: 'cut', at: 3 }, { tokens: 5000, delay: 5 }, { tokens: 4 });
      const failed = await on.inChat(threadId, messages);
      expect(failed.events.at(-1)!.event).toBe('error');

      const wire = await openWire(on.server.url, on.alice, '/api/stream', {
        messages,
        model: 'llama2',
        chatId: threadId,
      });
      await someOf(wire, 3);
      const { thread } = (await on.alice.ask('GET', `/chat/threads/${threadId}`)).body;
      await on.alice.ask('POST', `/chat/threads/${threadId}/turns/${thread.activeTurnId}/cancel`);
      const cancelled = await someOf(wire, 10_000);
      expect(cancelled.at(-1)).toMatchObject({ event: 'error', data: { code: 'STATE_CONFLICT' } });

      const third = expectWhole(await on.inChat(threadId, messages), expectedText(4));
      expect(expectWhole(await on.inChat(threadId, messages), expectedText(4))).toBe(third);
      const said = await on.saidIn(threadId);
      expect(said).toHaveLength(4);
      const { messages: stored } = (await on.alice.ask('GET', `/chat/threads/${threadId}/messages`)).body;
      expect(stored.map(({ role, status }: { role: string; status: string }) => [role, status])).toEqual([
        ['user', 'complete'],
        ['assistant', 'failed'],
        ['assistant', 'cancelled'],
        ['assistant', 'complete'],
      ]);
    });

    it('tells what fails after the message was stored by an event', async () => {
      const { status, events } = await on.inChat('broken', [user('Hi [[fault=server_error]]')]);

      expect(status).toBe(200);
      expect(events.map(({ event, data }) => [event, data.code])).toEqual([
        ['message-start', undefined],
        ['error', 'PROVIDER_UNAVAILABLE'],
      ]);
    });

    it('is refused while it is busy, and where it names somebody else’s thread or none', async () => {
      const threadId = await on.alice.newThread();
      const bob = await on.server.user({ sub: 'bob' });
      const long = { messages: [user('Long [[tokens=5000 delay=5]]')], model: 'llama2', chatId: threadId };
      const wire = await openWire(on.server.url, on.alice, '/api/stream', long);
      await someOf(wire, 2);

      const busy = await on.inChat(threadId, [user('Hi')]);
      expect([busy.status, JSON.parse(busy.text).code]).toEqual([409, 'THREAD_BUSY']);
      for (const [who, id] of [
        [bob, threadId],
        [on.alice, newId()],
      ] as const) {
        const none = await on.inChat(id, [user('Hi')], {}, who);
        expect([none.status, JSON.parse(none.text).code]).toEqual([404, 'NOT_FOUND']);
      }
      wire.close();
      await on.alice.ask('DELETE', `/chat/threads/${threadId}`);
    });

    it('goes on without its client', async () => {
      const threadId = await on.alice.newThread();
      const messages = [user('Go on [[tokens=60 delay=5]]', 'm1')];
      const wire = await openWire(on.server.url, on.alice, '/api/stream', {
        messages,
        model: 'llama2',
        chatId: threadId,
      });
      await someOf(wire, 3);
      wire.close();
      await on.ollama.requests.at(-1)!.ended;

      expect(on.ollama.requests.at(-1)!.closedAt).toBeUndefined();
      expectWhole(await on.inChat(threadId, messages), expectedText(60));
    });

    it.each([
      ['the thread cannot be had', 'threads'],
      ['the message cannot be stored', 'turns'],
      ['nothing can be searched either', 'threads, turns, rag_documents'],
    ])('answers all the same when %s', async (_, tables) => {
      const own = await startTestServer({ OLLAMA_URL: on.ollama.url });
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
      const own = await startTestServer({ OLLAMA_URL: on.ollama.url });
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
    await client.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'",
      [name],
    );
  await client.end();
}
