import { LATEST_SCHEMA_VERSION, runMigrations } from 'bullmq';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { MIGRATIONS } from '../../../migrations/index.js';
import { databaseError } from './database.js';

/** Any number that nobody else locks in this database: replicas that start together queue up on it. */
const MIGRATION_LOCK = 7_468_726_561;

/** The schema of the job queue's own tables; the library that fills them migrates them. */
export const QUEUE_SCHEMA = 'bullmq';

/** What the database remembers each migration by, oldest first. */
export const MIGRATION_NAMES: readonly string[] = MIGRATIONS.map(({ name }) => name);

const UNDEFINED_TABLE = '42P01';
const INSUFFICIENT_PRIVILEGE = '42501';

/** A database that cannot be brought up to date, in words for whoever started the server. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/**
 * Brings the database up to date, under an advisory lock: of several processes that start together one
 * migrates and the others wait for it. Each migration is a transaction of its own. `only`: no other ones than these.
 */
export async function migrate(
  connectionString: string,
  only: readonly string[] = MIGRATION_NAMES,
): Promise<void> {
  const client = new pg.Client({ connectionString });
  // A connection that breaks is told to whoever waits for its answer.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await migrateTables(connectionString, only);
    await migrateQueue(client);
  } catch (error) {
    throw await inWords(error, client);
  } finally {
    // Ending the session gives the lock back.
    await client.end();
  }
}

async function migrateTables(connectionString: string, only: readonly string[]): Promise<void> {
  const dataSource = new DataSource({
    type: 'postgres',
    url: connectionString,
    extra: { connectionString, max: 1, application_name: 'threadline-migrations' },
    migrations: MIGRATIONS.filter(({ name }) => only.includes(name)),
    migrationsTableName: 'schema_migrations',
    installExtensions: false,
  });
  await dataSource.initialize();
  try {
    await dataSource.runMigrations({ transaction: 'each' });
  } finally {
    await dataSource.destroy();
  }
}

/** Also when the queue lives in Redis: Redis may be given up later. */
async function migrateQueue(client: pg.Client): Promise<void> {
  // The library's own look takes locks, and asks for the right to make schemas even when there is nothing to make.
  if ((await queueVersion(client)) < LATEST_SCHEMA_VERSION) await runMigrations(client, QUEUE_SCHEMA);
}

async function queueVersion(client: pg.Client): Promise<number> {
  try {
    const { rows } = await client.query<{ version: number | null }>(
      `SELECT max(version) AS version FROM ${QUEUE_SCHEMA}.migration`,
    );
    return rows[0]?.version ?? 0;
  } catch (error) {
    if (databaseError(error)?.code === UNDEFINED_TABLE) return 0;
    throw error;
  }
}

async function inWords(error: unknown, client: pg.Client): Promise<unknown> {
  if (
    databaseError((error as { driverError?: unknown }).driverError ?? error)?.code !== INSUFFICIENT_PRIVILEGE
  ) {
    return error;
  }
  const { rows } = await client
    .query<{ role: string; database: string }>(
      'SELECT quote_ident(current_user) AS role, quote_ident(current_database()) AS database',
    )
    .catch(() => ({ rows: [] }));
  const { role = 'the role', database = 'the database' } = rows[0] ?? {};
  return new MigrationError(
    `The database could not be brought up to date: ${(error as Error).message}. ` +
      `The role of DATABASE_URL needs to create schemas and tables: let it own the database ` +
      `(ALTER DATABASE ${database} OWNER TO ${role}), or GRANT CREATE ON DATABASE ${database} TO ${role} ` +
      `and GRANT CREATE ON SCHEMA public TO ${role}.`,
    { cause: error },
  );
}
