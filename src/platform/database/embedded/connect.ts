import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { SUPERUSER } from './cluster.js';
import type { RunningServer } from './server.js';
import { connectionString } from './settings.js';

/** Enough for a server that has to replay its log after a crash. */
const LAUNCH_WAIT_MS = 180_000;
const REUSE_WAIT_MS = 30_000;
const RETRY_MS = 50;

/** SQLSTATEs of a server that is starting, stopping or out of connections: a retry may succeed. */
const PASSING = new Set(['57P01', '57P02', '57P03', '53300']);

/**
 * A superuser's session, once the server accepts it; `undefined` if the server ended before that. Throws with a message
 * if it neither responds nor ends, or serves another data directory.
 */
export async function connectWhenReady(
  server: RunningServer,
  directory: string,
): Promise<pg.Client | undefined> {
  const deadline = Date.now() + (server.reused ? REUSE_WAIT_MS : LAUNCH_WAIT_MS);
  for (;;) {
    if (server.hasEnded()) return undefined;
    const client = await tryConnect(server);
    if (client !== undefined) {
      await verifyDirectory(client, server, directory);
      return client;
    }
    if (Date.now() > deadline) throw new Error(silence(server, directory));
    await sleep(RETRY_MS);
  }
}

/** One attempt: `undefined` when a retry may succeed. */
export async function tryConnect({ endpoint }: RunningServer): Promise<pg.Client | undefined> {
  const client = new pg.Client({
    connectionString: connectionString(endpoint, SUPERUSER, 'postgres'),
    application_name: 'threadline-supervisor',
    connectionTimeoutMillis: 5_000,
  });
  // Without a listener, the error of a broken session would end this process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    client.end().catch(() => undefined);
    if (mayPass(error)) return undefined;
    throw error;
  }
}

/** Whether a retry of a failed connection attempt may succeed. */
export function mayPass(error: unknown): boolean {
  const { code } = error as { readonly code?: string };
  if (code === undefined) return true;
  return PASSING.has(code) || ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EAGAIN'].includes(code);
}

async function verifyDirectory(client: pg.Client, server: RunningServer, directory: string): Promise<void> {
  const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
  const served = rows[0]?.data_directory;
  if (served === directory) return;
  await client.end();
  throw new Error(
    `The Postgres process ${server.pid} that ${directory} names as its own serves ${served ?? 'something else'}. ` +
      'Stop that process, or set DATA_DIR to another folder.',
  );
}

function silence({ pid, reused }: RunningServer, directory: string): string {
  const whose = reused ? 'that already runs over' : 'started over';
  return (
    `The Postgres process ${pid} ${whose} ${directory} does not answer. ` +
    `If no other Threadline uses that folder, stop it with "kill -INT ${pid}" (or "kill -QUIT ${pid}") and start again.`
  );
}
