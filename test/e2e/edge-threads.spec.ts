import { expectedText, startOpenAiStandIn } from '../doubles/openai-stand-in.js';
import { edge } from '../support/edge.js';
import { eventually } from '../support/eventually.js';
import { framesUntil } from '../support/sse-client.js';
import { startTestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

describe('the edge of the API', () => {
  const on = edge();

  describe('a thread', () => {
    it('is renamed and described by PATCH, each without the other', async () => {
      const id = await on.alice.newThread({ title: 'Before', metadata: { a: 1 } });
      const patch = async (body: unknown) => on.alice.ask('PATCH', `/chat/threads/${id}`, body);

      expect((await patch({ title: 'After' })).body.thread).toMatchObject({
        title: 'After',
        metadata: { a: 1 },
      });
      const { thread } = (await patch({ metadata: { b: [true, null, 'ü'] } })).body;
      expect(thread).toMatchObject({ title: 'After', metadata: { b: [true, null, 'ü'] } });
      expect((await on.alice.ask('GET', `/chat/threads/${id}`)).body.thread).toEqual(thread);
      for (const body of [{}, { title: ' ' }, { title: 1 }, { metadata: [] }, { workflow: 'chat' }, { id }])
        expect([body, (await patch(body)).body.code]).toEqual([body, 'VALIDATION_FAILED']);
      expect((await on.alice.ask('GET', `/chat/threads/${id}`)).body.thread).toEqual(thread);
    });

    it('needs nothing to be made, not even a body', async () => {
      const { status, text } = await on.send('POST', '/chat/threads');
      expect([status, JSON.parse(text).thread]).toEqual([
        201,
        expect.objectContaining({ title: null, workflow: 'chat', metadata: {}, messageCount: 0 }),
      ]);
    });

    it('keeps the title it was given when messages come', async () => {
      const id = await on.alice.newThread({ title: 'Mine' });
      await on.alice.ask('POST', `/chat/threads/${id}/messages`, { content: 'Another title?' });
      expect((await on.alice.ask('GET', `/chat/threads/${id}`)).body.thread.title).toBe('Mine');
    });
  });

  describe('a list', () => {
    it('leads through seven threads in pages of two, newest activity first, whatever comes meanwhile', async () => {
      const user = await on.server.user({ sub: 'pages' });
      const ids: string[] = [];
      for (let count = 0; count < 7; count += 1) ids.push(await user.newThread({ title: `T${count}` }));
      await user.ask('POST', `/chat/threads/${ids[0]}/messages`, { content: 'Up with you' });
      const expected = [ids[0], ...ids.slice(1).toReversed()];

      const { pages, items } = await allPages(user, '/chat/threads?limit=2', 'threads', async () => {
        await user.newThread({ title: 'Newer than all' });
      });
      expect(pages).toEqual([2, 2, 2, 1]);
      expect(items.map(({ id }) => id)).toEqual(expected);
    });

    it.each([
      ['asc', (ids: string[]) => ids],
      ['desc', (ids: string[]) => ids.toReversed()],
    ])('leads through the messages of a thread in both orders (%s)', async (order, arrange) => {
      const threadId = await on.alice.newThread();
      for (let count = 0; count < 4; count += 1)
        await on.alice.ask('POST', `/chat/threads/${threadId}/messages`, {
          content: `M${count} [[tokens=1]]`,
        });
      const path = `/chat/threads/${threadId}/messages`;
      const whole = (await on.alice.ask('GET', path)).body;

      expect(whole.nextCursor).toBeNull();
      expect(whole.messages.map(({ role }: ReceivedMessage) => role)).toEqual(
        Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? 'user' : 'assistant')),
      );
      for (const [limit, sizes] of [
        [3, [3, 3, 2]],
        [2, [2, 2, 2, 2]],
      ] as const) {
        const { pages, items } = await allPages(
          on.alice,
          `${path}?order=${order}&limit=${limit}`,
          'messages',
        );
        expect(pages).toEqual(sizes);
        expect(items.map(({ id }) => id)).toEqual(
          arrange(whole.messages.map(({ id }: ReceivedMessage) => id)),
        );
      }
    });

    it('finds threads by their titles and by what was said in them, and takes every character for itself', async () => {
      const user = await on.server.user({ sub: 'search' });
      const byTitle = await user.newThread({ title: 'Invoice of the Äpfel' });
      const byText = await user.newThread({ title: 'Something else' });
      await user.ask('POST', `/chat/threads/${byText}/messages`, { content: '100% of the invoices_2026' });
      await user.newThread({ title: 'Neither' });
      const found = async (q: string) =>
        (await user.ask('GET', `/chat/threads?q=${encodeURIComponent(q)}`)).body.threads.map(
          ({ id }: ReceivedMessage) => id,
        );

      expect(await found('invoice')).toEqual([byText, byTitle]);
      expect(await found('äpfel')).toEqual([byTitle]);
      expect(await found('100%')).toEqual([byText]);
      expect(await found('invoices_2026')).toEqual([byText]);
      expect(await found('%')).toEqual([byText]);
      expect(await found('invoice_of')).toEqual([]);
      expect(await found('\\')).toEqual([]);
      expect(await found(expectedText(3).trim())).toEqual([byText]);
      const { pages } = await allPages(user, '/chat/threads?limit=1&q=INVOICE', 'threads');
      expect(pages).toEqual([1, 1]);
    });
  });

  describe('a stream', () => {
    it('names no event, so that onmessage gets everything', async () => {
      const threadId = await on.alice.newThread();
      const posted = await on.alice.stream(threadId, 'Hi [[tokens=30]]');
      await framesUntil(posted, 'done');
      const watched = await on.alice.watch(threadId, 0);
      await framesUntil(watched, 'done');
      watched.close();

      for (const stream of [posted, watched]) {
        expect(stream.text()).not.toMatch(/^event:/m);
        expect(stream.text().match(/^data: /gm)!.length).toBeGreaterThan(5);
      }
    });

    it('is answered to HEAD without a body, without waiting, as often as one likes', async () => {
      const strict = await startTestServer({ MAX_STREAMS_PER_USER: '1' });
      try {
        const user = await strict.user();
        const threadId = await user.newThread();
        for (let count = 0; count < 3; count += 1) {
          const response = await fetch(`${strict.url}/chat/threads/${threadId}/stream`, {
            method: 'HEAD',
            headers: { authorization: `Bearer ${user.token}` },
            signal: AbortSignal.timeout(5_000),
          });
          // The place of the one before may not be free yet.
          expect(count === 0 ? [200] : [200, 429]).toContain(response.status);
          expect(await response.text()).toBe('');
          expect((await user.ask('GET', '/health/live')).status).toBe(200);
        }
        const opened = await eventually(
          () => user.watch(threadId),
          ({ response }) => response.status === 200,
        );
        expect((await opened.frames.next()).value).toMatchObject({ type: 'connected' });
        opened.close();
      } finally {
        await strict.close();
      }
    });
  });
});

describe('a user with as many streams as allowed', () => {
  it('is told to come back, and gets the next one when one has closed', async () => {
    const standIn = await startOpenAiStandIn();
    const server = await startTestServer({ MAX_STREAMS_PER_USER: '2', OPENAI_URL: standIn.url });
    try {
      const [alice, bob] = [await server.user(), await server.user({ sub: 'bob' })];
      const threadId = await alice.newThread();
      const open = [await alice.watch(threadId), await alice.watch(threadId)];
      for (const stream of open) expect((await stream.frames.next()).value!.type).toBe('connected');

      for (const refused of [await alice.watch(threadId), await alice.stream(threadId, 'Hi')]) {
        expect(refused.response.status).toBe(429);
        expect(Number(refused.response.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(await refused.response.json()).toMatchObject({ code: 'RATE_LIMITED', retryable: true });
      }
      expect((await alice.ask('GET', `/chat/threads/${threadId}/messages`)).body.messages).toEqual([]);
      const others = await bob.watch(await bob.newThread());
      expect(others.response.status).toBe(200);
      others.close();

      open[0]!.close();
      const again = await eventually(
        () => alice.watch(threadId),
        ({ response }) => response.status === 200,
      );
      expect((await again.frames.next()).value!.type).toBe('connected');
      again.close();
      open[1]!.close();
      for (let count = 0; count < 5; count += 1) {
        const stream = await eventually(
          () => alice.stream(threadId, `Hi ${count} [[tokens=1]]`),
          ({ response }) => response.status === 200,
        );
        expect((await framesUntil(stream, 'done')).at(-1)?.type).toBe('done');
      }
    } finally {
      await server.close();
      await standIn.close();
    }
  });
});

interface ReceivedMessage {
  readonly id: string;
  readonly role: string;
  readonly content: string;
}

/** Every page of a list; `meanwhile` happens after the first. */
async function allPages(user: TestUser, path: string, name: string, meanwhile?: () => Promise<void>) {
  const pages: number[] = [];
  const items: ReceivedMessage[] = [];
  let cursor: string | null = null;
  do {
    const { body } = await user.ask('GET', path + (cursor === null ? '' : `&cursor=${cursor}`));
    pages.push(body[name].length);
    items.push(...body[name]);
    cursor = body.nextCursor;
    if (pages.length === 1) await meanwhile?.();
  } while (cursor !== null && pages.length < 20);
  return { pages, items };
}
