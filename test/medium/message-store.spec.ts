import pg from 'pg';
import { PostgresMessageStore } from '../../src/thread/adapters/postgres-message-store.js';
import { PostgresThreadStore } from '../../src/thread/adapters/postgres-thread-store.js';
import { Database } from '../../src/platform/database/index.js';
import { describeMessageStore } from '../contracts/message-store.contract.js';
import { testDatabase } from '../setup/test-database.js';
import { newUser } from '../support/callers.js';
import { FOREIGN } from '../support/foreign-sql.js';
import { tellResult, tellThread, tellTurn } from '../support/logged-turns.js';

const alice = newUser();

let pool: pg.Pool;
let messages: PostgresMessageStore;
beforeAll(async () => {
  pool = new pg.Pool({ connectionString: (await testDatabase()).connectionString });
  messages = new PostgresMessageStore(new Database(pool), FOREIGN);
});
afterAll(() => pool.end());

describeMessageStore('Postgres', () =>
  Promise.resolve({
    messages,
    newThread: (owner) => tellThread(pool, owner),
    tell: (threadId, tell, how) => tellTurn(pool, threadId, tell, how),
    goBackTo: async (owner, threadId, turnId) => {
      const { kind } = await new PostgresThreadStore(new Database(pool), FOREIGN).moveHead(
        owner,
        threadId,
        turnId,
      );
      if (kind !== 'moved') throw new Error(kind);
    },
    async sayMore(turnId, content) {
      const { rows } = await pool.query<{ id: string }>(
        `INSERT INTO messages (id, thread_id, turn_id, branch, position, part, role, content, status)
         SELECT gen_random_uuid(), m.thread_id, m.turn_id, m.branch, m.position, m.part + 1, 'assistant', $2, 'complete'
         FROM messages m WHERE m.turn_id = $1 AND m.role <> 'user' ORDER BY m.part DESC LIMIT 1 RETURNING id`,
        [turnId, content],
      );
      return rows[0]!.id;
    },
    result: (turnId, callId, content) => tellResult(pool, turnId, callId, content),
    become: async (turnId, status) =>
      void (await pool.query(
        `UPDATE turns SET status = $2::text, ended_at = CASE WHEN $2 <> 'running' THEN now() END WHERE id = $1`,
        [turnId, status],
      )),
    drawFrom: async (messageId, level) =>
      void (await pool.query('UPDATE messages SET level = $2 WHERE id = $1', [messageId, level])),
  }),
);

describe('what was said before a turn in Postgres', () => {
  it('reads no more of a long thread than a prompt takes', async () => {
    const threadId = await tellThread(pool, alice);
    const running = (await tellTurn(pool, threadId, () => [])).turnId;
    await pool.query(
      `INSERT INTO messages (id, thread_id, turn_id, position, role, content, status)
       SELECT gen_random_uuid(), $1, gen_random_uuid(), n, 'user', 'Word ' || n, 'complete'
       FROM generate_series(3, 3000) AS n`,
      [threadId],
    );
    await pool.query('UPDATE messages SET position = position + 3000 WHERE thread_id = $1 AND turn_id = $2', [
      threadId,
      running,
    ]);

    const { messages: history } = await messages.historyBefore(alice, threadId, running);
    expect(history).toHaveLength(200);
    expect(history.at(-1)).toEqual({ role: 'user', content: 'Word 3000' });
  });

  it('goes back through as many branches as it takes, and leaves out how each went on', async () => {
    const threadId = await tellThread(pool, alice);
    const running = (await tellTurn(pool, threadId, () => [])).turnId;
    await pool.query(
      `WITH turn AS (
         UPDATE turns SET branch = 40 WHERE id = $2
       ), said AS (
         UPDATE messages SET branch = 40, position = position + 1000 WHERE turn_id = $2
       )
       INSERT INTO thread_branches (thread_id, branch, path, ends)
       SELECT $1, 40, array_agg(b ORDER BY b), array_agg(b * 10 + 6 ORDER BY b) FROM generate_series(0, 39) AS b`,
      [threadId, running],
    );
    await pool.query(
      `INSERT INTO messages (id, thread_id, turn_id, branch, position, role, content, status)
       SELECT gen_random_uuid(), $1, gen_random_uuid(), (n - 1) / 10, n, 'user', 'Word ' || n, 'complete'
       FROM generate_series(1, 400) AS n`,
      [threadId],
    );

    const { messages: history } = await messages.historyBefore(alice, threadId, running);
    const line = Array.from({ length: 400 }, (_, index) => index + 1).filter((n) => (n - 1) % 10 < 6);
    expect(history.map(({ content }) => content)).toEqual(line.slice(-200).map((n) => `Word ${n}`));
  });
});
