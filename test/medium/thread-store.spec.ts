import pg from 'pg';
import { PostgresThreadStore } from '../../src/thread/adapters/postgres-thread-store.js';
import { Database } from '../../src/platform/database/index.js';
import { PostgresTurnStore } from '../../src/turn/adapters/postgres-turn-store.js';
import { describeThreadStore } from '../contracts/thread-store.contract.js';
import { testDatabase } from '../setup/test-database.js';
import { ALONG, FOREIGN, NO_ATTEMPTS } from '../support/foreign-sql.js';
import { LEASES, newTurn, NO_NOTIFIER } from '../support/turns.js';

let pool: pg.Pool | undefined;
afterAll(() => pool?.end());

describeThreadStore('Postgres', async () => {
  pool = new pg.Pool({ connectionString: (await testDatabase()).connectionString });
  const database = new Database(pool);
  const turns = new PostgresTurnStore(database, LEASES, ALONG, NO_ATTEMPTS, NO_NOTIFIER);
  return {
    threads: new PostgresThreadStore(database, FOREIGN),
    async say(caller, threadId, content) {
      const turn = newTurn(caller, threadId);
      await turns.accept({ ...turn, title: content, userMessage: { ...turn.userMessage, content } });
      return turn.turnId;
    },
    async lineUp(caller, threadId, interrupts) {
      const turn = newTurn(caller, threadId);
      await turns.enqueue(turn, { holdsThread: false, interrupts });
      return turn.turnId;
    },
    async end(turnId) {
      await pool!.query("UPDATE turns SET status = 'completed', ended_at = now() WHERE id = $1", [turnId]);
    },
  };
});
