import pg from 'pg';
import { stage } from '../support/stage.js';
import type { TestUser } from '../support/test-user.js';
import { until } from '../support/until.js';

describe('erasing a user', () => {
  const on = stage();
  let client: pg.Client;
  beforeAll(async () => {
    client = new pg.Client({ connectionString: on.server.connectionString });
    // Its database goes first.
    client.on('error', () => undefined);
    await client.connect();
  });
  afterAll(() => client?.end());

  /** Rows of every table that say the word anywhere. */
  const mentions = async (word: string): Promise<Record<string, number>> => {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`,
    );
    const found: Record<string, number> = {};
    for (const { name } of tables) {
      const { rows } = await client.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM "${name}" t WHERE t::text LIKE '%' || $1 || '%'`,
        [word],
      );
      if (rows[0]!.count > 0) found[name] = rows[0]!.count;
    }
    return found;
  };

  /** Says and stores a word of one's own in everything there is. */
  const live = async (user: TestUser, word: string) => {
    const threadId = await user.newThread({ title: `About ${word}` });
    await user.ask('POST', `/chat/threads/${threadId}/messages`, { content: `Say ${word} [[tokens=3]]` });
    for (const visibility of ['private', 'org'])
      await user.ask('POST', '/rag/documents', {
        ...{ title: `A ${visibility} one`, content: `${word} is in the ${visibility} document.`, visibility },
      });
    await user.ask('POST', '/auth/stream-ticket', { threadId });
    await user.ask('PUT', '/me/profile', { about: `I like ${word}.` });
    await user.ask('POST', '/me/memories', { content: `It is ${word}.` });
    return threadId;
  };

  const cost = async () =>
    (await client.query<{ tokens: string }>('SELECT sum(output_tokens) AS tokens FROM llm_attempts')).rows[0]!
      .tokens;

  it('stops what runs, leaves no row that names them, and leaves shared documents and the bill', async () => {
    const [zoe, yan] = [await on.server.user({ sub: 'zoe-1' }), await on.server.user({ sub: 'yan-1' })];
    await live(yan, 'yanword');
    const threadId = await live(zoe, 'zoeword');
    const running = await zoe.newThread();
    const stream = await zoe.stream(running, 'zoeword again [[tokens=5000 delay=5]]');
    await until(async () => (await stream.frames.next()).value?.type === 'ai_response');
    const others = await mentions('yan-1');
    expect(Object.keys(await mentions('zoe-1'))).toEqual(
      expect.arrayContaining([
        'threads',
        'rag_scopes',
        'rag_documents',
        'llm_attempts',
        'stream_tickets',
        'profiles',
        'memories',
      ]),
    );
    const before = Number(await cost());

    const { status } = await zoe.ask('DELETE', '/me');
    expect(status).toBe(204);
    await on.standIn.requests.at(-1)!.closed;
    for await (const _ of stream.frames);
    expect(await mentions('zoe-1')).toEqual({});
    expect(await mentions(threadId)).toEqual({});
    expect((await zoe.ask('GET', '/chat/threads')).body.threads).toEqual([]);
    // The shared one is there for the others, and says what it said.
    const { results } = (await yan.ask('POST', '/rag/search', { query: 'zoeword' })).body;
    expect(results.map(({ title }: { title: string }) => title)).toEqual(['A org one']);
    expect(Object.keys(await mentions('zoeword')).every((table) => table.startsWith('rag_'))).toBe(true);
    expect(Number(await cost())).toBeGreaterThanOrEqual(before);
    expect(await mentions('yan-1')).toEqual(others);
    expect((await zoe.ask('DELETE', '/me')).status).toBe(204);
    // It is nobody's now, and an admin may delete it.
    const admin = await on.server.user({ sub: 'admin-1', roles: ['admin'] });
    expect((await admin.ask('DELETE', `/rag/documents/${results[0].documentId}`)).status).toBe(204);
  });

  it('is an admin’s to ask for, within the own organisation only', async () => {
    const zoe = await on.server.user({ sub: 'zoe-2' });
    await live(zoe, 'secondword');
    const [bob, root, stranger] = [
      await on.server.user({ sub: 'bob' }),
      await on.server.user({ sub: 'root', roles: ['admin'] }),
      await on.server.user({ sub: 'zoe-2', org: 'globex', roles: ['admin'] }),
    ];
    const before = await mentions('zoe-2');
    const refused = await bob.ask('DELETE', '/users/zoe-2');
    expect([refused.status, refused.body.code]).toEqual([403, 'FORBIDDEN']);
    expect((await stranger.ask('DELETE', '/users/zoe-2')).status).toBe(204);
    expect((await stranger.ask('DELETE', '/me')).status).toBe(204);
    expect(await mentions('zoe-2')).toEqual(before);
    expect((await root.ask('DELETE', '/users/zoe-2')).status).toBe(204);
    expect(await mentions('zoe-2')).toEqual({});
    expect((await root.ask('DELETE', '/users/zoe-2')).status).toBe(204);
  });

  it('who belongs to no organisation leaves no trace of the name in the ledger either', async () => {
    const loner = await on.server.user({ sub: 'zoe-3', org: undefined });
    await live(loner, 'thirdword');
    expect((await loner.ask('DELETE', '/me')).status).toBe(204);
    expect(Object.keys(await mentions('zoe-3'))).toEqual([]);
  });
});
