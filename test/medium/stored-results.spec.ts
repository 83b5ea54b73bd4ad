import pg from 'pg';
import { newId } from '../../src/kernel/index.js';
import { Database } from '../../src/platform/database/index.js';
import { storedResultsOf } from '../../src/stored-results.module.js';
import { PostgresMessageStore } from '../../src/thread/adapters/postgres-message-store.js';
import { PostgresResultParts } from '../../src/thread/adapters/postgres-result-parts.js';
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
  results: storedResultsOf(
    new PostgresMessageStore(new Database(pool), FOREIGN),
    new PostgresResultParts(new Database(pool), FOREIGN),
  ),
  newThread: (owner) => tellThread(pool, owner),
  async newWriter(threadId) {
    const { turnId } = await tellTurn(pool, threadId, () => []);
    await pool.query('UPDATE thread_heads SET turn_id = $2, epoch = 1 WHERE thread_id = $1', [
      threadId,
      turnId,
    ]);
    return { threadId, turnId, epoch: 1 };
  },
  async store(threadId, callId, content, level = 0, writer) {
    const turnId = writer?.turnId ?? (await tellTurn(pool, threadId, () => [], { endedMsAgo: 1_000 })).turnId;
    const id = await tellResult(pool, turnId, callId, content);
    const parts = writer === undefined ? null : '[]';
    await pool.query('UPDATE messages SET level = $2, parts = $3 WHERE id = $1', [id, level, parts]);
  },
}));

describeStoredResults('memory', () => {
  const results = new MemoryStoredResults();
  return {
    results,
    newThread: (owner) => Promise.resolve(results.newThread(owner)),
    newWriter: (threadId) => Promise.resolve({ threadId, turnId: newId(), epoch: 1 }),
    store: (threadId, callId, content, level) =>
      Promise.resolve(results.store(threadId, callId, content, level)),
  };
});
