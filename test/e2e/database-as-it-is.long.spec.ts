import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import pg from 'pg';
import { expectedText, startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { withDatabase } from '../setup/connection-string.js';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { change, conversation, given } from '../support/changed-database.js';
import { startTcpProxy, throughProxy } from '../support/tcp-proxy.js';
import { refusalOf, startTestServer, type TestServer } from '../support/test-server.js';
import { until } from '../support/until.js';

const nameOf = (connectionString: string) => /\/(\w+)(\?|$)/.exec(connectionString)![1]!;

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
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
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
