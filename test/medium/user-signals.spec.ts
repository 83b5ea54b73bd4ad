import pg from 'pg';
import { PostgresUserSignals } from '../../src/chat/adapters/postgres-user-signals.js';
import { FollowUser } from '../../src/chat/app/follow-user.js';
import type { UserEventItem } from '../../src/chat/app/user-event.js';
import type { UserSignal } from '../../src/chat/ports/user-signals.js';
import { newId, type Caller } from '../../src/kernel/index.js';
import { Database, Listener, Notifier } from '../../src/platform/database/index.js';
import { PostgresThreadStore } from '../../src/thread/adapters/postgres-thread-store.js';
import { addressesOf } from '../../src/thread/adapters/user-event-sql.js';
import { PostgresInputStore } from '../../src/turn/adapters/postgres-input-store.js';
import { PostgresTurnStore } from '../../src/turn/adapters/postgres-turn-store.js';
import { describeUserSignals } from '../contracts/user-signals.contract.js';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { newUser } from '../support/callers.js';
import { ALONG, FOREIGN, NO_ATTEMPTS } from '../support/foreign-sql.js';
import { contextOf, LEASES, newTurn } from '../support/turns.js';
import { until } from '../support/until.js';

/** A process's connection, and how many notifications it has got. */
class CountedListener extends Listener {
  arrived = 0;

  override listen(channel: string, handler: (payload: string) => void): Promise<void> {
    return super.listen(channel, (payload) => {
      this.arrived += 1;
      handler(payload);
    });
  }
}

let fresh: FreshDatabase;
let pool: pg.Pool;
let listeners: readonly [CountedListener, CountedListener];
let notifier: Notifier;
let stores: {
  readonly threads: PostgresThreadStore;
  readonly turns: PostgresTurnStore;
  readonly inputs: PostgresInputStore;
};
beforeAll(async () => {
  fresh = await freshDatabase();
  pool = new pg.Pool({ connectionString: fresh.connectionString });
  listeners = [new CountedListener(fresh.connectionString), new CountedListener(fresh.connectionString)];
  const database = new Database(pool);
  notifier = new Notifier(database);
  stores = {
    threads: new PostgresThreadStore(database, FOREIGN),
    turns: new PostgresTurnStore(database, LEASES, ALONG, NO_ATTEMPTS, notifier),
    inputs: new PostgresInputStore(database),
  };
});
afterAll(async () => {
  await Promise.all(listeners.map((listener) => listener.close()));
  await pool.end();
  await fresh.drop();
});

async function newThread(caller: Caller): Promise<string> {
  const [id, createdAt] = [newId(), new Date().toISOString()];
  const made = { id, title: null, workflow: 'chat', workflowVersion: 1, metadata: {}, createdAt };
  return (await stores.threads.create(caller, made)).id;
}

/** Cuts every listening connection. */
const cut = async () =>
  void (await pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE application_name = 'threadline-listener' AND datname = current_database()`,
  ));

describeUserSignals('NOTIFY', () =>
  Promise.resolve({
    signals: [new PostgresUserSignals(listeners[0]), new PostgresUserSignals(listeners[1])],
    ...stores,
    cut,
    sent: () => notifier.sent(),
    arrived: () => [listeners[0].arrived, listeners[1].arrived],
    lapse: async (inputId) =>
      void (await pool.query(`UPDATE inputs SET expires_at = now() - interval '1 second' WHERE id = $1`, [
        inputId,
      ])),
  }),
);

describe('a process', () => {
  /** What the database sends to it. */
  const channels = async () => {
    // Whatever it was asked before is asked first.
    await listeners[0]['line'];
    const { rows } = await listeners[0]['client']!.query<{ channel: string }>(
      'SELECT pg_listening_channels() AS channel',
    );
    return rows.map(({ channel }) => channel);
  };

  it('listens while somebody follows there, and not before or after', async () => {
    const signals = new PostgresUserSignals(listeners[0]);
    await listeners[0].listen('another', () => undefined);
    // What has ceased to be followed is in line behind what the connection is asked before.
    await until(async () => (await channels()).join() === 'another');
    const leave = await Promise.all([1, 2, 3].map(() => signals.follow(newUser(), () => undefined)));
    leave.pop()!();
    expect((await channels()).toSorted()).toEqual(['another', 'user_events']);
    leave.forEach((go) => go());
    await until(async () => (await channels()).join() === 'another');
  });

  it('that cannot listen says so, and can once it is able to', async () => {
    let isDown = true;
    const signals = new PostgresUserSignals({
      listen: () => (isDown ? Promise.reject(new Error('down')) : Promise.resolve()),
      unlisten: () => undefined,
    });
    const attempts = [1, 2].map(() => signals.follow(newUser(), () => undefined));
    const refused = attempts.map((attempt) => attempt.catch((error: unknown) => (error as Error).message));
    expect(await Promise.all(refused)).toEqual(['down', 'down']);
    isDown = false;
    await signals.follow(newUser(), () => undefined);
  });

  it('passes over what only a later release tells, and what is no notification of ours', async () => {
    const signals = new PostgresUserSignals(listeners[0]);
    const heard: unknown[] = [];
    const caller = newUser();
    const leave = await signals.follow(caller, (signal) => heard.push(signal?.kind));
    const [to] = addressesOf(caller.org, caller.id, []);
    for (const payload of [
      { kind: 'mood_changed', id: newId(), to },
      { kind: 'thread_created' },
      'null',
      '{',
    ])
      await pool.query(`SELECT pg_notify('user_events', $1)`, [
        typeof payload === 'string' ? payload : JSON.stringify(payload),
      ]);
    await newThread(caller);
    await until(() => heard.length > 0);
    expect(heard).toEqual(['thread_created']);
    leave();
  });
});

describe('a user whose threads are followed', () => {
  let caller: Caller;
  let ended: AbortController;
  let arrived: (UserSignal | undefined)[];
  let events: AsyncGenerator<readonly UserEventItem[], void>;
  beforeEach(async () => {
    caller = newUser();
    ended = new AbortController();
    arrived = [];
    const signals = new PostgresUserSignals(listeners[0]);
    const { threads, turns, inputs } = stores;
    const followed = await new FollowUser(signals, threads, turns, inputs).open(caller);
    events = followed.events(ended.signal);
    // Behind the first one: what has come here has come there.
    const leave = await signals.follow(caller, (signal) => void arrived.push(signal));
    ended.signal.addEventListener('abort', () => [followed.close, leave].forEach((go) => go()));
    expect(await next()).toEqual({ type: 'connected', data: {} });
  });
  afterEach(() => ended.abort());

  async function next() {
    const { value } = await events.next();
    expect(value).toHaveLength(1);
    const { at, ...event } = value![0]!;
    expect(new Date(at).toISOString()).toBe(at);
    return event;
  }

  it('is shown what has happened as it is when that is read, and several alike once', async () => {
    const id = await newThread(caller);
    await stores.threads.update(caller, id, { title: 'One' });
    await stores.threads.update(caller, id, { title: 'Two' });
    const turn = newTurn(caller, id);
    await stores.turns.accept(turn);
    await until(() => arrived.length === 5);
    const thread = await stores.threads.find(caller, id);
    expect(thread).toMatchObject({ title: 'Two', status: 'running', messageCount: 2 });
    expect([await next(), await next(), await next()]).toEqual([
      { type: 'thread_created', data: { thread } },
      { type: 'thread_updated', data: { thread } },
      {
        type: 'turn_started',
        data: { threadId: id, turn: await stores.turns.find(caller, id, turn.turnId) },
      },
    ]);
  });

  it('is not shown what is gone by then, but that it is gone', async () => {
    const id = await newThread(caller);
    const thread = await stores.threads.find(caller, id);
    await stores.turns.accept(newTurn(caller, id));
    await stores.threads.remove(caller, id, true);
    await until(() => arrived.length === 4);
    expect(await next()).toEqual({
      type: 'thread_deleted',
      data: {
        thread: {
          ...thread,
          title: 'Hello',
          messageCount: 2,
          updatedAt: expect.any(String),
          headTurnId: expect.any(String),
        },
      },
    });
  });

  it.each([
    [0, 'as it was'],
    [3, 'without what is above the clearance'],
  ])(
    'at level %d is shown an input that was closed, although it is gone with its thread by then, %s',
    async (level) => {
      const id = await newThread(caller);
      const turn = newTurn(caller, id);
      await stores.turns.accept(turn);
      const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
      const asked = {
        id: newId(),
        key: 'review',
        kind: 'human_step',
        prompt: 'Well?',
        schema: null,
        expiresAt,
      } as const;
      const event = {
        seq: 2,
        turnId: turn.turnId,
        type: 'input_required',
        data: '{}',
        at: expiresAt,
        level,
      } as const;
      const wait = { epoch: 1, fromSeq: 1, events: [event], inputs: [asked], workflowRunId: null };
      await stores.turns.suspend({ context: contextOf(turn), ...wait });
      await stores.inputs.answer(caller, asked.id, { outcome: 'cancelled' });
      const input = await stores.inputs.find(caller, asked.id);
      expect(input).toMatchObject({ status: 'cancelled', prompt: level === 0 ? 'Well?' : '[withheld]' });
      await stores.threads.remove(caller, id, true);
      await until(() => arrived.at(-1)?.kind === 'thread_deleted');
      expect(await next()).toEqual({ type: 'input_closed', data: { input } });
      expect((await next()).type).toBe('thread_deleted');
    },
  );

  it('is told to begin anew when something may have been lost', async () => {
    await cut();
    expect(await next()).toEqual({ type: 'connected', data: {} });
    await newThread(caller);
    expect((await next()).type).toBe('thread_created');
  });

  it('is told nothing any more once the stream is to end', async () => {
    const last = events.next();
    ended.abort();
    expect(await last).toEqual({ done: true, value: undefined });
    expect((await events.next()).done).toBe(true);
  });
});
