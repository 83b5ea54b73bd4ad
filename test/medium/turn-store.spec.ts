import pg from 'pg';
import { newId, type Caller } from '../../src/kernel/index.js';
import { PostgresTurnEventLog } from '../../src/log/adapters/postgres-turn-event-log.js';
import { PostgresMessageStore } from '../../src/thread/adapters/postgres-message-store.js';
import { Database } from '../../src/platform/database/index.js';
import type { JobHandler, JobQueue } from '../../src/platform/jobs/index.js';
import { PostgresInputStore } from '../../src/turn/adapters/postgres-input-store.js';
import { PostgresTurnStore } from '../../src/turn/adapters/postgres-turn-store.js';
import { SWEEP_TURNS_JOB, SweepTurns } from '../../src/turn/app/sweep-turns.js';
import { describeInputStore } from '../contracts/input-store.contract.js';
import { describeTurnStore } from '../contracts/turn-store.contract.js';
import { leaseOf } from '../contracts/turn-store/suite.js';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { newUser } from '../support/callers.js';
import { tellThread } from '../support/logged-turns.js';
import { ALONG, FOREIGN, NO_ATTEMPTS } from '../support/foreign-sql.js';
import { LEASES, newTurn, NO_LISTENER, NO_NOTIFIER } from '../support/turns.js';
import { until } from '../support/until.js';

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
  store = new PostgresTurnStore(database, LEASES, ALONG, NO_ATTEMPTS, NO_NOTIFIER);
  messages = new PostgresMessageStore(database, FOREIGN);
});
afterAll(async () => {
  await pool?.end();
  await fresh?.drop();
});

describeTurnStore('Postgres', () =>
  Promise.resolve({
    store,
    log: new PostgresTurnEventLog(database, database, NO_LISTENER, NO_NOTIFIER),
    bounded: (maxQueuedTurns) =>
      new PostgresTurnStore(
        database,
        { ...LEASES, MAX_QUEUED_TURNS: maxQueuedTurns },
        ALONG,
        NO_ATTEMPTS,
        NO_NOTIFIER,
      ),
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
  log: new PostgresTurnEventLog(database, database, NO_LISTENER, NO_NOTIFIER),
  newThread: (owner) => tellThread(pool, owner),
  lapse: async (inputId) =>
    void (await pool.query(`UPDATE inputs SET expires_at = now() - interval '1 second' WHERE id = $1`, [
      inputId,
    ])),
}));

describe('a message that waits for its thread while another one is put into the queue', () => {
  it('does not overtake it', async () => {
    const threadId = await tellThread(pool, caller);
    const waiting = async (count: number) => {
      const { rows } = await pool.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows.length === count;
    };
    const holding = await pool.connect();
    try {
      await holding.query('BEGIN');
      await holding.query('SELECT 1 FROM threads WHERE id = $1 FOR UPDATE', [threadId]);
      const queued = store.enqueue(newTurn(caller, threadId), { holdsThread: false, interrupts: false });
      await until(() => waiting(1));
      const accepted = store.accept(newTurn(caller, threadId));
      await until(() => waiting(2));
      await holding.query('COMMIT');
      expect([(await queued).kind, (await accepted).kind]).toEqual(['queued', 'busy']);
    } finally {
      holding.release();
    }
  });
});

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

describe('what came of a call', () => {
  const call = { id: 'call_1', name: 'search_web', arguments: '{}' };
  const answer = {
    content: 'Let me see.',
    status: 'complete',
    provider: 'p',
    model: 'm',
    usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
    citations: [],
    toolCalls: [call],
    step: 'act',
  } as const;

  /** A turn whose model called when it had read documents of the level 2, which is `confidential`. */
  async function called() {
    const turn = newTurn(caller, await tellThread(pool, caller));
    const accepted = await store.accept(turn);
    if (accepted.kind !== 'accepted') throw new Error(accepted.kind);
    const { context, epoch, lastSeq } = leaseOf(turn, accepted.firstSeq);
    const along = { context, epoch, fromSeq: lastSeq, events: [] };
    const { assistantMessageId: besideId } = turn;
    const basis = { level: 2, documents: [] };
    await store.endMessage({ ...along, messageId: besideId, message: answer, basis });
    const createdAt = new Date().toISOString();
    const begun = { content: 'Found', createdAt, toolCallId: call.id } as const;
    await store.beginMessage({
      ...along,
      besideId,
      message: { ...begun, id: newId(), role: 'tool', status: 'complete' },
    });
    await store.beginMessage({
      ...along,
      besideId,
      message: {
        ...begun,
        id: newId(),
        role: 'assistant',
        status: 'streaming',
        content: '',
        toolCallId: null,
      },
    });
    const contents = async (reader: Caller) =>
      (await messages.ofTurn(reader, turn.turnId)).map(({ role, content }) => `${role}: ${content}`);
    return { threadId: context.threadId, contents };
  }

  it('is read by whoever may read the answer that called, and stands behind it', async () => {
    const { threadId, contents } = await called();
    const cleared = { ...caller, clearance: 'confidential' } as const;
    expect(await contents(cleared)).toEqual([
      'user: Hello',
      'assistant: Let me see.',
      'tool: Found',
      'assistant: ',
    ]);
    expect(await contents(caller)).toEqual([
      'user: Hello',
      'assistant: [withheld]',
      'tool: [withheld]',
      'assistant: ',
    ]);
    expect(await messages.resultOf(cleared, threadId, call.id, 0, 9)).toEqual({
      content: 'Found',
      length: 5,
    });
    expect(await messages.resultOf(caller, threadId, call.id, 0, 9)).toBeUndefined();
  });
});
