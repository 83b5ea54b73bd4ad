import { Logger } from '@nestjs/common';
import pg from 'pg';
import { PostgresThreadStore } from '../../src/thread/adapters/postgres-thread-store.js';
import { newId } from '../../src/kernel/index.js';
import { Database, Listener, Peers } from '../../src/platform/database/index.js';
import type { JobHandler, JobQueue } from '../../src/platform/jobs/index.js';
import { PostgresTurnEventLog } from '../../src/log/adapters/postgres-turn-event-log.js';
import { SWEEP_TURNS_JOB, SweepTurns } from '../../src/turn/app/sweep-turns.js';
import { PostgresTurnStore } from '../../src/turn/adapters/postgres-turn-store.js';
import { endOf } from '../../src/turn/app/turn-ending.js';
import type { Lease, NewTurn, QueuePlacement } from '../../src/turn/ports/turn-store.js';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { newUser } from '../support/callers.js';
import { FOREIGN } from '../support/foreign-sql.js';
import { LEASES, newTurn, NO_LISTENER } from '../support/turns.js';
import { until } from '../support/until.js';

const caller = newUser('line');
const LINED_UP: QueuePlacement = { holdsThread: false, interrupts: false };
const HOLDING: QueuePlacement = { holdsThread: true, interrupts: false };
const INTERRUPTING: QueuePlacement = { holdsThread: false, interrupts: true };

let fresh: FreshDatabase;
let pool: pg.Pool;
let database: Database;
let store: PostgresTurnStore;
beforeAll(async () => {
  fresh = await freshDatabase();
  pool = new pg.Pool({ connectionString: fresh.connectionString });
  database = new Database(pool);
  store = new PostgresTurnStore(database, LEASES);
});
afterAll(async () => {
  await pool?.end();
  await fresh?.drop();
});

async function newThread(owner = caller): Promise<string> {
  const id = newId();
  const thread = { id, title: null, workflow: 'chat', workflowVersion: 1, metadata: {} };
  await new PostgresThreadStore(database, FOREIGN).create(owner, {
    ...thread,
    createdAt: new Date().toISOString(),
  });
  return id;
}

/** A thread whose first turn runs, and that turn's lease. */
async function busyThread() {
  const threadId = await newThread();
  const turn = newTurn(caller, threadId);
  const acceptance = await store.accept(turn);
  if (acceptance.kind !== 'accepted') throw new Error(acceptance.kind);
  return { threadId, lease: leaseOf(turn, acceptance.firstSeq) };
}

function leaseOf(turn: NewTurn, lastSeq: number): Lease {
  const { turnId, userMessage, assistantMessageId, acceptedAt, request } = turn;
  const ids = { turnId, threadId: userMessage.threadId, userMessageId: userMessage.id, assistantMessageId };
  return { context: { ...ids, acceptedAt, caller, request }, epoch: 1, lastSeq };
}

async function lineUp(threadId: string, place = LINED_UP): Promise<string> {
  const turn = newTurn(caller, threadId);
  expect((await store.enqueue(turn, place)).kind).toBe('queued');
  return turn.turnId;
}

const end = (lease: Lease, outcome: 'cancelled' | 'interrupted' = 'cancelled') => {
  const said = {
    content: 'so far',
    citations: [],
    provider: null,
    model: null,
    step: null,
    workflowRunId: null,
  };
  const { events, ...rest } = endOf(lease.context, { ...said, outcome, error: null });
  const logged = events.map(({ type, data }, index) => ({
    seq: lease.lastSeq + index + 1,
    turnId: lease.context.turnId,
    type,
    data: JSON.stringify(data),
    at: new Date().toISOString(),
  }));
  return store.finish({
    context: lease.context,
    epoch: lease.epoch,
    fromSeq: lease.lastSeq,
    events: logged,
    ...rest,
  });
};

const lapse = (turnId: string) =>
  pool.query(`UPDATE turns SET lease_until = now() - interval '1 second' WHERE id = $1`, [turnId]);

describe('the line of a thread', () => {
  it('is gone through in the order the messages came, one after the other', async () => {
    const { threadId, lease } = await busyThread();
    const [first, second] = [await lineUp(threadId), await lineUp(threadId)];
    expect(await store.claim(first)).toBeUndefined();

    expect(await end(lease)).toEqual({ isStored: true, nextId: first });
    expect(await store.claim(second)).toBeUndefined();
    const claimed = (await store.claim(first))!;
    expect(await store.claim(second)).toBeUndefined();
    expect(await end(claimed)).toEqual({ isStored: true, nextId: second });
    const last = (await store.claim(second))!;
    expect(await end(last)).toEqual({ isStored: true, nextId: undefined });
  });

  it('begins a turn with its message, where the log ends then', async () => {
    const { threadId, lease } = await busyThread();
    const turn = newTurn(caller, threadId, { savedEvent: '{"message":  "to the letter \\u00e9"}' });
    await store.enqueue(turn, LINED_UP);
    await end(lease);

    const claimed = (await store.claim(turn.turnId))!;
    const log = new PostgresTurnEventLog(database, database, NO_LISTENER);
    const { events } = await log.read(threadId, lease.lastSeq + 1, 10);
    expect(events).toEqual([claimed.savedEvent]);
    expect(claimed.savedEvent).toMatchObject({ type: 'message_saved', data: turn.savedEvent });
    expect(
      await log.append([
        {
          threadId,
          turnId: turn.turnId,
          epoch: claimed.epoch,
          fromSeq: claimed.lastSeq,
          events: [{ ...claimed.savedEvent, seq: claimed.lastSeq + 1, type: 'ai_reasoning' }],
        },
      ]),
    ).toEqual(new Set([turn.turnId]));
    expect((await store.find(caller, threadId, turn.turnId))?.status).toBe('running');
  });

  it('is claimed once, whoever asks at the same time', async () => {
    const { threadId, lease } = await busyThread();
    const turnId = await lineUp(threadId);
    await end(lease);
    const claims = await Promise.all(Array.from({ length: 8 }, () => store.claim(turnId)));
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
  });

  it('turns a message away that will not wait, also between two turns', async () => {
    const { threadId, lease } = await busyThread();
    expect(await store.accept(newTurn(caller, threadId))).toEqual({
      kind: 'busy',
      turnId: lease.context.turnId,
    });
    const waiting = await lineUp(threadId);
    await end(lease);
    expect(await store.accept(newTurn(caller, threadId))).toEqual({ kind: 'busy', turnId: waiting });
    expect(await store.enqueue(newTurn(caller, threadId), HOLDING)).toEqual({
      kind: 'busy',
      turnId: waiting,
    });
  });

  it('is not open to others, and has a bound', async () => {
    const { threadId } = await busyThread();
    const mallory = { ...caller, id: 'mallory' };
    expect(await store.enqueue(newTurn(mallory, threadId), LINED_UP)).toEqual({ kind: 'not_found' });
    for (let count = 0; count < 50; count += 1) await lineUp(threadId);
    expect(await store.enqueue(newTurn(caller, threadId), LINED_UP)).toEqual({ kind: 'full', limit: 50 });
    const bounded = new PostgresTurnStore(database, { ...LEASES, MAX_QUEUED_TURNS: 1 });
    const other = await newThread();
    expect(await bounded.enqueue(newTurn(caller, other), HOLDING)).toEqual({ kind: 'full', limit: 1 });
    await pool.query(`DELETE FROM threads WHERE id = $1`, [threadId]);
  });

  it('knows a request that was made before', async () => {
    const { threadId } = await busyThread();
    const idempotency = { key: newId(), hash: Buffer.from('same') };
    const turn = newTurn(caller, threadId, { idempotency });
    await store.enqueue(turn, LINED_UP);
    const again = newTurn(caller, threadId, { idempotency });
    expect(await store.enqueue(again, LINED_UP)).toMatchObject({
      kind: 'repeated',
      turn: { id: turn.turnId },
    });
    expect(await store.accept(again)).toMatchObject({ kind: 'repeated', turn: { id: turn.turnId } });
    const other = { ...again, idempotency: { ...idempotency, hash: Buffer.from('other') } };
    expect(await store.enqueue(other, LINED_UP)).toEqual({ kind: 'conflict' });
  });

  it('lets an interrupt stop what runs and go first', async () => {
    const { threadId, lease } = await busyThread();
    const patient = await lineUp(threadId);
    const urgent = await lineUp(threadId, INTERRUPTING);
    const { stopped } = await store.extendLeases([lease.context.turnId]);
    expect(stopped).toEqual([{ turnId: lease.context.turnId, reason: 'interrupted' }]);
    expect(await end(lease, 'interrupted')).toEqual({ isStored: true, nextId: urgent });
    const claimed = (await store.claim(urgent))!;
    expect(claimed.stop).toBeUndefined();
    expect(await end(claimed)).toEqual({ isStored: true, nextId: patient });
  });

  it('ends an interrupt that has not begun when another one comes, also at the same moment', async () => {
    const { threadId, lease } = await busyThread();
    const turns = Array.from({ length: 5 }, () => newTurn(caller, threadId));
    await Promise.all(turns.map((turn) => store.enqueue(turn, INTERRUPTING)));
    const stops: (string | undefined)[] = [];
    for (let { nextId } = await end(lease, 'interrupted'); nextId !== undefined;) {
      const claimed: Awaited<ReturnType<typeof store.claim>> = await store.claim(nextId);
      stops.push(claimed?.stop);
      ({ nextId } = await end(claimed!));
    }
    expect(stops).toEqual(['interrupted', 'interrupted', 'interrupted', 'interrupted', undefined]);
  });

  it('is left by all when the thread is to go', async () => {
    const { threadId, lease } = await busyThread();
    const waiting = [await lineUp(threadId), await lineUp(threadId)];
    const all = await store.requestCancelAll(caller, threadId);
    expect(new Map(all.map(({ id, isQueued }) => [id, isQueued]))).toEqual(
      new Map([[lease.context.turnId, false], ...waiting.map((id) => [id, true] as const)]),
    );
    expect(await store.requestCancelAll({ ...caller, id: 'mallory' }, threadId)).toEqual([]);
    await end(lease);
    expect((await store.claim(waiting[0]!))?.stop).toBe('cancelled');
  });

  it('ends first what waits for a process when that is interrupted, and never stands still', async () => {
    const threadId = await newThread();
    const holder = await lineUp(threadId, HOLDING);
    const patient = await lineUp(threadId);
    await store.requestCancel(caller, threadId, patient);
    const urgent = await lineUp(threadId, INTERRUPTING);
    const order: [string, string | undefined][] = [];
    for (let next: string | undefined = holder; next !== undefined;) {
      const claimed: Awaited<ReturnType<typeof store.claim>> = await store.claim(next);
      order.push([next, claimed?.stop]);
      next = (await end(claimed!)).nextId;
    }
    expect(order).toEqual([
      [holder, 'interrupted'],
      [patient, 'cancelled'],
      [urgent, undefined],
    ]);
  });

  it('is looked through for what nobody was told of, the oldest first', async () => {
    await pool.query(`DELETE FROM threads`);
    const waiting = [];
    for (let count = 0; count < 3; count += 1) waiting.push(await lineUp(await newThread(), HOLDING));
    const { threadId } = await busyThread();
    await lineUp(threadId);
    expect((await store.claimWaiting(2)).map(({ context }) => context.turnId)).toEqual(waiting.slice(0, 2));
    expect((await store.claimWaiting(5)).map(({ context }) => context.turnId)).toEqual(waiting.slice(2));
    expect(await store.claimWaiting(5)).toEqual([]);
  });

  it('is passed over for those whose user, or organisation, has no room', async () => {
    await pool.query(`DELETE FROM threads`);
    const first = await lineUp(await newThread(), HOLDING);
    const bob = { ...caller, id: 'bob' };
    const other = newTurn(bob, await newThread(bob));
    await store.enqueue(other, HOLDING);

    const withoutUser = { users: [`${caller.org}\n${caller.id}`], orgs: [] };
    expect(await store.claim(first, withoutUser)).toBeUndefined();
    expect(await store.claimWaiting(5, { users: [], orgs: [caller.org] })).toEqual([]);
    expect((await store.claimWaiting(5, withoutUser)).map(({ context }) => context.turnId)).toEqual([
      other.turnId,
    ]);
    expect((await store.claim(first))?.context.turnId).toBe(first);
  });

  it('keeps places for others, however much one user has waiting', async () => {
    await pool.query(`DELETE FROM threads`);
    const bounded = new PostgresTurnStore(database, { ...LEASES, MAX_QUEUED_TURNS: 10 });
    const kinds: string[] = [];
    for (let count = 0; count < 10; count += 1)
      kinds.push((await bounded.enqueue(newTurn(caller, await newThread()), HOLDING)).kind);
    expect(kinds).toEqual([...Array<string>(8).fill('queued'), 'full', 'full']);
    const bob = { ...caller, id: 'bob' };
    expect((await bounded.enqueue(newTurn(bob, await newThread(bob)), HOLDING)).kind).toBe('queued');
  });
});

describe('a lease', () => {
  it('passes on when it has run out, and its former writer is refused', async () => {
    const { threadId, lease } = await busyThread();
    expect(await store.takeExpiredTurn(lease.context.turnId)).toBeUndefined();
    await lapse(lease.context.turnId);
    const taken = (await store.takeExpiredTurn(lease.context.turnId))!;
    expect(taken).toMatchObject({
      epoch: 2,
      attempt: 2,
      runsAgain: true,
      wasReleased: false,
      stop: undefined,
    });
    expect(taken.context).toEqual(lease.context);
    const event = {
      seq: lease.lastSeq + 1,
      turnId: lease.context.turnId,
      type: 'ai_reasoning',
      data: '{}',
      at: lease.context.acceptedAt,
    } as const;
    const write = { threadId, turnId: lease.context.turnId, fromSeq: lease.lastSeq, events: [event] };
    const log = new PostgresTurnEventLog(database, database, NO_LISTENER);
    expect(await log.append([{ ...write, epoch: 1 }])).toEqual(new Set());
    expect((await end(lease)).isStored).toBe(false);
    expect(await store.release(lease)).toBe(false);
    expect(await log.append([{ ...write, epoch: 2 }])).toEqual(new Set([lease.context.turnId]));
  });

  it('is given for so many attempts, except to who was asked to take it', async () => {
    const { lease } = await busyThread();
    const { turnId } = lease.context;
    const attempts = [];
    for (let round = 0; round < 3; round += 1) {
      await lapse(turnId);
      const { attempt, runsAgain } = (await store.takeExpiredTurn(turnId))!;
      attempts.push([attempt, runsAgain]);
    }
    expect(attempts).toEqual([
      [2, true],
      [3, true],
      [3, false],
    ]);
    expect(await store.release({ ...lease, epoch: 4 })).toBe(true);
    expect(await store.takeExpiredTurn(turnId)).toMatchObject({
      attempt: 4,
      runsAgain: true,
      wasReleased: true,
    });
  });

  it('is not run again by whoever takes it when it was cancelled', async () => {
    const { threadId, lease } = await busyThread();
    await store.requestCancel(caller, threadId, lease.context.turnId);
    await lapse(lease.context.turnId);
    expect(await store.takeExpiredTurn(lease.context.turnId)).toMatchObject({
      runsAgain: false,
      stop: 'cancelled',
    });
  });

  it('that is somebody else’s now is reported as lost', async () => {
    const { lease } = await busyThread();
    const { turnId } = lease.context;
    expect(await store.extendLeases([turnId])).toEqual({ stopped: [], lost: [] });
    await pool.query('UPDATE turns SET lease_owner = $2 WHERE id = $1', [turnId, newId()]);
    expect(await store.extendLeases([turnId])).toEqual({ stopped: [], lost: [turnId] });
  });
});

describe('other processes', () => {
  const opened: Listener[] = [];
  const listener = () => {
    const own = new Listener(fresh.connectionString);
    opened.push(own);
    return own;
  };
  /** A process that lives, and its connection. */
  async function another(runsTurns: boolean) {
    const [id, connection] = [newId(), listener()];
    await connection.hold(id);
    await pool.query('INSERT INTO processes (id, runs_turns) VALUES ($1, $2)', [id, runsTurns]);
    return { id, connection };
  }
  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(() => pool.query('DELETE FROM processes'));
  afterEach(() => Promise.all(opened.splice(0).map((own) => own.close())));
  afterAll(() => Logger.overrideLogger(['log', 'error', 'warn']));

  it('are there while they say so, and count only when they run turns', async () => {
    const peers = new Peers(database, listener(), LEASES);
    await peers.seen(true);
    expect(await peers.othersRunTurns()).toBe(false);
    await another(false);
    expect(await peers.othersRunTurns()).toBe(false);
    const { id } = await another(true);
    expect(await peers.othersRunTurns()).toBe(true);
    await pool.query(`UPDATE processes SET seen_at = now() - interval '1 minute' WHERE id = $1`, [id]);
    expect(await peers.othersRunTurns()).toBe(false);
  });

  it('are forgotten an hour after they were last seen', async () => {
    const ids = [await another(true), await another(true)].map(({ id }) => id);
    await pool.query(`UPDATE processes SET seen_at = now() - interval '61 minutes' WHERE id = $1`, [ids[0]]);
    await new Peers(database, listener(), LEASES).forgetGone();

    const { rows } = await pool.query<{ id: string }>('SELECT id FROM processes WHERE id = ANY($1)', [ids]);
    expect(rows.map(({ id }) => id)).toEqual([ids[1]]);
  });

  it('are gone the moment they are not connected any more, whatever they have said', async () => {
    const peers = new Peers(database, listener(), LEASES);
    const { connection } = await another(true);
    expect(await peers.othersRunTurns()).toBe(true);
    await connection.close();
    await until(async () => !(await peers.othersRunTurns()));
  });

  it('are there again when a lost connection is back', async () => {
    const peers = new Peers(database, listener(), LEASES);
    const { connection } = await another(true);
    let isBack = false;
    await connection.listen('anything', (payload) => (isBack ||= payload === ''));
    await pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'threadline-listener' AND datname = current_database()`,
    );
    await until(() => isBack);
    expect(await peers.othersRunTurns()).toBe(true);
  });
});

describe('idempotency keys that have outlived their day', () => {
  it('are forgotten however many have come, and no others', async () => {
    const { lease } = await busyThread();
    const insert = (prefix: string, count: number, age: string) =>
      pool.query(
        `INSERT INTO idempotency_keys (org_id, user_id, key, request_hash, turn_id, created_at)
         SELECT 'acme', 'ada', $1 || number, '', $2, now() - $3::interval FROM generate_series(1, $4::int) AS number`,
        [prefix, lease.context.turnId, age, count],
      );
    await insert('old', 12_345, '25 hours');
    await insert('new', 10, '23 hours');
    const handlers = new Map<object, JobHandler<never>>();
    const peers = { forgetGone: () => Promise.resolve() };
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

describe('a wish to stop a turn', () => {
  it('of somebody whose turn it is not is told to nobody', async () => {
    const { threadId, lease } = await busyThread();
    const { turnId } = lease.context;
    const listener = new pg.Client({ connectionString: fresh.connectionString });
    const heard: (string | undefined)[] = [];
    await listener.connect();
    listener.on('notification', ({ payload }) => heard.push(payload));
    await listener.query('LISTEN turn_stop');
    await store.requestCancel({ ...caller, id: 'mallory' }, threadId, turnId);
    await store.requestCancel(caller, threadId, turnId);
    await until(() => heard.length > 0);
    await listener.end();

    expect(heard).toEqual([`${turnId}:cancelled`]);
  });
});
