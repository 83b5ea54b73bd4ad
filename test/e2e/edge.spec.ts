import { edge } from '../support/edge.js';
import { framesUntil, type ReceivedFrame } from '../support/sse-client.js';
import { startTestServer } from '../support/test-server.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NOBODYS = '01890a5d-ac96-774b-bcce-b302099a8057';

const json = (body: string) => ({ body, headers: { 'content-type': 'application/json' } });
const codeOf = ({ status, text }: { readonly status: number; readonly text: string }) => [
  status,
  JSON.parse(text).code,
];

describe('the edge of the API', () => {
  const on = edge();

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
        const generated = (await on.send(method, path, init)).headers.get('x-request-id');
        const echoed = await on.send(method, path, {
          ...init,
          headers: { ...(init.headers as Record<string, string>), 'x-request-id': own },
        });

        expect(generated).toMatch(UUID);
        expect(echoed.headers.get('x-request-id')).toBe(own);
      },
    );

    it('is on both streams as well', async () => {
      const threadId = await on.alice.newThread();
      const own = { 'x-request-id': 'my-stream' };
      const posted = await on.alice.stream(threadId, 'Hi', {}, own);
      const watched = await on.alice.watch(threadId, undefined, own);
      const unnamed = await on.alice.watch(threadId);

      expect(posted.response.headers.get('x-request-id')).toBe('my-stream');
      expect(watched.response.headers.get('x-request-id')).toBe('my-stream');
      expect(unnamed.response.headers.get('x-request-id')).toMatch(UUID);
      for (const stream of [posted, watched, unnamed]) stream.close();
    });

    it.each(['two words', 'a'.repeat(129), '<script>', '{"a":1}', 'ü', '../../etc', 'a\tb'])(
      'is replaced when it is %j',
      async (insane) => {
        const { headers } = await on.send('GET', '/chat/threads', { headers: { 'x-request-id': insane } });
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
      const answer = await on.send('POST', '/chat/threads', init);
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
      expect(codeOf(await on.send(method, path))).toEqual([404, 'NOT_FOUND']);
    });

    it.each(['0', '201', 'abc', '-1', '1.5', ''])(
      'is refused for the limit %j of any list',
      async (limit) => {
        const threadId = await on.alice.newThread();
        for (const list of ['/chat/threads', `/chat/threads/${threadId}/messages`, '/rag/documents'])
          expect(codeOf(await on.send('GET', `${list}?limit=${limit}`))).toEqual([400, 'VALIDATION_FAILED']);
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
      const threadId = await on.alice.newThread();
      for (const list of ['/chat/threads', `/chat/threads/${threadId}/messages`, '/rag/documents']) {
        const answer = await on.send('GET', `${list}?cursor=${encodeURIComponent(cursor)}`);
        expect([list, ...codeOf(answer)]).toEqual([list, 400, 'INVALID_CURSOR']);
      }
    });

    it('is refused for a parameter of a list that is not known', async () => {
      for (const path of ['/chat/threads?page=2', '/rag/documents?offset=1'])
        expect(codeOf(await on.send('GET', path))).toEqual([400, 'VALIDATION_FAILED']);
    });
  });

  describe('the status of an answer', () => {
    it('is 201 for what is made, 200 for what is read, 202 for what is started and 204 for what is gone', async () => {
      const made = await on.alice.ask('POST', '/chat/threads', {});
      const id: string = made.body.thread.id;
      const posted = await on.alice.ask('POST', `/chat/threads/${id}/messages`, { content: 'Hi' });
      const turn = `/chat/threads/${id}/turns/${posted.body.turn.id}`;
      const streamed = await on.alice.stream(id, 'Hi again');
      await framesUntil(streamed, 'done');
      const document = await on.alice.ask('POST', '/rag/documents', { title: 'A', content: 'B' });
      const documentPath = `/rag/documents/${document.body.document.id}`;
      const found = await on.alice.ask('POST', '/rag/search', { query: 'B' });
      const ticket = await on.alice.ask('POST', '/auth/stream-ticket', { threadId: id });
      const read = await on.alice.ask('GET', turn);
      const cancelled = await on.alice.ask('POST', `${turn}/cancel`);
      const patched = await on.alice.ask('PATCH', `/chat/threads/${id}`, { title: 'B' });
      const deleted = [
        await on.alice.ask('DELETE', documentPath),
        await on.alice.ask('DELETE', `/chat/threads/${id}`),
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
        expect((await on.alice.ask('GET', path)).status).toBe(404);
      expect((await on.alice.ask('DELETE', `/chat/threads/${id}`)).status).toBe(404);
    });

    it('is 202 for a cancel without a body, of a running turn and again of the ended one', async () => {
      const threadId = await on.alice.newThread();
      const stream = await on.alice.stream(threadId, 'Slow [[tokens=10000 delay=5]]');
      const first = (await stream.frames.next()).value as ReceivedFrame;
      const path = `/chat/threads/${threadId}/turns/${first.data['turnId']}/cancel`;
      const bare = await on.send('POST', path);
      const frames = await framesUntil(stream, 'done');
      const again = [
        await on.send('POST', path),
        await on.send('POST', path, json('')),
        await on.send('POST', path, json('{}')),
      ];

      expect(frames.at(-1)?.data).toMatchObject({ success: false, status: 'cancelled' });
      expect([bare, ...again].map(({ status }) => status)).toEqual([202, 202, 202, 202]);
      for (const { text } of again) expect(JSON.parse(text).turn.status).toBe('cancelled');
    });
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

function forged(keyset: unknown): string {
  return Buffer.from(JSON.stringify(keyset)).toString('base64url');
}

function formWith(title: string): FormData {
  const form = new FormData();
  form.set('title', title);
  return form;
}
