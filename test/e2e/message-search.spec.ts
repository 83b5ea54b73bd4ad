import pg from 'pg';
import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';
import { until } from '../support/until.js';
import { sized } from '../support/size.js';

const LANGUAGES = [
  [
    'Chinese',
    '紫禁城里有一只穿山甲，昨天从动物园跑了出来。',
    ['穿山甲', '穿山', '甲', '动物园跑了出来', '一只穿'],
  ],
  ['Japanese', '昨日、東京で新しい図書館が開館しました。', ['図書館', '図書', '館', 'しい図', 'ました']],
  ['Thai', 'ห้องสมุดเปิดตั้งแต่เก้าโมงเช้าถึงห้าโมงเย็น', ['ห้องสมุด', 'เก้าโมง', 'ถึง', 'เย']],
  [
    'English',
    'Where do the PENGUINS of Größe 44 live?',
    ['penguin', 'the peng', 'GRÖSSE'.slice(0, 3), '44', 'w'],
  ],
] as const;

describe('searching in messages', () => {
  let standIn: OpenAiStandIn;
  let server: TestServer;
  let alice: TestUser;
  let client: pg.Client;
  beforeAll(async () => {
    standIn = await startOpenAiStandIn({ behaviour: { tokens: 3 } });
    server = await startTestServer({ OPENAI_URL: standIn.url });
    alice = await server.user();
    client = new pg.Client({ connectionString: server.connectionString });
    await client.connect();
  });
  afterAll(async () => {
    await client?.end();
    await server?.close();
    await standIn?.close();
  });

  const search = (q: string, user = alice, more = '') =>
    user.ask('GET', `/chat/threads?q=${encodeURIComponent(q)}${more}`);
  const found = async (q: string, user = alice): Promise<string[]> =>
    (await search(q, user)).body.threads.map(({ id }: { id: string }) => id);
  const say = async (content: string, user = alice) => {
    const threadId = await user.newThread({ title: '…' });
    expect((await user.ask('POST', `/chat/threads/${threadId}/messages`, { content })).status).toBe(201);
    return threadId;
  };
  const isIndexed = async (threadId: string) =>
    (await client.query('SELECT 1 FROM search_pending WHERE thread_id = $1', [threadId])).rowCount === 0;

  let seeded = 0;
  /** A thread with messages as they are, as if they had been there before there was an index. */
  const seed = async (user: string, texts: readonly string[]) => {
    const { rows } = await client.query<{ id: string }>(
      `WITH thread AS (
         INSERT INTO threads (id, org_id, user_id, title, workflow, workflow_version, message_count, active_at)
         VALUES (gen_random_uuid(), 'acme', $1, '…', 'chat', 1, $2, $3) RETURNING id
       )
       INSERT INTO thread_heads (thread_id) SELECT id FROM thread RETURNING thread_id AS id`,
      [user, texts.length, new Date(Date.now() + (seeded += 1))],
    );
    const { id } = rows[0]!;
    await client.query(
      `INSERT INTO messages (id, thread_id, turn_id, position, role, content, status)
       SELECT gen_random_uuid(), $1, gen_random_uuid(), n, 'user', text, 'complete'
       FROM unnest($2::text[]) WITH ORDINALITY AS said (text, n)`,
      [id, texts],
    );
    return id;
  };

  describe('of any language', () => {
    const threads = new Map<string, string>();
    let other: string;
    beforeAll(async () => {
      for (const [language, text] of LANGUAGES) threads.set(language, await say(text));
      other = await say('Something else entirely.');
    });

    it.each(LANGUAGES)('finds %s at once, by any part of it', async (language, _text, queries) => {
      for (const q of queries) expect(await found(q)).toContain(threads.get(language));
    });

    it.each(LANGUAGES)('finds %s when it is indexed, by any part of it', async (language, _text, queries) => {
      const threadId = threads.get(language)!;
      await until(() => isIndexed(threadId));
      await until(() => isIndexed(other));
      for (const q of queries) {
        const ids = await found(q);
        expect(ids).toContain(threadId);
        if (q.length > 1) expect(ids).not.toContain(other);
      }
      for (const q of ['龍宮城', 'wombat', 'penguin_', '%', '\\']) expect(await found(q)).toEqual([]);
    });
  });

  it('finds what stands anywhere in a very long message, and nobody else’s', async () => {
    const user = await server.user({ sub: 'long' });
    const filler = Array.from({ length: 60_000 }, (_, n) => `word${n % 977} `).join('');
    const threadId = await seed('long', [`${filler}needle in hay ${filler}東京タワー${filler}`]);
    // Nobody has told the index; what misses it does.
    expect(await found('needle in hay', user)).toEqual([threadId]);
    expect(await isIndexed(threadId)).toBe(false);
    await until(() => isIndexed(threadId));

    for (const q of ['needle in hay', '東京タワー', `${filler.slice(-60)}needle`]) {
      expect(await found(q, user)).toEqual([threadId]);
      expect(await found(q)).toEqual([]);
    }
    expect(await found('needle in the hay', user)).toEqual([]);
  });

  it('gives all of it page by page', async () => {
    const user = await server.user({ sub: 'pager' });
    const threads: string[] = [];
    for (let n = 0; n < 7; n += 1)
      threads.push(await seed('pager', [`About walrus number ${n}.`, 'Indeed.']));
    await seed('pager', ['About nothing.']);
    const seen: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await search('walrus', user, `&limit=3${cursor}`);
      seen.push(...body.threads.map(({ id }: { id: string }) => id));
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(seen).toEqual(threads.toReversed());
  });

  it('reads the text of one user’s messages for one search at a time, and keeps nobody else from their threads', async () => {
    const hoarder = await server.user({ sub: 'hoarder' });
    const text = Array.from({ length: 1_500 }, (_, n) => `w${(n * 7_919) % 9_973} `).join('');
    for (let n = 0; n < sized(8, 20); n += 1)
      await seed(
        'hoarder',
        Array.from({ length: 60 }, () => text),
      );
    let most = 0;
    let isOver = false;
    const looking = (async () => {
      while (!isOver) {
        const { rows } = await client.query<{ count: number }>(
          `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database()
             AND state = 'active' AND query ~ 'ILIKE' AND pid <> pg_backend_pid()`,
        );
        most = Math.max(most, rows[0]!.count);
      }
    })();
    const searches = Array.from({ length: 20 }, () => search('nowhere to be found', hoarder));
    const bystander = await alice.ask('GET', '/chat/threads?limit=1');
    const statuses = (await Promise.all(searches)).map(({ status }) => status);
    isOver = true;
    await looking;

    expect(bystander.status).toBe(200);
    expect(most).toBeLessThanOrEqual(1);
    for (const status of statuses) expect([200, 429]).toContain(status);
    expect(statuses).toContain(200);
  });
});
