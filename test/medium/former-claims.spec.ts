import type pg from 'pg';
import { newId } from '../../src/kernel/index.js';
import { Database } from '../../src/platform/database/index.js';
import { PostgresTurnStore } from '../../src/turn/adapters/postgres-turn-store.js';
import { newUser } from '../support/callers.js';
import { ALONG, NO_ATTEMPTS } from '../support/foreign-sql.js';
import { tellThread, tellTurn } from '../support/logged-turns.js';
import { withFreshPool } from '../support/pools.js';
import { LEASES, NO_NOTIFIER } from '../support/turns.js';

const AT_ONCE = 2;
/** How a release that knows of no calls takes turns over: so many of those that have been left for the longest. */
const FORMER_CLAIM = `WITH expired AS (
    SELECT id FROM turns WHERE status = 'running' AND lease_until < now() AND id = ANY(ARRAY(
      SELECT id FROM turns WHERE status = 'running' AND lease_until < now() ORDER BY lease_until LIMIT ${AT_ONCE}))
    FOR UPDATE SKIP LOCKED
  ), taken AS (
    UPDATE turns SET epoch = turns.epoch + 1, lease_owner = $1, lease_until = now() + interval '1 hour', attempt = turns.attempt + 1
    FROM expired WHERE turns.id = expired.id RETURNING turns.id
  )
  SELECT id FROM taken`;

const JOURNAL = `INSERT INTO run_journal (turn_id, key, epoch) VALUES ($1, 'tool:a', 1)`;
const input = (status: string) =>
  `INSERT INTO inputs (id, turn_id, thread_id, org_id, user_id, key, kind, prompt, status, expires_at, created_at)
   SELECT gen_random_uuid(), id, thread_id, 'org', 'user', 'approval:a', 'tool_approval', 'May it?', '${status}', now(), now()
   FROM turns WHERE id = $1`;
const asks = (tools: string) =>
  `UPDATE turns SET request = jsonb_build_object('content', 'Count.', 'tools', '${tools}'::jsonb) WHERE id = $1`;
const STOPPED = `UPDATE turns SET cancel_requested = true WHERE id = $1`;

describe('a turn that another process has left, and a former release', () => {
  let pool: pg.Pool;
  withFreshPool((opened) => (pool = opened));
  afterEach(() => pool.query('DELETE FROM threads'));

  async function left(...changes: readonly string[]): Promise<string> {
    const { turnId } = await tellTurn(pool, await tellThread(pool, newUser()), () => []);
    for (const change of changes) await pool.query(change, [turnId]);
    await pool.query(
      `WITH own AS (UPDATE turns SET lease_until = now() - interval '1 second' WHERE id = $1 RETURNING id, thread_id)
       UPDATE thread_heads SET turn_id = own.id FROM own WHERE thread_heads.thread_id = own.thread_id`,
      [turnId],
    );
    return turnId;
  }
  const claimed = async () =>
    (await pool.query<{ id: string }>(FORMER_CLAIM, [newId()])).rows.map(({ id }) => id);

  it.each([
    ['that has kept or begun something', [JOURNAL]],
    ['that waits for somebody no more', [input('accepted')]],
    ['that still asks somebody', [input('open')]],
    ['that was asked with tools', [asks('true')]],
    ['that was asked with some tools', [asks('["search_web"]')]],
  ])('one %s is left to this release, which takes it', async (_, changes) => {
    const plain = await left();
    const turnId = await left(...changes);
    expect(await claimed()).toEqual([plain]);
    const store = new PostgresTurnStore(new Database(pool), LEASES, ALONG, NO_ATTEMPTS, NO_NOTIFIER);
    expect((await store.claimExpired(5)).map(({ context }) => context.turnId)).toEqual([turnId]);
  });

  it('many that are left to this release keep the former one from its own for a few looks only', async () => {
    const kept: string[] = [];
    for (let count = 0; count < 2 * AT_ONCE; count += 1) kept.push(await left(JOURNAL));
    const plain = await left();
    expect([await claimed(), await claimed(), await claimed()]).toEqual([[], [], [plain]]);
    const store = new PostgresTurnStore(new Database(pool), LEASES, ALONG, NO_ATTEMPTS, NO_NOTIFIER);
    const taken = await store.claimExpired(10);
    expect(taken.map(({ context }) => context.turnId).toSorted()).toEqual(kept.toSorted());
    expect(taken.every(({ attempt }) => attempt === 2)).toBe(true);
  });

  it.each([
    ['that was asked without tools', [asks('false')]],
    ['that is to stop', [JOURNAL, STOPPED]],
  ])('one %s is anybody’s', async (_, changes) => {
    const turnId = await left(...changes);
    expect(await claimed()).toEqual([turnId]);
  });
});
