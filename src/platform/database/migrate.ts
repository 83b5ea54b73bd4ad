import pg from 'pg';
import { DataSource } from 'typeorm';
import { MIGRATIONS } from '../../../migrations/index.js';

/** Any number that nobody else locks in this database: replicas that start together queue up on it. */
const MIGRATION_LOCK = 7_468_726_561;

/**
 * Brings the database up to date, under an advisory lock: of several processes that start together one
 * migrates and the others wait for it. Each migration is a transaction of its own.
 */
export async function migrate(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const dataSource = new DataSource({
      type: 'postgres',
      url: connectionString,
      extra: { connectionString, max: 1, application_name: 'threadline-migrations' },
      migrations: [...MIGRATIONS],
      migrationsTableName: 'schema_migrations',
      installExtensions: false,
    });
    await dataSource.initialize();
    try {
      await dataSource.runMigrations({ transaction: 'each' });
    } finally {
      await dataSource.destroy();
    }
  } finally {
    // Ending the session gives the lock back.
    await client.end();
  }
}
