import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import pg from 'pg';
import { expectedText, startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { withDatabase } from '../setup/connection-string.js';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { SERVER_VARIABLE } from '../setup/test-server-variables.js';
import { startTcpProxy, throughProxy } from '../support/tcp-proxy.js';
import { refusalOf, startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';
import { until } from '../support/until.js';

const given = process.env[SERVER_VARIABLE] ?? '';

async function change(connectionString: string, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

const nameOf = (connectionString: string) => /\/(\w+)(\?|$)/.exec(connectionString)![1]!;

/** Everything a client does on a thread, so that whatever is read from the database is. */
async function conversation(user: TestUser, tokens: number): Promise<string> {
  const threadId = await user.newThread();
  const path = `/chat/threads/${threadId}/messages`;
  const key = { 'idempotency-key': threadId };
  const posted = await user.ask('POST', path, { content: `Hi [[tokens=${tokens}]]` }, key);
  const again = await user.ask('POST', path, { content: `Hi [[tokens=${tokens}]]` }, key);
  expect(posted.status).toBe(201);
  expect(again.body).toEqual(posted.body);
  const { messages } = (await user.ask('GET', path)).body;
  expect(messages).toHaveLength(2);
  expect(messages[1].createdAt).toMatch(/^20\d\d-.*Z$/);
  return messages[1].content;
}

describe('a database whose settings are not the usual ones', () => {
  let standIn: OpenAiStandIn;
  let database: FreshDatabase;
  let server: TestServer | undefined;
  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
  });
  afterAll(() => standIn.close());
  beforeEach(async () => {
    database = await freshDatabase();
  });
  afterEach(async () => {
    await server?.stop(0);
    server = undefined;
    await database.drop();
  });
  const start = async (address = database.connectionString, more: Record<string, string> = {}) =>
    (server = await startTestServer({ DATABASE_URL: address, OPENAI_URL: standIn.url, ...more }));

  it.each([
    [
      'as another country or an older release would have it',
      {
        DateStyle: "'German, DMY'",
        IntervalStyle: 'postgres_verbose',
        TimeZone: "'Asia/Kolkata'",
        bytea_output: 'escape',
        extra_float_digits: '-12',
        client_encoding: 'LATIN1',
        standard_conforming_strings: 'off',
        array_nulls: 'off',
        row_security: 'off',
      },
    ],
    [
      'serializable, and out of patience at once',
      {
        default_transaction_isolation: 'serializable',
        default_transaction_deferrable: 'on',
        statement_timeout: '10',
        lock_timeout: '1',
        idle_session_timeout: "'1s'",
      },
    ],
    ['repeatable read', { default_transaction_isolation: "'repeatable read'" }],
  ])(
    'works as any other: %s',
    async (_, settings) => {
      const name = nameOf(database.connectionString);
      const all = Object.entries(settings).map(
        ([setting, value]) => `ALTER DATABASE "${name}" SET ${setting} = ${value}`,
      );
      await change(database.connectionString, ...all);
      const running = await start();
      const users = await Promise.all(
        Array.from({ length: 8 }, (_, index) => running.user({ sub: `user-${index}` })),
      );
      const answers = await Promise.all(users.map((each) => conversation(each, 12)));

      expect(answers).toEqual(users.map(() => expectedText(12)));
    },
    90_000,
  );

  it('keeps what clients have seen on the disk, although commits need not wait for it', async () => {
    const { connectionString } = database;
    await change(
      connectionString,
      `ALTER DATABASE "${nameOf(connectionString)}" SET synchronous_commit = off`,
    );
    // Written down by the database itself: what held when an event of an answer was stored.
    await change(
      connectionString,
      `CREATE TABLE seen (setting text)`,
      `CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$`,
      `CREATE TRIGGER note AFTER INSERT ON turn_events EXECUTE FUNCTION note()`,
    );
    const running = await start();
    await conversation(await running.user(), 4);
    const client = new pg.Client({ connectionString });
    await client.connect();
    const { rows } = await client.query('SELECT DISTINCT setting FROM seen');
    await client.end();

    expect(rows).toEqual([{ setting: 'on' }]);
  }, 120_000);

  it('is refused in words when it cannot hold every text', async () => {
    const name = `threadline_ascii_${randomBytes(4).toString('hex')}`;
    await change(
      given,
      `CREATE DATABASE ${name} ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'`,
    );
    const words = await refusalOf({ DATABASE_URL: withDatabase(given, name) });
    await change(given, `DROP DATABASE ${name} WITH (FORCE)`);

    expect(words).toMatch(
      /^The database is encoded in SQL_ASCII, which cannot hold every text\. Create one with .*\n$/,
    );
  }, 120_000);

  it('is refused in words when it only reads', async () => {
    const { connectionString } = database;
    await change(
      connectionString,
      `ALTER DATABASE "${nameOf(connectionString)}" SET default_transaction_read_only = on`,
    );
    const words = await refusalOf({ DATABASE_URL: connectionString });

    expect(words).toMatch(/^The database takes no writes \(default_transaction_read_only is on\)\. .*\n$/);
  }, 120_000);

  it('is refused in words when the role now looks for its tables in another schema', async () => {
    const { connectionString } = database;
    await change(
      connectionString,
      'CREATE SCHEMA elsewhere',
      `ALTER DATABASE "${nameOf(connectionString)}" SET search_path = elsewhere`,
    );
    const words = await refusalOf({ DATABASE_URL: connectionString });

    expect(words).toMatch(
      /^The tables are in the schema public, and the search_path .* leads to elsewhere\. .*\n$/,
    );
  }, 120_000);
});

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

describe('a database that stops taking writes, as one does whose place another has taken', () => {
  it('is told as something to try again, and goes on without a restart', async () => {
    const standIn = await startOpenAiStandIn();
    const database = await freshDatabase();
    const { connectionString } = database;
    const server = await startTestServer({ DATABASE_URL: connectionString, OPENAI_URL: standIn.url });
    try {
      const user = await server.user();
      await conversation(user, 4);
      await change(
        connectionString,
        `ALTER DATABASE "${nameOf(connectionString)}" SET default_transaction_read_only = on`,
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      );
      await until(async () => (await user.ask('POST', '/chat/threads', {})).status !== 201);
      const refused = await user.ask('POST', '/chat/threads', {});
      await change(
        connectionString,
        'SET default_transaction_read_only = off',
        `ALTER DATABASE "${nameOf(connectionString)}" RESET default_transaction_read_only`,
      );

      expect(refused.body).toMatchObject({ retryable: true });
      expect(refused.headers.get('retry-after')).toBe('5');
      await until(async () => (await user.ask('POST', '/chat/threads', {})).status === 201);
      expect(await conversation(user, 4)).toBe(expectedText(4));
    } finally {
      await server.stop(0);
      await database.drop();
      await standIn.close();
    }
  }, 120_000);
});

describe('an address that asks for encryption', () => {
  const servers: Server[] = [];
  afterAll(() => servers.forEach((server) => server.close()));

  it.each([
    [
      'a mode that there is not',
      'sslmode=verify',
      'DATABASE_URL: sslmode=verify is none that the driver knows: take ',
    ],
    ['a switch that is none', 'ssl=false', 'DATABASE_URL: ssl=false would be taken for a wish to encrypt: '],
    [
      'a file that is not there',
      'sslmode=verify-full&sslrootcert=/nowhere.pem',
      'DATABASE_URL: sslrootcert names the file /nowhere.pem, which cannot be read (ENOENT).',
    ],
    [
      'a certificate without its key',
      'sslmode=verify-full&sslcert=/etc/hostname',
      'DATABASE_URL: sslcert and sslkey go together',
    ],
  ])(
    'with %s is refused in words',
    async (_, query, sentence) => {
      const words = await refusalOf({
        DATABASE_URL: `postgres://me:hunter2@127.0.0.1:1/x?${query}`,
      });

      expect(words.startsWith(sentence)).toBe(true);
      expect(words).not.toMatch(/hunter2|    at /);
    },
    120_000,
  );

  it('of a server that does not encrypt is refused in words', async () => {
    const server = createServer((socket) =>
      socket.on('error', () => undefined).once('data', () => socket.write('N')),
    );
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const words = await refusalOf({
      DATABASE_URL: `postgres://me:hunter2@127.0.0.1:${port}/x?sslmode=verify-full`,
    });

    expect(words).toMatch(
      /^The database server does not encrypt connections, and the sslmode of DATABASE_URL wants it to\. .*\n$/,
    );
  }, 120_000);

  it('and never answers is given up', async () => {
    const proxy = await startTcpProxy(given);
    proxy.silence();
    const words = await refusalOf({ DATABASE_URL: throughProxy(given, proxy) });
    await proxy.close();

    expect(words).toMatch(
      /^The database could not be reached \(timeout expired: .*\)\. Check DATABASE_URL.*\n$/,
    );
  }, 120_000);
});
