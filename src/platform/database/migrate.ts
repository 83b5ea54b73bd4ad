import { setTimeout as pause } from 'node:timers/promises';
import { LATEST_SCHEMA_VERSION, runMigrations } from 'bullmq';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { MIGRATIONS_TABLE, reasonNotToRun, recordCompatibility } from './compatibility.js';
import { databaseError, DEADLOCK } from './faults.js';
import { clientOptions } from './pool-options.js';
import { migrationNames, type Schema } from './schema.js';
import { prepareSession } from './session.js';

/** Any number that nobody else locks in this database: replicas that start together take turns on it. */
const MIGRATION_LOCK = 7_468_726_561;
const LOOK_MS = 250;

/** What writes to a table waits behind a migration that waits for it: so it waits for a moment only, and comes again. */
const LOCK_TIMEOUT_MS = 2_000;
const LOCK_PATIENCE_MS = 180_000;
const LOCK_REST_MS = 1_000;

/** The schema of the job queue's own tables; the library that fills them migrates them. */
export const QUEUE_SCHEMA = 'bullmq';

const UNDEFINED_TABLE = '42P01';
const INSUFFICIENT_PRIVILEGE = '42501';
const LOCK_NOT_AVAILABLE = '55P03';

/** A database that cannot be brought up to date, in words for whoever started the server. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/**
 * Brings the database to the schema, under an advisory lock: of several processes that start together one
 * migrates and the others wait for it. Each migration is a transaction of its own, or a `Concurrently`. Throws
 * {@link MigrationError} for a database that a newer release has changed in ways this one does not know. `only`: no other
 * of its migrations than these.
 */
export async function migrate(
  connectionString: string,
  schema: Schema,
  only?: readonly string[],
): Promise<void> {
  const client = new pg.Client({ ...clientOptions(connectionString, 'migrations') });
  // A connection that breaks is told to whoever waits for its answer.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await prepareSession(client, 'migrations', { lock_timeout: `${LOCK_TIMEOUT_MS}` });
    await takeLock(client);
    const reason = await reasonNotToRun(client, schema);
    if (reason !== undefined) throw new MigrationError(reason);
    await withLockRetries(async () => {
      await migrateTables(connectionString, schema, only ?? migrationNames(schema));
      await migrateQueue(client);
    });
    // A database on its way to a later release says nothing of older ones yet.
    if (only === undefined) await recordCompatibility(client, schema);
  } catch (error) {
    throw await inWords(error, client);
  } finally {
    // Ending the session gives the lock back.
    await client.end();
  }
}

/** Asked for again and again: who waits for it in a statement holds a snapshot, which an index that is built waits for. */
async function takeLock(client: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [
      MIGRATION_LOCK,
    ]);
    if (rows[0]?.taken === true) return;
    await pause(LOOK_MS * (1 + Math.random()));
  }
}

/** Whoever uses a table goes first: what is done stays done, and the step that met them is begun again. */
async function withLockRetries(work: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + LOCK_PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const code = databaseError((error as { driverError?: unknown }).driverError ?? error)?.code;
      if (code !== LOCK_NOT_AVAILABLE && code !== DEADLOCK) throw error;
      if (performance.now() > deadline) {
        throw new MigrationError(
          `The database could not be brought up to date: another session has kept a table locked for ${LOCK_PATIENCE_MS / 60_000} minutes ` +
            '(SELECT * FROM pg_stat_activity ORDER BY xact_start shows the oldest transactions). End that session and start again.',
          { cause: error },
        );
      }
    }
    await pause(LOCK_REST_MS * (0.5 + Math.random()));
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
      // What is set stays: a session that goes idle between two steps is kept.
      idleTimeoutMillis: 0,
      onConnect: (client: pg.ClientBase) =>
        prepareSession(client, 'migrations', { lock_timeout: `${LOCK_TIMEOUT_MS}` }),
    },
    migrations: migrations.filter(({ name }) => only.includes(name)),
    migrationsTableName: MIGRATIONS_TABLE,
    installExtensions: false,
    // What fails is thrown, and said once.
    logger: 'debug',
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
