import type pg from 'pg';
import { Database } from '../../src/platform/database/index.js';
import { PostgresResultParts } from '../../src/thread/adapters/postgres-result-parts.js';
import { PostgresThreadStore } from '../../src/thread/adapters/postgres-thread-store.js';
import { describeResultParts } from '../contracts/result-parts.contract.js';
import { FOREIGN } from '../support/foreign-sql.js';
import { tellResult, tellThread, tellTurn } from '../support/logged-turns.js';
import { withSharedPool } from '../support/pools.js';
import { takeOver } from '../support/turn-writer.js';

let pool: pg.Pool;
withSharedPool((opened) => (pool = opened));

describeResultParts('Postgres', () => ({
  parts: new PostgresResultParts(new Database(pool), FOREIGN),
  async newWriter(owner) {
    const threadId = await tellThread(pool, owner);
    const { turnId } = await tellTurn(pool, threadId, () => []);
    await pool.query('UPDATE thread_heads SET turn_id = $2, epoch = 1 WHERE thread_id = $1', [
      threadId,
      turnId,
    ]);
    return { threadId, turnId, epoch: 1 };
  },
  async tell({ turnId }, callId, level = 0) {
    const id = await tellResult(pool, turnId, callId, 'said');
    await pool.query('UPDATE messages SET level = $2 WHERE id = $1', [id, level]);
  },
  takeOver: (writer) => takeOver(pool, writer),
  async removeThread(owner, threadId) {
    await new PostgresThreadStore(new Database(pool), FOREIGN).remove(owner, threadId, true);
  },
  async countRows(threadId) {
    const { rows } = await pool.query<{ count: number }>(
      `SELECT ((SELECT count(*) FROM result_parts WHERE thread_id = $1)
         + (SELECT count(*) FROM result_part_pieces WHERE part_id IN (SELECT id FROM result_parts WHERE thread_id = $1)))::int AS count`,
      [threadId],
    );
    return rows[0]!.count;
  },
}));
