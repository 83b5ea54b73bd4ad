import pg from 'pg';
import { CLEARANCES } from '../../src/kernel/index.js';
import { describeCompactionSql } from '../contracts/compaction-sql.contract.js';
import { describeJoinedTablesSql } from '../contracts/joined-tables-sql.contract.js';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { newUser } from '../support/callers.js';
import { ENDED, FOREIGN } from '../support/foreign-sql.js';
import { tellThread, tellTurn, type HowTold } from '../support/logged-turns.js';
import { newReader, ragOn } from '../support/rag.js';

let fresh: FreshDatabase;
let pool: pg.Pool;
beforeAll(async () => {
  // Of their own: what is due is asked of the whole database.
  fresh = await freshDatabase();
  pool = new pg.Pool({ connectionString: fresh.connectionString });
});
afterAll(async () => {
  await pool.end();
  await fresh.drop();
});

const newThread = () => tellThread(pool, newUser());
const tell = (threadId: string, how?: HowTold) => tellTurn(pool, threadId, () => [], how);

describeJoinedTablesSql('turns and documents', () => ({
  sql: FOREIGN,
  query: async <Row>(text: string, values: readonly unknown[]) =>
    (await pool.query<Row & pg.QueryResultRow>(text, [...values])).rows,
  newThread,
  tell,
  holdThread: async (turnId) =>
    void (await pool.query('UPDATE turns SET holds_thread = true WHERE id = $1', [turnId])),
  addDocument: async (level) =>
    (await ragOn(pool).post(newReader(), 'Words.', { securityLevel: CLEARANCES[level]! })).id,
}));

describeCompactionSql('turns', () => ({
  sql: ENDED,
  newThread,
  tell,
  async transaction(work, kept) {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const query = async <Row>(text: string, values: readonly unknown[] = []) =>
        (await client.query<Row & pg.QueryResultRow>(text, [...values])).rows;
      const result = await work(query);
      if (kept === 'kept') await client.query('COMMIT');
      return result;
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  },
  async removeAtOnce(threadId) {
    const client = await pool.connect();
    try {
      await client.query(`SET lock_timeout = '50ms'`);
      await client.query('DELETE FROM threads WHERE id = $1', [threadId]);
      return true;
    } catch {
      return false;
    } finally {
      await client.query('RESET lock_timeout');
      client.release();
    }
  },
}));
