import pg from 'pg';
import { newId } from '../../src/kernel/index.js';
import { Database } from '../../src/platform/database/index.js';
import { PostgresDefinitionStore } from '../../src/workflow/adapters/postgres-definition-store.js';
import { describeDefinitionStore } from '../contracts/definition-store.contract.js';
import { testDatabase } from '../setup/test-database.js';
import { newUser } from '../support/callers.js';
import { tellThread } from '../support/logged-turns.js';

let pool: pg.Pool;
beforeAll(async () => {
  pool = new pg.Pool(await testDatabase());
});
afterAll(() => pool.end());

describeDefinitionStore('Postgres', () => ({
  store: new PostgresDefinitionStore(new Database(pool)),
  async begin(org, name, version) {
    const threadId = await tellThread(pool, newUser());
    const id = newId();
    await pool.query(
      `INSERT INTO workflow_runs (id, thread_id, workflow, version, step, status, org_id)
       VALUES ($1, $2, $3, $4, 'first', 'waiting', $5)`,
      [id, threadId, name, version, org],
    );
    return {
      async complete() {
        await pool.query(`UPDATE workflow_runs SET status = 'completed', ended_at = now() WHERE id = $1`, [
          id,
        ]);
      },
    };
  },
}));
