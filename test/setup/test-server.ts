/**
 * The process behind one test run: brings a database server up (or uses the one DATABASE_URL names), makes a
 * migrated template in it, says so in one line of JSON, and clears everything away when its standard input
 * ends. That happens however the run ends, a killed one included.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { SCHEMA } from '../../migrations/index.js';
import { startEmbeddedPostgres } from '../../src/platform/database/embedded/index.js';
import { migrate } from '../../src/platform/database/index.js';
import { withDatabase } from './connection-string.js';
import { checkRedis } from './redis-check.js';

interface Server {
  readonly connectionString: string;
  readonly description: string;
  close(): Promise<void>;
}

const FOLDER = 'threadline-test-';

// Ctrl-C reaches the whole group of processes; this one goes last, when its standard input ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const ended = new Promise<void>((resolve) => {
  process.stdin.resume();
  process.stdin.once('close', resolve);
});

const run = `threadline_test_${randomBytes(4).toString('hex')}`;
let home: string | undefined;
let server: Server | undefined;
try {
  await removeAbandoned();
  home = await mkdtemp(join(tmpdir(), `${FOLDER}${process.pid}-`));
  // Root's server runs as another user, who has to get through.
  await chmod(home, 0o711);
  const redisUrl = process.env['REDIS_URL'];
  const redis = redisUrl ? await checkRedis(redisUrl) : 'no Redis';
  const databaseUrl = process.env['DATABASE_URL'];
  server = databaseUrl ? await given(databaseUrl) : await embedded(home);
  const template = await makeTemplate(server.connectionString);
  report({
    connectionString: server.connectionString,
    template,
    home,
    description: `Tests use ${server.description} and ${redis}.`,
  });
} catch (error) {
  report({ refused: error instanceof Error ? error.message : String(error) });
  process.stdin.destroy();
}
await ended;
await server?.close();
if (home !== undefined) await rm(home, { recursive: true, force: true });

function report(line: Readonly<Record<string, string>>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function embedded(home: string): Promise<Server> {
  const database = await startEmbeddedPostgres({ dataDir: join(home, 'data'), durable: false });
  return {
    connectionString: database.connectionString,
    description: `an embedded Postgres ${database.serverVersion} of their own`,
    close: async () => {
      await database.stop();
      await removeData(home, database.location);
    },
  };
}

/** The data may lie elsewhere, where the server's user can reach them. */
async function removeData(home: string, location: string): Promise<void> {
  if (!location.startsWith(home)) await rm(dirname(location), { recursive: true, force: true });
  await rm(home, { recursive: true, force: true });
}

/** What a run left whose processes were all killed. */
async function removeAbandoned(): Promise<void> {
  for (const entry of await readdir(tmpdir())) {
    const pid = Number(new RegExp(`^${FOLDER}(\\d+)-`).exec(entry)?.[1]);
    if (!(pid > 0) || isAlive(pid)) continue;
    const home = join(tmpdir(), entry);
    try {
      // None: the run had a Postgres that was given to it, or came no further.
      if (!(await readdir(home)).includes('data')) {
        await rm(home, { recursive: true, force: true });
        continue;
      }
      const left = await startEmbeddedPostgres({ dataDir: join(home, 'data'), durable: false });
      await left.stop();
      await removeData(home, left.location);
    } catch {
      // Another user's, or past starting: it stays for its owner to look at.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function given(connectionString: string): Promise<Server> {
  const shown = connectionString.replace(/^\w+:\/\/([^@/]*@)?/, '').replace(/\?.*$/, '');
  const version = await on(connectionString, async (client) => {
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    return rows[0]?.server_version ?? '';
  }).catch((error: unknown) => {
    throw new Error(
      `DATABASE_URL is set, but the Postgres at ${shown} cannot be used: ${(error as Error).message}. ` +
        'Start it, or unset DATABASE_URL to test with an embedded one.',
    );
  });
  return {
    connectionString,
    description: `the Postgres ${version} at ${shown} (DATABASE_URL)`,
    close: () => on(connectionString, dropDatabases),
  };
}

async function makeTemplate(connectionString: string): Promise<string> {
  const template = `${run}_template`;
  await on(connectionString, (client) => client.query(`CREATE DATABASE "${template}"`));
  await migrate(withDatabase(connectionString, template), SCHEMA);
  // A database that is being looked at cannot be copied, and autovacuum looks at any that takes sessions.
  await on(connectionString, (client) =>
    client.query(`ALTER DATABASE "${template}" ALLOW_CONNECTIONS false`),
  );
  return template;
}

async function dropDatabases(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ datname: string }>(
    'SELECT datname FROM pg_database WHERE datname LIKE $1',
    [`${run.replaceAll('_', '\\_')}\\_%`],
  );
  for (const { datname } of rows) {
    const statement = `DROP DATABASE IF EXISTS "${datname}"`;
    await client.query(`${statement} WITH (FORCE)`).catch(() => client.query(statement));
  }
}

async function on<Result>(
  connectionString: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
