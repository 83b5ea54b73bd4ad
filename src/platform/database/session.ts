import type { ClientBase } from 'pg';
import { ReadOnlyDatabaseError } from './faults.js';
import { STATEMENT_MS, type ConnectionPurpose } from './connection-purpose.js';

const PREPARE_MS = 5_000;
/** After this the server ends an idle transaction, whose client is gone. */
const IDLE_IN_TRANSACTION_MS = 60_000;

/**
 * Settings that a role, a database or a server may change and that our statements depend on: the format of values,
 * transaction isolation, and the server's behaviour. Settings that an older server does not know are skipped.
 * `search_path` is not among them: it says where the tables are. If a pooler keeps us from setting them, they must be
 * configured in the database.
 */
export const REQUIRED_SETTINGS: Readonly<Record<string, string>> = {
  client_encoding: 'UTF8',
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',
  gin_fuzzy_search_limit: '0',
  row_security: 'on',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  // Compiling a statement takes longer than any of ours does.
  jit: 'off',
  plan_cache_mode: 'auto',
};

const TIMEOUT_SETTINGS: Readonly<Record<string, string>> = {
  lock_timeout: '0',
  idle_in_transaction_session_timeout: `${IDLE_IN_TRANSACTION_MS}`,
  idle_session_timeout: '0',
  transaction_timeout: '0',
  // The server, too, detects a dead client, and releases its resources.
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '20000',
};

/** The settings of a session for the purpose. */
export function settingsFor(purpose: ConnectionPurpose): Readonly<Record<string, string>> {
  return { ...REQUIRED_SETTINGS, ...TIMEOUT_SETTINGS, statement_timeout: `${STATEMENT_MS[purpose]}` };
}

/** A database that cannot be used as it is, with a message for the operator. */
export class UnfitDatabaseError extends Error {
  override readonly name = 'UnfitDatabaseError';
}

/**
 * `synchronous_commit = off` would lose data that clients have already seen; other values are at least as safe, or
 * intended.
 */
const PREPARE = `
  SELECT count(set_config(s.name, w.value, false)) AS settings, pg_is_in_recovery() AS is_standby,
    current_setting('transaction_read_only') = 'on' AS is_read_only, current_setting('server_encoding') AS encoding,
    CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END AS durable
  FROM json_each_text($1::json) AS w JOIN pg_settings s ON s.name = w.key`;

interface Prepared {
  readonly is_standby: boolean;
  readonly is_read_only: boolean;
  readonly encoding: string;
}

/**
 * Applies the required settings to a new session. Throws {@link ReadOnlyDatabaseError} if the server rejects writes,
 * and {@link UnfitDatabaseError} if its encoding is not UTF-8.
 */
export async function prepareSession(
  client: ClientBase,
  purpose: ConnectionPurpose,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const settings = { ...settingsFor(purpose), ...more };
  // First, so that the following statements have its time-out.
  const timeout = {
    text: `SET statement_timeout = ${Number(settings['statement_timeout'])}`,
    query_timeout: PREPARE_MS,
  };
  await client.query(timeout);
  const query = { text: PREPARE, values: [JSON.stringify(settings)], query_timeout: PREPARE_MS };
  const { rows } = await client.query<Prepared>(query);
  const [prepared] = rows;
  if (prepared === undefined) return;
  if (prepared.encoding !== 'UTF8') {
    throw new UnfitDatabaseError(
      `The database is encoded in ${prepared.encoding}, which cannot hold every text. Create one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and name it in DATABASE_URL.`,
    );
  }
  if (prepared.is_standby) throw new ReadOnlyDatabaseError('the server is a standby');
  if (prepared.is_read_only) throw new ReadOnlyDatabaseError('default_transaction_read_only is on');
}
