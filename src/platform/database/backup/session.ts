import pg from 'pg';

/** Settings that disable time-outs, and make values independent of the server's configuration. */
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

/** Opens a dedicated connection for a backup or a restore; the caller ends it. */
export async function openSession(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString,
    application_name: 'threadline-backup',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  // The pending query is rejected when the connection breaks.
  client.on('error', () => undefined);
  await client.connect();
  for (const setting of SETTINGS) await client.query(`SET ${setting}`);
  return client;
}
