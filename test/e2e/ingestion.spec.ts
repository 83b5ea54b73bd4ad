import { putIn, untilTakenIn } from '../support/put-in.js';
import { longText } from '../support/long-text.js';
import { sized } from '../support/size.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

describe('long documents that one user puts in', () => {
  let server: TestServer;
  let alice: TestUser;
  let bob: TestUser;
  beforeAll(async () => {
    server = await startTestServer();
    alice = await server.user({ sub: 'alice' });
    bob = await server.user({ sub: 'bob', org: 'elsewhere' });
  });
  afterAll(() => server?.close());

  it('are accepted at once and taken in one after the other, while everybody else is answered', async () => {
    const statuses = new Set<number>();
    let isWatching = true;
    const watching = (async () => {
      while (isWatching) statuses.add((await bob.ask('GET', '/chat/threads')).status);
    })();
    const content = longText(sized(300_000, 1_000_000), 1);
    const posted = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        alice.ask('POST', '/rag/documents', { title: `Long ${index}`, content }),
      ),
    );
    expect(posted.map(({ status }) => status)).toEqual(Array<number>(10).fill(202));
    expect(posted.map(({ body }) => body.document.status)).toContain('queued');

    await putIn(bob, { title: 'Short', content: 'The heron nests on the roof.' });
    const found = await bob.ask('POST', '/rag/search', { query: 'heron' });
    expect(found.body.results).toHaveLength(1);
    const listed = await alice.ask('GET', '/rag/documents');
    const states = listed.body.documents.map((document: { readonly status: string }) => document.status);
    expect(states).toContain('queued');
    expect(states.filter((status: string) => status === 'processing').length).toBeLessThanOrEqual(1);

    // The rest of them need not be taken in for this.
    for (const { body } of posted.slice(1)) {
      const { status } = await alice.ask('DELETE', `/rag/documents/${body.document.id}`);
      expect(status).toBe(204);
    }
    const first: string = posted[0]!.body.document.id;
    expect(await untilTakenIn(alice, first)).toMatchObject({ status: 'ready', error: null });
    isWatching = false;
    await watching;
    expect([...statuses]).toEqual([200]);
  }, 120_000);
});

describe('a server that only serves', () => {
  let api: TestServer;
  let worker: TestServer | undefined;
  beforeAll(async () => {
    api = await startTestServer({
      ...{ ROLE: 'api', MAX_QUEUED_DOCUMENTS: '8' },
      ...{ MAX_DOCUMENTS_PER_USER: '3', MAX_DOCUMENT_BYTES_PER_ORG: '1000' },
    });
  });
  afterAll(async () => {
    await worker?.close();
    await api?.close();
  });

  it('accepts documents, says when its queue is full, and leaves them to a worker', async () => {
    const user = await api.user({ sub: 'ann', org: 'queued' });
    const put = () => user.ask('POST', '/rag/documents', { title: 'A', content: 'The owl.' });
    const answers = [await put(), await put(), await put()];
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 503]);
    expect(answers[0]!.body.document).toMatchObject({ status: 'queued', chunkCount: 0 });
    expect(answers[2]!.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(answers[2]!.body).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', retryable: true });

    worker = await startTestServer({ DATABASE_URL: api.connectionString, ROLE: 'worker' });

    for (const { body } of answers.slice(0, 2)) {
      expect(await untilTakenIn(user, body.document.id)).toMatchObject({ status: 'ready', chunkCount: 1 });
    }
    expect((await user.ask('POST', '/rag/search', { query: 'owls' })).body.results).toHaveLength(2);
  }, 120_000);

  it('takes as many documents of a user as it may, however many come at once', async () => {
    worker ??= await startTestServer({ DATABASE_URL: api.connectionString, ROLE: 'worker' });
    const user = await api.user({ sub: 'bea', org: 'counted' });
    const ids: string[] = [];
    const codes: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      await Promise.all(
        Array.from({ length: 6 }, async () => {
          const { body } = await user.ask('POST', '/rag/documents', { title: 'A', content: 'The owl.' });
          if (body.document === undefined) codes.push(body.code);
          else ids.push(body.document.id);
        }),
      );
      for (const id of ids) await untilTakenIn(user, id);
    }
    expect(ids).toHaveLength(3);
    expect(codes).toContain('STATE_CONFLICT');
    await user.ask('DELETE', `/rag/documents/${ids[0]}`);
    expect((await user.ask('POST', '/rag/documents', { title: 'A', content: 'An owl.' })).status).toBe(202);
  }, 120_000);

  it('takes no more bytes of an org than it may, and says what the limit is', async () => {
    const user = await api.user({ sub: 'eve', org: 'weighed' });
    const put = (bytes: number) =>
      user.ask('POST', '/rag/documents', { title: 'A', content: 'x'.repeat(bytes) });
    expect((await put(600)).status).toBe(202);
    const { status, body } = await put(401);
    expect([status, body]).toEqual([
      409,
      expect.objectContaining({
        code: 'STATE_CONFLICT',
        retryable: false,
        details: { limit: 1_000, of: 'org', unit: 'bytes' },
      }),
    ]);
  });
});
