import type pg from 'pg';
import { CLEARANCES, newId } from '../../src/kernel/index.js';
import { describeCompactionSql } from '../contracts/compaction-sql.contract.js';
import { describeJoinedTablesSql } from '../contracts/joined-tables-sql.contract.js';
import { describeRunningTurnSql, type TurnInTree } from '../contracts/running-turn-sql.contract.js';
import { newUser } from '../support/callers.js';
import { ENDED, FOREIGN, RUNNING } from '../support/foreign-sql.js';
import { tellThread, tellTurn, type HowTold } from '../support/logged-turns.js';
import { withFreshPool } from '../support/pools.js';
import { newReader, ragOn } from '../support/rag.js';

let pool: pg.Pool;
// Of their own: what is due is asked of the whole database.
withFreshPool((opened) => (pool = opened));

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

async function newTurnInTree(threadId: string, turn: TurnInTree = {}): Promise<string> {
  const { parent, branch = 0, status = 'completed', state, runId, step } = turn;
  const [id, askedId, answerId] = [newId(), newId(), newId()];
  await pool.query(
    `INSERT INTO turns (id, thread_id, status, request, user_message_id, assistant_message_id, first_seq, parent_turn_id,
       branch, workflow_state, workflow_run_id)
     VALUES ($1, $2, $3, '{}', $4, $5, 1, $6, $7, $8, $9)`,
    [id, threadId, status, askedId, answerId, parent, branch, state && JSON.stringify(state), runId],
  );
  await pool.query(
    `WITH place AS (UPDATE threads SET message_count = message_count + 1 WHERE id = $2 RETURNING message_count)
     INSERT INTO messages (id, thread_id, turn_id, position, branch, role, content, status, step)
     SELECT $1, $2, $3, message_count, $4, 'assistant', '', 'complete', $5 FROM place`,
    [answerId, threadId, id, branch, step],
  );
  return id;
}

describeRunningTurnSql('turns and their log', () => ({
  sql: RUNNING,
  query: async <Row>(text: string, values: readonly unknown[]) =>
    (await pool.query<Row & pg.QueryResultRow>(text, [...values])).rows,
  newThread,
  newTurn: newTurnInTree,
  hold: async (threadId, turnId, epoch) =>
    void (await pool.query('UPDATE thread_heads SET turn_id = $2, epoch = $3 WHERE thread_id = $1', [
      threadId,
      turnId,
      epoch,
    ])),
  async canPassDuring(threadId, text, values) {
    const [asking, passing] = [await pool.connect(), await pool.connect()];
    try {
      await asking.query('BEGIN');
      await asking.query(text, [...values]);
      await passing.query(`SET lock_timeout = '50ms'`);
      await passing.query('UPDATE thread_heads SET epoch = epoch + 1 WHERE thread_id = $1', [threadId]);
      return true;
    } catch {
      return false;
    } finally {
      await asking.query('ROLLBACK');
      await passing.query('RESET lock_timeout');
      asking.release();
      passing.release();
    }
  },
}));
