import { Logger } from '@nestjs/common';
import pg from 'pg';
import { freshDatabase, testDatabase, type FreshDatabase } from '../setup/test-database.js';

/** Gives the specs of the surrounding block a pool over a database of their own, which goes with them. */
export function withFreshPool(give: (pool: pg.Pool) => void): void {
  let fresh: FreshDatabase;
  let pool: pg.Pool;
  beforeAll(async () => {
    fresh = await freshDatabase();
    pool = new pg.Pool({ connectionString: fresh.connectionString });
    give(pool);
  });
  afterAll(async () => {
    await pool?.end();
    await fresh?.drop();
  });
}

/** Gives them one over the database that all share; what goes wrong on purpose is not printed meanwhile. */
export function withSharedPool(give: (pool: pg.Pool) => void): void {
  let pool: pg.Pool;
  beforeAll(async () => {
    Logger.overrideLogger(false);
    pool = new pg.Pool({ connectionString: (await testDatabase()).connectionString });
    give(pool);
  });
  afterAll(async () => {
    Logger.overrideLogger(['log', 'error', 'warn']);
    await pool?.end();
  });
}
