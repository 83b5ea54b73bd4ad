import pg from 'pg';
import { newId } from '../../src/kernel/index.js';
import { Database } from '../../src/platform/database/index.js';
import { PostgresThreadStore } from '../../src/thread/adapters/postgres-thread-store.js';
import { MAX_BRANCH_DEPTH } from '../../src/thread/core/branch-depth.js';
import { PostgresTurnStore } from '../../src/turn/adapters/postgres-turn-store.js';
import type { NewTurn } from '../../src/turn/ports/turn-store.js';
import { testDatabase } from '../setup/test-database.js';
import { newUser } from '../support/callers.js';
import { ALONG, FOREIGN, NO_ATTEMPTS } from '../support/foreign-sql.js';
import { tellThread } from '../support/logged-turns.js';
import { LEASES, newTurn, NO_NOTIFIER } from '../support/turns.js';

const alice = newUser('alice');
const TOO_DEEP = { code: 'STATE_CONFLICT', details: { limit: MAX_BRANCH_DEPTH } };

let pool: pg.Pool;
let turns: PostgresTurnStore;
let threads: PostgresThreadStore;
beforeAll(async () => {
  pool = new pg.Pool({ connectionString: (await testDatabase()).connectionString });
  const database = new Database(pool);
  turns = new PostgresTurnStore(database, LEASES, ALONG, NO_ATTEMPTS, NO_NOTIFIER);
  threads = new PostgresThreadStore(database, FOREIGN);
});
afterAll(() => pool?.end());

/** A thread of two turns, whose branch lies behind so many others. */
async function behind(depth: number) {
  const threadId = await tellThread(pool, alice);
  const say = async (change: Partial<NewTurn> = {}) => {
    const acceptance = await turns.accept(newTurn(alice, threadId, change));
    if ('turn' in acceptance)
      await pool.query(`UPDATE turns SET status = 'completed', ended_at = now() WHERE id = $1`, [
        acceptance.turn.id,
      ]);
    return acceptance;
  };
  const first = newTurn(alice, threadId);
  const last = newTurn(alice, threadId);
  for (const turn of [first, last]) await say({ ...turn });
  const branch = depth + 1;
  for (const table of ['turns', 'messages'])
    await pool.query(`UPDATE ${table} SET branch = $2 WHERE thread_id = $1`, [threadId, branch]);
  await pool.query('UPDATE threads SET branch_count = $2, head_branch = $2 WHERE id = $1', [
    threadId,
    branch,
  ]);
  await pool.query(
    `INSERT INTO thread_branches (thread_id, branch, path, ends)
     SELECT $1, $2, array_agg(n), array_agg(0) FROM generate_series(1, $3::int) AS n`,
    [threadId, branch, depth],
  );
  const stored = async () => {
    const { rows } = await pool.query<Record<string, unknown>>(
      `SELECT t.head_turn_id, t.message_count, t.branch_count,
         (SELECT count(*) FROM turns WHERE thread_id = t.id) AS turns,
         (SELECT count(*) FROM messages WHERE thread_id = t.id) AS messages,
         (SELECT array_agg(cardinality(path) ORDER BY branch) FROM thread_branches WHERE thread_id = t.id) AS depths
       FROM threads t WHERE t.id = $1`,
      [threadId],
    );
    return rows[0]!;
  };
  return { threadId, first: first.turnId, last: last.turnId, say, stored };
}

describe('how often a thread can branch off in a row', () => {
  it('is as often as it may', async () => {
    const { first, say, stored } = await behind(MAX_BRANCH_DEPTH - 1);
    expect(await say({ after: first })).toMatchObject({ kind: 'accepted', turn: { parentTurnId: first } });
    expect((await stored())['depths']).toEqual([MAX_BRANCH_DEPTH - 1, MAX_BRANCH_DEPTH]);
  });

  it('is no more than that: nothing is stored, and the head stays where it was', async () => {
    const { threadId, first, last, say, stored } = await behind(MAX_BRANCH_DEPTH);
    const before = await stored();
    await expect(say({ after: first })).rejects.toMatchObject(TOO_DEEP);
    await expect(
      turns.enqueue(newTurn(alice, threadId, { after: first }), { holdsThread: false, interrupts: false }),
    ).rejects.toMatchObject(TOO_DEEP);
    await expect(threads.moveHead(alice, threadId, first)).rejects.toMatchObject(TOO_DEEP);
    expect(await stored()).toEqual(before);

    // What begins no branch is free to follow, and so is the beginning.
    expect(await threads.moveHead(alice, threadId, last)).toMatchObject({ kind: 'moved' });
    expect(await say({ after: last })).toMatchObject({ kind: 'accepted' });
    expect(await say({ after: null })).toMatchObject({ kind: 'accepted' });
  });

  it('does not keep a request from being repeated that was accepted before', async () => {
    const { last, say } = await behind(MAX_BRANCH_DEPTH);
    const idempotency = { key: newId(), hash: Buffer.from('the same') };
    const accepted = await say({ after: last, idempotency });
    expect(accepted).toMatchObject({ kind: 'accepted' });
    const { turn } = accepted as Extract<typeof accepted, { kind: 'accepted' }>;
    expect(await say({ after: last, idempotency })).toMatchObject({
      kind: 'repeated',
      turn: { id: turn.id },
    });
    await expect(say({ after: last })).rejects.toMatchObject(TOO_DEEP);
  });
});
