import pg from 'pg';

/** A session that nothing cuts short and whose values mean the same on every server. */
const SETTINGS = [
  'statement_timeout=0',
  'lock_timeout=0',
  'idle_in_transaction_session_timeout=0',
  'datestyle=ISO',
  'intervalstyle=postgres',
  'timezone=UTC',
  'extra_float_digits=1',
  'bytea_output=hex',
  'search_path=public',
];

/** A connection of its own for a backup or a restore; the caller ends it. */
export async function openSession(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString,
    application_name: 'threadline-backup',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  // A connection that breaks is told to whoever waits for its answer.
  client.on('error', () => undefined);
  await client.connect();
  for (const setting of SETTINGS) await client.query(`SET ${setting}`);
  return client;
}
