import { setTimeout as pause } from 'node:timers/promises';
import { EventSource } from 'eventsource';
import { expectedText, startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { freshDatabase } from '../setup/test-database.js';
import { framesUntil, textOf, type ReceivedFrame } from '../support/sse-client.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NOBODYS = '01890a5d-ac96-774b-bcce-b302099a8057';

describe('the edge of the API', () => {
  let standIn: OpenAiStandIn;
  let server: TestServer;
  let alice: TestUser;
  beforeAll(async () => {
    standIn = await startOpenAiStandIn({ behaviour: { tokens: 3 } });
    server = await startTestServer({ OPENAI_URL: standIn.url });
    alice = await server.user();
  });
  afterAll(async () => {
    await server?.close();
    await standIn?.close();
  });

  /** A request as it is given, with alice's token. */
  const send = async (method: string, path: string, init: Omit<RequestInit, 'method'> = {}) => {
    const response = await fetch(server.url + path, {
      ...init,
      method,
      headers: { authorization: `Bearer ${alice.token}`, ...(init.headers as Record<string, string>) },
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text };
  };
  const json = (body: string) => ({ body, headers: { 'content-type': 'application/json' } });
  const codeOf = ({ status, text }: { readonly status: number; readonly text: string }) => [
    status,
    JSON.parse(text).code,
  ];

  describe('the id of a request', () => {
    /** One request of every kind of answer; each gives back the id it was answered with. */
    const requests: readonly (readonly [string, string, string, RequestInit])[] = [
      ['a success', 'GET', '/chat/threads', {}],
      ['a probe', 'GET', '/health', {}],
      ['the document', 'GET', '/openapi.json', {}],
      ['no body', 'HEAD', '/chat/threads', {}],
      ['an unknown thread', 'GET', `/chat/threads/${NOBODYS}`, {}],
      ['an unknown thread’s stream', 'GET', `/chat/threads/${NOBODYS}/stream`, {}],
      ['an unknown route', 'GET', '/nowhere', {}],
      ['a missing token', 'GET', '/chat/threads', { headers: { authorization: '' } }],
      ['a wrong body', 'POST', '/chat/threads', json('{"surprise":1}')],
      ['a malformed body', 'POST', '/chat/threads', json('{"title":')],
      ['a foreign body', 'POST', '/chat/threads', { body: 'title=A' }],
      ['a large body', 'POST', '/chat/threads', json(JSON.stringify({ title: 'a'.repeat(1_100_000) }))],
    ];

    it.each(requests)(
      'is given to %s, and is the client’s own if it has one',
      async (_, method, path, init) => {
        const own = 'client-7_a.B';
        const generated = (await send(method, path, init)).headers.get('x-request-id');
        const echoed = await send(method, path, {
          ...init,
          headers: { ...(init.headers as Record<string, string>), 'x-request-id': own },
        });

        expect(generated).toMatch(UUID);
        expect(echoed.headers.get('x-request-id')).toBe(own);
      },
    );

    it('is on both streams as well', async () => {
      const threadId = await alice.newThread();
      const own = { 'x-request-id': 'my-stream' };
      const posted = await alice.stream(threadId, 'Hi', {}, own);
      const watched = await alice.watch(threadId, undefined, own);
      const unnamed = await alice.watch(threadId);

      expect(posted.response.headers.get('x-request-id')).toBe('my-stream');
      expect(watched.response.headers.get('x-request-id')).toBe('my-stream');
      expect(unnamed.response.headers.get('x-request-id')).toMatch(UUID);
      for (const stream of [posted, watched, unnamed]) stream.close();
    });

    it.each(['two words', 'a'.repeat(129), '<script>', '{"a":1}', 'ü', '../../etc', 'a\tb'])(
      'is replaced when it is %j',
      async (insane) => {
        const { headers } = await send('GET', '/chat/threads', { headers: { 'x-request-id': insane } });
        expect(headers.get('x-request-id')).toMatch(UUID);
      },
    );
  });

  describe('a request that is wrong', () => {
    it.each([
      ['malformed JSON', json('{"title":'), 400, 'VALIDATION_FAILED'],
      ['JSON that is no object', json('"title"'), 400, 'VALIDATION_FAILED'],
      ['an array', json('[]'), 400, 'VALIDATION_FAILED'],
      ['an unknown field', json('{"titel":"A"}'), 400, 'VALIDATION_FAILED'],
      ['a form', { body: new URLSearchParams({ title: 'A' }) }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
      ['plain text', { body: '{"title":"A"}' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
      ['a file where none is taken', { body: formWith('A') }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
      ['a body too large', json(`{"title":"${'a'.repeat(1_100_000)}"}`), 413, 'PAYLOAD_TOO_LARGE'],
    ] as const)('is refused for %s', async (_, init, status, code) => {
      const answer = await send('POST', '/chat/threads', init);
      expect(codeOf(answer)).toEqual([status, code]);
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(JSON.parse(answer.text)).toEqual({
        error: expect.any(String),
        message: expect.stringMatching(/^[A-Z].*\.$/),
        code,
        retryable: false,
        details: expect.any(Object),
      });
    });

    it.each([
      ['GET', '/nowhere'],
      ['PUT', '/chat/threads'],
      ['DELETE', '/health'],
      ['GET', '/chat/threads/not-an-id'],
      ['GET', `/chat/threads/${NOBODYS}/turns/1`],
      ['POST', `/chat/threads/${NOBODYS}/turns/${NOBODYS}/cancel`],
    ])('is NOT_FOUND for %s %s', async (method, path) => {
      expect(codeOf(await send(method, path))).toEqual([404, 'NOT_FOUND']);
    });

    it.each(['0', '201', 'abc', '-1', '1.5', ''])(
      'is refused for the limit %j of any list',
      async (limit) => {
        const threadId = await alice.newThread();
        for (const list of ['/chat/threads', `/chat/threads/${threadId}/messages`, '/rag/documents'])
          expect(codeOf(await send('GET', `${list}?limit=${limit}`))).toEqual([400, 'VALIDATION_FAILED']);
      },
    );

    it.each([
      ['a word', 'nonsense'],
      ['nothing', ''],
      ['another list’s', forged(['2026-11-21T10:00:00.000Z', NOBODYS, 1])],
      ['a position that no list has', forged([9_000_000_000_000])],
      ['a negative one', forged([-1])],
      ['a year that no calendar has', forged(['0000-01-01T00:00:00.000Z', NOBODYS])],
      ['a list', forged([[1]])],
      ['no JSON', Buffer.from('[1').toString('base64url')],
      ['very long', 'a'.repeat(2_000)],
    ])('is INVALID_CURSOR for a cursor that is %s', async (_, cursor) => {
      const threadId = await alice.newThread();
      for (const list of ['/chat/threads', `/chat/threads/${threadId}/messages`, '/rag/documents']) {
        const answer = await send('GET', `${list}?cursor=${encodeURIComponent(cursor)}`);
        expect([list, ...codeOf(answer)]).toEqual([list, 400, 'INVALID_CURSOR']);
      }
    });

    it('is refused for a parameter of a list that is not known', async () => {
      for (const path of ['/chat/threads?page=2', '/rag/documents?offset=1'])
        expect(codeOf(await send('GET', path))).toEqual([400, 'VALIDATION_FAILED']);
    });
  });

  describe('the status of an answer', () => {
    it('is 201 for what is made, 200 for what is read, 202 for what is started and 204 for what is gone', async () => {
      const made = await alice.ask('POST', '/chat/threads', {});
      const id: string = made.body.thread.id;
      const posted = await alice.ask('POST', `/chat/threads/${id}/messages`, { content: 'Hi' });
      const turn = `/chat/threads/${id}/turns/${posted.body.turn.id}`;
      const streamed = await alice.stream(id, 'Hi again');
      await framesUntil(streamed, 'done');
      const document = await alice.ask('POST', '/rag/documents', { title: 'A', content: 'B' });
      const documentPath = `/rag/documents/${document.body.document.id}`;
      const found = await alice.ask('POST', '/rag/search', { query: 'B' });
      const ticket = await alice.ask('POST', '/auth/stream-ticket', { threadId: id });
      const read = await alice.ask('GET', turn);
      const cancelled = await alice.ask('POST', `${turn}/cancel`);
      const patched = await alice.ask('PATCH', `/chat/threads/${id}`, { title: 'B' });
      const deleted = [
        await alice.ask('DELETE', documentPath),
        await alice.ask('DELETE', `/chat/threads/${id}`),
      ];

      expect([made, posted, ticket].map(({ status }) => status)).toEqual([201, 201, 201]);
      expect([document, cancelled].map(({ status }) => status)).toEqual([202, 202]);
      expect([found, read, patched].map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(streamed.response.status).toBe(200);
      expect(deleted.map(({ status, body }) => [status, body])).toEqual([
        [204, undefined],
        [204, undefined],
      ]);
      for (const path of [documentPath, `/chat/threads/${id}`, turn])
        expect((await alice.ask('GET', path)).status).toBe(404);
      expect((await alice.ask('DELETE', `/chat/threads/${id}`)).status).toBe(404);
    });

    it('is 202 for a cancel without a body, of a running turn and again of the ended one', async () => {
      const threadId = await alice.newThread();
      const stream = await alice.stream(threadId, 'Slow [[tokens=10000 delay=5]]');
      const first = (await stream.frames.next()).value as ReceivedFrame;
      const path = `/chat/threads/${threadId}/turns/${first.data['turnId']}/cancel`;
      const bare = await send('POST', path);
      const frames = await framesUntil(stream, 'done');
      const again = [
        await send('POST', path),
        await send('POST', path, json('')),
        await send('POST', path, json('{}')),
      ];

      expect(frames.at(-1)?.data).toMatchObject({ success: false, status: 'cancelled' });
      expect([bare, ...again].map(({ status }) => status)).toEqual([202, 202, 202, 202]);
      for (const { text } of again) expect(JSON.parse(text).turn.status).toBe('cancelled');
    });
  });

  describe('a thread', () => {
    it('is renamed and described by PATCH, each without the other', async () => {
      const id = await alice.newThread({ title: 'Before', metadata: { a: 1 } });
      const patch = async (body: unknown) => alice.ask('PATCH', `/chat/threads/${id}`, body);

      expect((await patch({ title: 'After' })).body.thread).toMatchObject({
        title: 'After',
        metadata: { a: 1 },
      });
      const { thread } = (await patch({ metadata: { b: [true, null, 'ü'] } })).body;
      expect(thread).toMatchObject({ title: 'After', metadata: { b: [true, null, 'ü'] } });
      expect((await alice.ask('GET', `/chat/threads/${id}`)).body.thread).toEqual(thread);
      for (const body of [{}, { title: ' ' }, { title: 1 }, { metadata: [] }, { workflow: 'chat' }, { id }])
        expect([body, (await patch(body)).body.code]).toEqual([body, 'VALIDATION_FAILED']);
      expect((await alice.ask('GET', `/chat/threads/${id}`)).body.thread).toEqual(thread);
    });

    it('needs nothing to be made, not even a body', async () => {
      const { status, text } = await send('POST', '/chat/threads');
      expect([status, JSON.parse(text).thread]).toEqual([
        201,
        expect.objectContaining({ title: null, workflow: 'chat', metadata: {}, messageCount: 0 }),
      ]);
    });

    it('keeps the title it was given when messages come', async () => {
      const id = await alice.newThread({ title: 'Mine' });
      await alice.ask('POST', `/chat/threads/${id}/messages`, { content: 'Another title?' });
      expect((await alice.ask('GET', `/chat/threads/${id}`)).body.thread.title).toBe('Mine');
    });
  });

  describe('a list', () => {
    it('leads through seven threads in pages of two, newest activity first, whatever comes meanwhile', async () => {
      const user = await server.user({ sub: 'pages' });
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
      const threadId = await alice.newThread();
      for (let count = 0; count < 4; count += 1)
        await alice.ask('POST', `/chat/threads/${threadId}/messages`, { content: `M${count} [[tokens=1]]` });
      const path = `/chat/threads/${threadId}/messages`;
      const whole = (await alice.ask('GET', path)).body;

      expect(whole.nextCursor).toBeNull();
      expect(whole.messages.map(({ role }: ReceivedMessage) => role)).toEqual(
        Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? 'user' : 'assistant')),
      );
      for (const [limit, sizes] of [
        [3, [3, 3, 2]],
        [2, [2, 2, 2, 2]],
      ] as const) {
        const { pages, items } = await allPages(alice, `${path}?order=${order}&limit=${limit}`, 'messages');
        expect(pages).toEqual(sizes);
        expect(items.map(({ id }) => id)).toEqual(
          arrange(whole.messages.map(({ id }: ReceivedMessage) => id)),
        );
      }
    });

    it('finds threads by their titles and by what was said in them, and takes every character for itself', async () => {
      const user = await server.user({ sub: 'search' });
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
      const threadId = await alice.newThread();
      const posted = await alice.stream(threadId, 'Hi [[tokens=30]]');
      await framesUntil(posted, 'done');
      const watched = await alice.watch(threadId, 0);
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

describe('a user who asks too often', () => {
  it('is told when to come back, alone, and probes are not counted', async () => {
    const server = await startTestServer({ RATE_LIMIT: '3/minute' });
    try {
      const [alice, bob] = [await server.user(), await server.user({ sub: 'bob' })];
      const paths = ['/chat/threads', '/rag/documents', '/workflows', '/chat/threads'];
      const answers = [];
      for (const path of paths) answers.push(await alice.ask('GET', path));

      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
      const { headers, body } = answers[3]!;
      expect(body).toMatchObject({ error: 'Too Many Requests', code: 'RATE_LIMITED', retryable: true });
      const seconds = Number(headers.get('retry-after'));
      expect(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60).toBe(true);
      expect(headers.get('x-request-id')).toMatch(UUID);
      const post = await alice.ask('POST', '/chat/threads', {});
      expect([post.status, (await bob.ask('GET', '/chat/threads')).status]).toEqual([429, 200]);
      for (let count = 0; count < 10; count += 1)
        expect((await alice.ask('GET', '/health')).status).toBe(200);
    } finally {
      await server.close();
    }
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

const PATIENCE_MS = 10_000;
const PAUSE_MS = 20;

/** Tries until the outcome is good; the last outcome when that never happens. */
async function eventually<Outcome>(
  attempt: () => Promise<Outcome>,
  isGood: (outcome: Outcome) => boolean,
): Promise<Outcome> {
  for (let waited = 0; ; waited += PAUSE_MS) {
    const outcome = await attempt();
    if (isGood(outcome) || waited >= PATIENCE_MS) return outcome;
    await pause(PAUSE_MS);
  }
}

function forged(keyset: unknown): string {
  return Buffer.from(JSON.stringify(keyset)).toString('base64url');
}

function formWith(title: string): FormData {
  const form = new FormData();
  form.set('title', title);
  return form;
}
