import pg from 'pg';
import { newId } from '../../src/kernel/index.js';
import { PostgresTurnEventLog } from '../../src/log/adapters/postgres-turn-event-log.js';
import { PostgresMessageStore } from '../../src/thread/adapters/postgres-message-store.js';
import { Database } from '../../src/platform/database/index.js';
import type { JobHandler, JobQueue } from '../../src/platform/jobs/index.js';
import { PostgresInputStore } from '../../src/turn/adapters/postgres-input-store.js';
import { PostgresTurnStore } from '../../src/turn/adapters/postgres-turn-store.js';
import { SWEEP_TURNS_JOB, SweepTurns } from '../../src/turn/app/sweep-turns.js';
import { describeInputStore } from '../contracts/input-store.contract.js';
import { describeTurnStore } from '../contracts/turn-store.contract.js';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { newUser } from '../support/callers.js';
import { tellThread } from '../support/logged-turns.js';
import { ALONG, FOREIGN } from '../support/foreign-sql.js';
import { LEASES, newTurn, NO_LISTENER } from '../support/turns.js';

const caller = newUser();

let fresh: FreshDatabase;
let pool: pg.Pool;
let database: Database;
let store: PostgresTurnStore;
let messages: PostgresMessageStore;
beforeAll(async () => {
  fresh = await freshDatabase();
  pool = new pg.Pool({ connectionString: fresh.connectionString });
  database = new Database(pool);
  store = new PostgresTurnStore(database, LEASES, ALONG);
  messages = new PostgresMessageStore(database, FOREIGN);
});
afterAll(async () => {
  await pool?.end();
  await fresh?.drop();
});

describeTurnStore('Postgres', () =>
  Promise.resolve({
    store,
    log: new PostgresTurnEventLog(database, database, NO_LISTENER),
    bounded: (maxQueuedTurns) =>
      new PostgresTurnStore(database, { ...LEASES, MAX_QUEUED_TURNS: maxQueuedTurns }, ALONG),
    newThread: (owner, workflow) => tellThread(pool, owner, workflow),
    messagesOf: async (owner, threadId, branch) => {
      const page = await messages.page(owner, threadId, 'asc', 200, undefined, branch);
      return page!.messages.map(({ role, turnId }) => `${role} ${turnId}`);
    },
    removeThreads: async () => void (await pool.query('DELETE FROM threads')),
    lapse: async (turnId) =>
      void (await pool.query(`UPDATE turns SET lease_until = now() - interval '1 second' WHERE id = $1`, [
        turnId,
      ])),
    giveAway: async (turnId) =>
      void (await pool.query('UPDATE turns SET lease_owner = $2 WHERE id = $1', [turnId, newId()])),
  }),
);

describeInputStore('Postgres', () => ({
  inputs: new PostgresInputStore(database),
  turns: store,
  log: new PostgresTurnEventLog(database, database, NO_LISTENER),
  newThread: (owner) => tellThread(pool, owner),
  lapse: async (inputId) =>
    void (await pool.query(`UPDATE inputs SET expires_at = now() - interval '1 second' WHERE id = $1`, [
      inputId,
    ])),
}));

describe('idempotency keys that have outlived their day', () => {
  it('are forgotten however many have come, and no others', async () => {
    const turn = newTurn(caller, await tellThread(pool, caller));
    await store.accept(turn);
    const insert = (prefix: string, count: number, age: string) =>
      pool.query(
        `INSERT INTO idempotency_keys (org_id, user_id, key, request_hash, turn_id, created_at)
         SELECT 'acme', 'ada', $1 || number, '', $2, now() - $3::interval FROM generate_series(1, $4::int) AS number`,
        [prefix, turn.turnId, age, count],
      );
    await insert('old', 12_345, '25 hours');
    await insert('new', 10, '23 hours');
    const handlers = new Map<object, JobHandler<never>>();
    const peers = { forgetStopped: () => Promise.resolve() };
    const jobs: Pick<JobQueue, 'handle'> = { handle: (kind, handler) => void handlers.set(kind, handler) };
    new SweepTurns(store, peers, jobs).onModuleInit();
    const job = { id: 'period-1', attempt: 1, signal: new AbortController().signal };
    await handlers.get(SWEEP_TURNS_JOB)!({} as never, job);

    const { rows } = await pool.query<{ left: string; count: number }>(
      `SELECT left(key, 3), count(*)::int FROM idempotency_keys WHERE org_id = 'acme' AND user_id = 'ada'
         AND key ~ '^(old|new)[0-9]' GROUP BY 1`,
    );
    expect(rows).toEqual([{ left: 'new', count: 10 }]);
  });
});
