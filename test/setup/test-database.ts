import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { withDatabase } from './connection-string.js';
import { SERVER_VARIABLE, TEMPLATE_VARIABLE } from './test-server-variables.js';

export interface TestDatabase {
  readonly connectionString: string;
}

export interface FreshDatabase extends TestDatabase {
  /**
   * Cuts the sessions that are left and removes the database. On a server that waits for its disk the end of the run
   * removes it: each removal makes such a server write down everything, for all tests.
   */
  drop(): Promise<void>;
}

let shared: Promise<TestDatabase> | undefined;

/**
 * The migrated database of this jest worker. Specs of one worker run one after the other over the same rows:
 * make users and threads of your own, and count only those.
 */
export function testDatabase(): Promise<TestDatabase> {
  return (shared ??= clone(`w${process.env['JEST_WORKER_ID'] ?? '0'}`));
}

/** A migrated database that nobody else uses. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const suffix = `f${randomBytes(4).toString('hex')}`;
  return { ...(await clone(suffix)), drop: () => dropNamed(databaseName(suffix)) };
}

/** A database without anything in it, for whoever starts first over it. */
export async function emptyDatabase(): Promise<FreshDatabase> {
  const name = databaseName(`e${randomBytes(4).toString('hex')}`);
  await onServer(async (client) => {
    await client.query(`CREATE DATABASE "${name}"`);
  });
  return { connectionString: withDatabase(setting(SERVER_VARIABLE), name), drop: () => dropNamed(name) };
}

function dropNamed(name: string): Promise<void> {
  return onServer((client) => drop(client, name));
}

/**
 * Sessions that are just ending have a moment for it: cut off, they would tell a pool that has closed already, and that
 * would be nobody's error to handle.
 */
async function drop(client: pg.Client, name: string): Promise<void> {
  for (let looks = 40; looks > 0; looks -= 1) {
    const sessions = await client.query('SELECT 1 FROM pg_stat_activity WHERE datname = $1 LIMIT 1', [name]);
    if (sessions.rows.length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  if (await waitsForDisk(client)) {
    await client.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'",
      [name],
    );
    return;
  }
  // What vacuums it only a superuser may cut off; without force the server ends that by itself.
  const statement = `DROP DATABASE IF EXISTS "${name}"`;
  await client.query(`${statement} WITH (FORCE)`).catch(() => client.query(statement));
}

async function clone(suffix: string): Promise<TestDatabase> {
  const name = databaseName(suffix);
  await onServer(async (client) => {
    try {
      // Copied file by file where nobody waits for a disk: page by page, over the log, takes several times as much work.
      const strategy = (await waitsForDisk(client)) ? 'WAL_LOG' : 'FILE_COPY';
      await client.query(
        `CREATE DATABASE "${name}" TEMPLATE "${setting(TEMPLATE_VARIABLE)}" STRATEGY ${strategy}`,
      );
    } catch (error) {
      // Made by an earlier spec of this worker.
      if ((error as { readonly code?: string }).code !== '42P04') throw error;
    }
  });
  return { connectionString: withDatabase(setting(SERVER_VARIABLE), name) };
}

async function waitsForDisk(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ fsync: string }>('SHOW fsync');
  return rows[0]?.fsync !== 'off';
}

async function onServer(work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: setting(SERVER_VARIABLE) });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function databaseName(suffix: string): string {
  return setting(TEMPLATE_VARIABLE).replace(/template$/, suffix);
}

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined)
    throw new Error('No test database is up: run the specs with npm test, whose set-up makes it.');
  return value;
}
