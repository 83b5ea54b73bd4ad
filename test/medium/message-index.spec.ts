import type pg from 'pg';
import type { Caller } from '../../src/kernel/index.js';
import { Database } from '../../src/platform/database/index.js';
import { PostgresMessageIndex } from '../../src/thread/adapters/postgres-message-index.js';
import { PostgresThreadStore } from '../../src/thread/adapters/postgres-thread-store.js';
import { describeMessageIndex } from '../contracts/message-index.contract.js';
import { FOREIGN } from '../support/foreign-sql.js';
import { tellThread, tellTurn } from '../support/logged-turns.js';
import { withFreshPool } from '../support/pools.js';

let pool: pg.Pool;
// Of their own: whoever else takes messages in would take these.
withFreshPool((opened) => (pool = opened));

describeMessageIndex('Postgres', () => {
  const database = new Database(pool);
  return {
    index: new PostgresMessageIndex(database, FOREIGN),
    newThread: (owner) => tellThread(pool, owner),
    async tell(threadId, how) {
      const { turnId } = await tellTurn(pool, threadId, () => [], how);
      await pool.query('INSERT INTO search_pending (thread_id) VALUES ($1) ON CONFLICT DO NOTHING', [
        threadId,
      ]);
      return turnId;
    },
    end: async (turnId) =>
      void (await pool.query("UPDATE turns SET status = 'completed', ended_at = now() WHERE id = $1", [
        turnId,
      ])),
    async search(caller: Caller, text: string) {
      const { threads } = await new PostgresThreadStore(database, FOREIGN).list(caller, 50, undefined, text);
      return threads.map(({ id }) => id);
    },
  };
});
