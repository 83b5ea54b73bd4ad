import pg from 'pg';
import { databaseError } from './faults.js';
import { clientOptions } from './pool-options.js';

/** So often two connections are asked for their sessions, of which a pooler hands out the same ones in turn. */
const ROUNDS = 8;
const PATIENCE_MS = 3_000;

/** What is between us and the server: nothing, a pooler whose sessions stay ours, or one that hands them on. */
export type Pooling = 'none' | 'session' | 'transaction' | 'statement';

const PID = { text: 'SELECT pg_backend_pid() AS pid', query_timeout: PATIENCE_MS };

/**
 * Finds out by what poolers cannot hide: the session that answers is not the one that was greeted, and, where sessions are
 * handed on, it changes, or answers somebody else.
 */
export async function poolingOf(connectionString: string): Promise<Pooling> {
  const first = await connected(connectionString);
  try {
    const greeted = (first as unknown as { readonly processID: number | null }).processID;
    if ((await pidOf(first)) === greeted) return 'none';
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
    // The one session there is belongs to the first: that is what is kept in session mode.
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
