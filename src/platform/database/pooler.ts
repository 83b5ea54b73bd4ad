import pg from 'pg';
import { databaseError } from './faults.js';
import { clientOptions } from './pool-options.js';

/** How often two connections are asked for their sessions, which a pooler assigns in turn. */
const ROUNDS = 8;
const TIMEOUT_MS = 3_000;

/**
 * What is between us and the server: nothing, a pooler with one session per connection, or one that shares sessions.
 */
export type Pooling = 'none' | 'session' | 'transaction' | 'statement';

const PID = { text: 'SELECT pg_backend_pid() AS pid', query_timeout: TIMEOUT_MS };

/**
 * Detects poolers by what they cannot hide: the session that responds is not the one of the greeting and, if sessions
 * are shared, it changes, or serves another connection.
 */
export async function poolingOf(connectionString: string): Promise<Pooling> {
  const first = await connected(connectionString);
  try {
    const initialPid = (first as unknown as { readonly processID: number | null }).processID;
    if ((await pidOf(first)) === initialPid) return 'none';
    return (await isStatementPooling(first)) ? 'statement' : await sharingOf(first, connectionString);
  } finally {
    await first.end();
  }
}

async function sharingOf(first: pg.Client, connectionString: string): Promise<Pooling> {
  const second = await connected(connectionString);
  const seen = new Set<number>();
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      seen.add(await pidOf(first));
      if (seen.size > 1 || seen.has(await pidOf(second))) return 'transaction';
    }
    return 'session';
  } catch {
    // The only session is reserved for the first connection: that is session mode.
    return 'session';
  } finally {
    await second.end();
  }
}

async function isStatementPooling(client: pg.Client): Promise<boolean> {
  try {
    await client.query('BEGIN');
    await client.query('ROLLBACK');
    return false;
  } catch (error) {
    if (databaseError(error) !== undefined) return true;
    throw error;
  }
}

async function connected(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client(clientOptions(connectionString, 'requests'));
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function pidOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>(PID);
  return rows[0]?.pid ?? 0;
}
