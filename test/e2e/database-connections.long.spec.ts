import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { expectedText, startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { withDatabase } from '../setup/connection-string.js';
import { change, conversation, given } from '../support/changed-database.js';
import { refusalOf, startTestServer } from '../support/test-server.js';

describe('a database that gives few connections', () => {
  let standIn: OpenAiStandIn;
  let name: string;
  let address: string;
  let isSuper = false;
  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
    const client = new pg.Client({ connectionString: given });
    await client.connect();
    const { rows } = await client.query<{ is: boolean }>(
      'SELECT rolsuper AS is FROM pg_roles WHERE rolname = current_user',
    );
    isSuper = rows[0]?.is ?? false;
    await client.end();
  });
  afterAll(() => standIn.close());
  beforeEach(async () => {
    name = `threadline_few_${randomBytes(4).toString('hex')}`;
    // No limit of a database is one for a superuser, and nobody else can make a role.
    if (isSuper) await change(given, `CREATE ROLE ${name} LOGIN PASSWORD 'x'`);
    await change(given, `CREATE DATABASE ${name}${isSuper ? ` OWNER ${name}` : ''}`);
    address = withDatabase(given, name);
    if (isSuper) address = address.replace(/\/\/([^@/]*@)?/, `//${name}:x@`);
  });
  afterEach(async () => {
    await change(given, `DROP DATABASE ${name} WITH (FORCE)`);
    if (isSuper) await change(given, `DROP ROLE ${name}`);
  });
  const limit = (count: number) =>
    change(given, `ALTER ${isSuper ? 'ROLE' : 'DATABASE'} ${name} CONNECTION LIMIT ${count}`);

  it('makes requests wait instead of failing, and says at the start what would be needed', async () => {
    await limit(7);
    const server = await startTestServer({ DATABASE_URL: address, OPENAI_URL: standIn.url });
    try {
      const users = await Promise.all(
        Array.from({ length: 20 }, (_, index) => server.user({ sub: `u${index}` })),
      );
      const answers = await Promise.all(users.map((user) => conversation(user, 8)));

      expect(answers).toEqual(users.map(() => expectedText(8)));
      expect(server.said).toMatch(
        /Up to (19|23) connections to the database \(10 requests, 2 log, 2 ingestion, 4 search, (4 queue, )?1 listener\); the CONNECTION LIMIT of the \w+ allows 7/,
      );
      expect(server.said).toContain('fewer than this process may use');
    } finally {
      await server.stop(0);
    }
  }, 180_000);

  it('serves requests, answers, documents and searches at once with as many as it says it needs', async () => {
    await limit(7);
    const server = await startTestServer({ DATABASE_URL: address, OPENAI_URL: standIn.url });
    try {
      const users = await Promise.all(
        Array.from({ length: 8 }, (_, index) => server.user({ sub: `u${index}` })),
      );
      const done = await Promise.all(
        users.map(async (user) => {
          const put = await user.ask('POST', '/rag/documents', {
            title: 'Tea',
            content: 'Tea is made of leaves.',
          });
          const statuses = [put.status];
          for (let round = 0; round < 3; round += 1) {
            const threadId = await user.newThread();
            const found = await user.ask('POST', '/rag/search', { query: 'leaves' });
            const { status, body } = await user.ask('POST', `/chat/threads/${threadId}/messages`, {
              content: 'Of what is tea? [[tokens=8]]',
            });
            statuses.push(found.status, status);
            expect(body.message ?? body).toMatchObject({ content: expectedText(8) });
          }
          return statuses;
        }),
      );

      expect(done.flat().filter((status) => status >= 300)).toEqual([]);
    } finally {
      await server.stop(0);
    }
  }, 180_000);

  it('is told how many the role or the database has taken, not how many the server has', async () => {
    await limit(9);
    const others = await Promise.all(
      [address, address, withDatabase(given, 'postgres')].map(async (connectionString) => {
        const client = new pg.Client({ connectionString });
        await client.connect();
        return client;
      }),
    );
    const server = await startTestServer({ DATABASE_URL: address, OPENAI_URL: standIn.url });
    await server.stop(0);
    await Promise.all(others.map((client) => client.end()));

    expect(server.said).toMatch(/the CONNECTION LIMIT of the \w+ allows 9, of which 2 are taken\./);
  }, 120_000);

  it('tells a turn that could not get a connection as something to try again', async () => {
    await limit(9);
    const server = await startTestServer({ DATABASE_URL: address, OPENAI_URL: standIn.url });
    try {
      const user = await server.user();
      const threadId = await user.newThread();
      await user.ask('POST', '/rag/documents', { title: 'Tea', content: 'Tea is made of leaves.' });
      // The search is what finds no place any more; requests and the log keep the one that they have.
      await change(given, `ALTER ${isSuper ? 'ROLE' : 'DATABASE'} ${name} CONNECTION LIMIT 0`);
      const { body } = await user.ask('POST', `/chat/threads/${threadId}/messages`, {
        content: 'Of what is tea?',
      });

      expect(body).toMatchObject({
        code: 'INTERNAL',
        retryable: true,
        details: { turnId: expect.any(String) },
      });
    } finally {
      await limit(9);
      await server.stop(0);
    }
  }, 180_000);

  it('is refused in words when they are too few for anything', async () => {
    await limit(6);
    const words = await refusalOf({ DATABASE_URL: address });

    expect(words).toMatch(
      /^A process needs 7 connections to the database at least, and the CONNECTION LIMIT of the \w+ allows 6\. Raise it\.\n$/,
    );
  }, 120_000);

  it('is told from one that cannot be reached when all are taken', async () => {
    await limit(0);
    const words = await refusalOf({ DATABASE_URL: address });

    expect(words).toMatch(/^The database has no connection to give \(too many connections for .*\)\. .*\n$/);
  }, 120_000);
});
