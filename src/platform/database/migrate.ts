import { setTimeout as pause } from 'node:timers/promises';
import { LATEST_SCHEMA_VERSION, runMigrations } from 'bullmq';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { MIGRATIONS_TABLE, reasonNotToRun, recordCompatibility } from './compatibility.js';
import { databaseError, DEADLOCK } from './faults.js';
import { clientOptions } from './pool-options.js';
import { migrationNames, type Schema } from './schema.js';
import { prepareSession } from './session.js';

/** Any number that nobody else locks in this database: replicas that start together take turns. */
const MIGRATION_LOCK = 7_468_726_561;
const POLL_MS = 250;

/** Writers queue behind a migration that waits for its lock, so it waits for a moment only, and retries. */
const LOCK_TIMEOUT_MS = 2_000;
const LOCK_RETRY_LIMIT_MS = 180_000;
const LOCK_RETRY_MS = 1_000;

/** The schema of the job queue's own tables; the queue's library migrates them. */
export const QUEUE_SCHEMA = 'bullmq';

const UNDEFINED_TABLE = '42P01';
const INSUFFICIENT_PRIVILEGE = '42501';
const LOCK_NOT_AVAILABLE = '55P03';

/** A database that cannot be migrated, with a message for the operator. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/**
 * Migrates the database to the schema, under an advisory lock: of several processes that start together one migrates
 * and the others wait. Each migration is its own transaction, or a `Concurrently`. Throws {@link MigrationError} for a
 * database that an incompatible newer release has migrated. `only`: runs no other migrations than these.
 */
export async function migrate(
  connectionString: string,
  schema: Schema,
  only?: readonly string[],
): Promise<void> {
  const client = new pg.Client({ ...clientOptions(connectionString, 'migrations') });
  // The pending query is rejected when the connection breaks.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await prepareSession(client, 'migrations', { lock_timeout: `${LOCK_TIMEOUT_MS}` });
    await acquireLock(client);
    const reason = await reasonNotToRun(client, schema);
    if (reason !== undefined) throw new MigrationError(reason);
    await withLockRetries(async () => {
      await migrateTables(connectionString, schema, only ?? migrationNames(schema));
      await migrateQueue(client);
    });
    // A partially migrated database records no compatibility yet.
    if (only === undefined) await recordCompatibility(client, schema);
  } catch (error) {
    throw await inWords(error, client);
  } finally {
    // Ending the session releases the lock.
    await client.end();
  }
}

/** Polled: a statement that waits for the lock would hold a snapshot, for which the building of an index waits. */
async function acquireLock(client: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [
      MIGRATION_LOCK,
    ]);
    if (rows[0]?.taken === true) return;
    await pause(POLL_MS * (1 + Math.random()));
  }
}

/** Users of a table have priority: completed migrations stay, and the one that met a lock is retried. */
async function withLockRetries(work: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + LOCK_RETRY_LIMIT_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const code = databaseError((error as { driverError?: unknown }).driverError ?? error)?.code;
      if (code !== LOCK_NOT_AVAILABLE && code !== DEADLOCK) throw error;
      if (performance.now() > deadline) {
        throw new MigrationError(
          `The database could not be brought up to date: another session has kept a table locked for ${LOCK_RETRY_LIMIT_MS / 60_000} minutes ` +
            '(SELECT * FROM pg_stat_activity ORDER BY xact_start shows the oldest transactions). End that session and start again.',
          { cause: error },
        );
      }
    }
    await pause(LOCK_RETRY_MS * (0.5 + Math.random()));
  }
}

async function migrateTables(
  connectionString: string,
  { migrations }: Schema,
  only: readonly string[],
): Promise<void> {
  const dataSource = new DataSource({
    type: 'postgres',
    url: connectionString,
    extra: {
      ...clientOptions(connectionString, 'migrations'),
      max: 1,
      // The session's settings must be kept, so it must not be closed while idle.
      idleTimeoutMillis: 0,
      onConnect: (client: pg.ClientBase) =>
        prepareSession(client, 'migrations', { lock_timeout: `${LOCK_TIMEOUT_MS}` }),
    },
    migrations: migrations.filter(({ name }) => only.includes(name)),
    migrationsTableName: MIGRATIONS_TABLE,
    installExtensions: false,
    // Errors are thrown, and logged once by the caller.
    logger: 'debug',
  });
  await dataSource.initialize();
  try {
    await dataSource.runMigrations({ transaction: 'each' });
  } finally {
    await dataSource.destroy();
  }
}

/** Also with the queue in Redis, which may be given up later. */
async function migrateQueue(client: pg.Client): Promise<void> {
  // The library's own check takes locks, and requires the right to create schemas even if there is nothing to do.
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
