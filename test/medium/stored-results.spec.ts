import pg from 'pg';
import { Database } from '../../src/platform/database/index.js';
import { storedResultsOf } from '../../src/stored-results.module.js';
import { PostgresMessageStore } from '../../src/thread/adapters/postgres-message-store.js';
import { describeStoredResults } from '../contracts/stored-results.contract.js';
import { MemoryStoredResults } from '../doubles/memory-stored-results.js';
import { testDatabase } from '../setup/test-database.js';
import { FOREIGN } from '../support/foreign-sql.js';
import { tellResult, tellThread, tellTurn } from '../support/logged-turns.js';

let pool: pg.Pool;
beforeAll(async () => {
  pool = new pg.Pool({ connectionString: (await testDatabase()).connectionString });
});
afterAll(() => pool.end());

describeStoredResults('Postgres', () => ({
  results: storedResultsOf(new PostgresMessageStore(new Database(pool), FOREIGN)),
  newThread: (owner) => tellThread(pool, owner),
  async store(threadId, callId, content, level = 0) {
    const { turnId } = await tellTurn(pool, threadId, () => [], { endedMsAgo: 1_000 });
    const id = await tellResult(pool, turnId, callId, content);
    await pool.query('UPDATE messages SET level = $2 WHERE id = $1', [id, level]);
  },
}));

describeStoredResults('memory', () => {
  const results = new MemoryStoredResults();
  return {
    results,
    newThread: (owner) => Promise.resolve(results.newThread(owner)),
    store: (...stored) => Promise.resolve(results.store(...stored)),
  };
});
