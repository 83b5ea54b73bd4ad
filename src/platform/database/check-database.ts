import pg from 'pg';
import type { Config } from '../config/index.js';
import { encryptionProblem } from './address.js';
import { MIGRATIONS_TABLE } from './compatibility.js';
import { connectionsNeeded, connectionsOf, leastConnections } from './connections.js';
import { clientOptions } from './pool-options.js';
import { poolingOf } from './pooler.js';
import { prepareSession, REQUIRED_SETTINGS, UnfitDatabaseError } from './session.js';

type Settings = Pick<Config, 'DATABASE_URL' | 'DATABASE_DIRECT_URL' | 'DATABASE_POOL_SIZE' | 'REDIS_URL'>;

/**
 * Checks whether the configured database can be used, before anything in it is changed, and reports how many
 * connections it needs. Throws {@link UnfitDatabaseError} if it cannot be used.
 */
export async function checkDatabase(settings: Settings, say: (line: string) => void): Promise<void> {
  const { DATABASE_URL, DATABASE_DIRECT_URL } = settings;
  if (DATABASE_URL === undefined) return;
  checkAddress('DATABASE_URL', DATABASE_URL);
  if (DATABASE_DIRECT_URL !== undefined) checkAddress('DATABASE_DIRECT_URL', DATABASE_DIRECT_URL);
  await checkPooling(DATABASE_URL, DATABASE_DIRECT_URL);
  await on(DATABASE_DIRECT_URL ?? DATABASE_URL, async (client) => {
    await prepareSession(client, 'migrations');
    await checkSchemas(client);
    await checkConnections(client, settings, say);
  });
  if (DATABASE_DIRECT_URL !== undefined) await checkPooled(DATABASE_URL, DATABASE_DIRECT_URL);
}

function checkAddress(name: string, address: string): void {
  const problem = encryptionProblem(address);
  if (problem !== undefined) throw new UnfitDatabaseError(`${name}: ${problem}.`);
}

async function checkPooling(address: string, direct: string | undefined): Promise<void> {
  const pooling = await poolingOf(address);
  if (pooling === 'statement')
    throw new UnfitDatabaseError(
      'DATABASE_URL leads through a pooler in statement mode, which takes no transactions. Set it to transaction or session mode, or name the database itself.',
    );
  if (pooling === 'transaction' && direct === undefined)
    throw new UnfitDatabaseError(
      'DATABASE_URL leads through a pooler in transaction mode (such as pgbouncer), where LISTEN, session locks and migrations do not work. ' +
        'Set DATABASE_DIRECT_URL to the address of the database itself beside it, or set the pooler to session mode.',
    );
  if (direct !== undefined && !['none', 'session'].includes(await poolingOf(direct)))
    throw new UnfitDatabaseError(
      'DATABASE_DIRECT_URL leads through a pooler in transaction mode, too. Set it to the address of the database itself.',
    );
}

/**
 * Tables are created in the first schema of the path: with another path than before they would be created a second
 * time.
 */
async function checkSchemas(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ own: string | null; others: string[] }>(
    `SELECT current_schema() AS own, ARRAY(
       SELECT quote_ident(n.nspname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       -- Other programs' tables of this name have no such column.
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'timestamp'
       WHERE c.relname = $1 AND c.relkind = 'r' AND NOT pg_table_is_visible(c.oid) AND to_regclass($1) IS NULL
     ) AS others`,
    [MIGRATIONS_TABLE],
  );
  const { own = null, others = [] } = rows[0] ?? {};
  if (own === null)
    throw new UnfitDatabaseError(
      'The search_path of the role of DATABASE_URL names no schema that there is. Create one (CREATE SCHEMA public), or set it (ALTER ROLE … SET search_path = public).',
    );
  if (others.length > 0)
    throw new UnfitDatabaseError(
      `The tables are in the schema ${others.join(', ')}, and the search_path of the role of DATABASE_URL leads to ${own}. Set it (ALTER ROLE … SET search_path = ${others[0]}).`,
    );
}

interface Limits {
  readonly server: number;
  readonly role: number;
  readonly database: number;
  readonly is_super: boolean;
  /** Connections that others use, counted by each of the three limits. */
  readonly server_taken: number;
  readonly role_taken: number;
  readonly database_taken: number;
}

/** pg_stat_activity shows everybody which sessions exist, but not what they do. */
const LIMITS = `
  SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
      - COALESCE(current_setting('reserved_connections', true)::int, 0) AS server,
    r.rolconnlimit AS role, d.datconnlimit AS database, r.rolsuper AS is_super,
    count(a.pid)::int AS server_taken,
    count(a.pid) FILTER (WHERE a.usesysid = r.oid)::int AS role_taken,
    count(a.pid) FILTER (WHERE a.datid = d.oid)::int AS database_taken
  FROM pg_roles r CROSS JOIN pg_database d
    LEFT JOIN pg_stat_activity a ON a.datid IS NOT NULL AND a.usesysid IS NOT NULL AND a.pid <> pg_backend_pid()
  WHERE r.rolname = session_user AND d.datname = current_database()
  GROUP BY r.oid, r.rolconnlimit, r.rolsuper, d.oid, d.datconnlimit`;

async function checkConnections(
  client: pg.Client,
  settings: Settings,
  say: (line: string) => void,
): Promise<void> {
  const { rows } = await client.query<Limits>(LIMITS);
  const [limits] = rows;
  if (limits === undefined) return;
  const most = mostOf(limits);
  const needed = connectionsNeeded(settings);
  const least = leastConnections(settings);
  const parts = Object.entries(connectionsOf(settings))
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
  if (most.count < least)
    throw new UnfitDatabaseError(
      `A process needs ${least} connections to the database at least, and ${most.what} allows ${most.count}. Raise it.`,
    );
  say(
    `Up to ${needed} connections to the database (${parts}); ${most.what} allows ${most.count}, of which ${most.taken} are taken.`,
  );
  if (most.count < needed)
    say(
      `That is fewer than this process may use: under load, requests will wait for each other. Raise the limit, or set DATABASE_POOL_SIZE to ${Math.max(2, settings.DATABASE_POOL_SIZE - needed + most.count)}.`,
    );
}

/** The narrowest of the limits; -1 means unlimited. */
function mostOf({ server, role, database, is_super, ...taken }: Limits): {
  readonly what: string;
  readonly count: number;
  /** Connections that count towards this limit. */
  readonly taken: number;
} {
  const limits = [{ what: 'max_connections', count: server, taken: taken.server_taken }];
  if (!is_super && role >= 0)
    limits.push({ what: 'the CONNECTION LIMIT of the role', count: role, taken: taken.role_taken });
  if (!is_super && database >= 0)
    limits.push({
      what: 'the CONNECTION LIMIT of the database',
      count: database,
      taken: taken.database_taken,
    });
  return limits.reduce((least, limit) => (limit.count < least.count ? limit : least));
}

/** Behind a pooler nothing can be set per session, so the database must be configured. */
async function checkPooled(address: string, direct: string): Promise<void> {
  const identity =
    'SELECT oid, pg_postmaster_start_time()::text AS started FROM pg_database WHERE datname = current_database()';
  const there = await on(direct, async (client) => (await client.query<object>(identity)).rows[0]);
  await on(address, async (client) => {
    const here = (await client.query<object>(identity)).rows[0];
    if (JSON.stringify(here) !== JSON.stringify(there))
      throw new UnfitDatabaseError('DATABASE_URL and DATABASE_DIRECT_URL do not lead to the same database.');
    const { rows } = await client.query<{ name: string; setting: string; role: string }>(
      `SELECT name, setting, quote_ident(current_user) AS role FROM pg_settings
       WHERE name = ANY($1::text[]) OR (name = 'synchronous_commit' AND setting = 'off') ORDER BY name`,
      [Object.keys(POOLED)],
    );
    const wrong = rows.filter(({ name, setting }) => POOLED[name] !== setting);
    if (wrong.length === 0) return;
    throw new UnfitDatabaseError(
      'Through a pooler in transaction mode these settings have to be made in the database, once: ' +
        wrong
          .map(({ name, role }) => `ALTER ROLE ${role} SET ${name} = ${literal(POOLED[name] ?? 'on')};`)
          .join(' '),
    );
  });
}

/** The settings that affect results: planning is left to the operator, and the encoding to the driver. */
const {
  jit: _jit,
  plan_cache_mode: _mode,
  client_encoding: _encoding,
  ...POOLED
} = REQUIRED_SETTINGS as Record<string, string>;

/** A list of words is not quoted as a whole. */
function literal(value: string): string {
  return /^\w+(, \w+)+$/.test(value) ? value : `'${value}'`;
}

async function on<Result>(address: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client(clientOptions(address, 'requests'));
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
