import { Logger } from '@nestjs/common';
import type { Config } from '../../platform/config/index.js';
import { until } from '../../../test/support/until.js';
import { ThreadFeeds } from '../../log/index.js';
import type { TurnQueue } from '../ports/turn-queue.js';
import type { ClaimedTurn, Lease, OwnersAtCapacity, TurnStore } from '../ports/turn-store.js';
import { QueuedTurns } from './queued-turns.js';
import type { TurnRecovery } from './turn-recovery.js';
import { DrainState } from './drain-state.js';
import type { Ending } from './turn-ending.js';
import { TurnCapacity } from './turn-capacity.js';
import type { TurnRunner } from './turn-runner.js';

const claimed = (turnId: string, stop?: ClaimedTurn['stop'], user = 'ada') =>
  ({
    context: { turnId, threadId: 'thread', caller: { org: 'acme', id: user } },
    epoch: 1,
    lastSeq: 1,
    savedEvent: { seq: 1, turnId, type: 'message_saved', data: '{}', at: '' },
    stop,
  }) as unknown as ClaimedTurn;

function setUp(role: Config['ROLE'] = 'all', places = 1) {
  const waiting = new Map<string, ClaimedTurn>();
  const told = {
    offered: [] as string[],
    started: [] as string[],
    ended: [] as string[],
    taken: [] as string[],
    open: [] as boolean[],
  };
  const leaves: (() => void)[] = [];
  let take: ((turnId: string) => Promise<void>) | undefined;
  const isWithout = ({ context: { caller } }: ClaimedTurn, without: OwnersAtCapacity | undefined) =>
    without?.users.includes(`${caller.org}\n${caller.id}`);
  const claim = (turnId: string, without?: OwnersAtCapacity) => {
    const turn = waiting.get(turnId);
    if (turn === undefined || isWithout(turn, without)) return Promise.resolve(undefined);
    waiting.delete(turnId);
    return Promise.resolve(turn);
  };
  const store = {
    claim,
    claimWaiting: async (limit: number, without?: OwnersAtCapacity) =>
      Promise.all(
        [...waiting.values()]
          .filter((turn) => !isWithout(turn, without))
          .slice(0, limit)
          .map(async ({ context }) => (await claim(context.turnId))!),
      ),
  } as unknown as TurnStore;
  const queue: TurnQueue = {
    offer: (turnId) => Promise.resolve(told.offered.push(turnId) > 0),
    consume: (consumer) => Promise.resolve(void (take = consumer)),
    setOpen: (isOpen) => void told.open.push(isOpen),
    close: () => Promise.resolve(),
  };
  const room = new TurnCapacity({ MAX_CONCURRENT_TURNS: places });
  const runner = {
    onNext: () => undefined,
    start: (lease: Lease, _resumption: undefined, leave: () => void) => {
      told.started.push(lease.context.turnId);
      leaves.push(leave);
    },
    end: (lease: Lease, ending: Ending) =>
      Promise.resolve(void told.ended.push(`${lease.context.turnId} ${ending.outcome}`)),
  } as unknown as TurnRunner;
  const recovery = {
    recoverOne: (turnId: string) => Promise.resolve(void told.taken.push(turnId)),
  } as unknown as TurnRecovery;
  const drainState = new DrainState();
  const feeds = new ThreadFeeds({ follow() {}, unfollow() {}, publish() {}, forget() {} });
  const queued = new QueuedTurns({ ROLE: role }, store, queue, runner, recovery, room, drainState, feeds);
  return {
    queued,
    waiting,
    told,
    leaves,
    room,
    drainState,
    take: (turnId: string) => take!(turnId),
    consumes: () => take !== undefined,
  };
}

describe('turns that wait', () => {
  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(['warn', 'error']));

  it('begin here when there is room, and go to the queue when there is none', async () => {
    const { queued, waiting, told, room } = setUp();
    waiting.set('a', claimed('a'));
    await queued.dispatch('a');
    expect(room.free).toBe(0);
    await queued.dispatch('b');
    expect(told).toMatchObject({ started: ['a'], offered: ['b'] });
  });

  it('go to the queue from a process that only serves, or is stopping', async () => {
    const api = setUp('api');
    await api.queued.start();
    await api.queued.dispatch('a');
    expect(api.told.offered).toEqual(['a']);
    expect(api.consumes()).toBe(false);

    const stopping = setUp();
    stopping.drainState.startDraining();
    await stopping.queued.dispatch('b');
    expect(stopping.told.offered).toEqual(['b']);
  });

  it('come from the queue only while there is room', async () => {
    const { queued, told, room } = setUp();
    await queued.start();
    const leave = room.acquire();
    leave();
    expect(told.open).toEqual([false, true]);
  });

  it('are never more at once than there is room for, however many come together', async () => {
    const { queued, waiting, told, take } = setUp('all', 2);
    await queued.start();
    const ids = ['a', 'b', 'c', 'd'];
    for (const id of ids) waiting.set(id, claimed(id));
    const taken = await Promise.allSettled(ids.map(take));
    expect(told.started).toEqual(['a', 'b']);
    expect(taken.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
  });

  it('end where they are when they were stopped, also in a process that only serves', async () => {
    const { queued, waiting, told, room } = setUp('api');
    waiting.set('a', claimed('a', 'cancelled'));
    await queued.endStopped('a');
    expect(told.ended).toEqual(['a cancelled']);
    expect(room.free).toBe(1);
  });

  it('may have been let go of by another process, and are taken over then', async () => {
    const { queued, told, take } = setUp();
    await queued.start();
    await take('gone');
    expect(told).toMatchObject({ started: [], taken: ['gone'] });
  });

  it('end without having run when they were stopped in line', async () => {
    const { queued, waiting, told } = setUp();
    waiting.set('a', claimed('a', 'cancelled'));
    await queued.dispatch('a');
    expect(told).toMatchObject({ started: [], ended: ['a cancelled'] });
  });

  it('are found when the queue has lost them, as many as there is room for', async () => {
    const { queued, waiting, told } = setUp('worker', 2);
    for (const id of ['a', 'b', 'c']) waiting.set(id, claimed(id, undefined, `user of ${id}`));
    await queued.beginWaiting();
    expect(told.started).toEqual(['a', 'b']);
    expect([...waiting.keys()]).toEqual(['c']);
  });

  it('let others pass when their user has a share already, and begin when one of theirs has ended', async () => {
    const { queued, waiting, told, leaves } = setUp('all', 3);
    await queued.start();
    for (const id of ['a', 'b', 'c', 'd']) waiting.set(id, claimed(id));
    waiting.set('other', claimed('other', undefined, 'bob'));
    await queued.beginWaiting();
    expect(told.started).toEqual(['a', 'b', 'other']);
    leaves[0]!();
    leaves[1]!();
    await until(() => told.started.length === 4);
    expect(told.started.at(-1)).toBe('c');
  });

  it('begin as soon as there is room here, without the queue', async () => {
    const { queued, waiting, told, room } = setUp();
    await queued.start();
    const leave = room.acquire();
    waiting.set('a', claimed('a'));
    await queued.dispatch('a');
    expect(told).toMatchObject({ started: [], offered: ['a'] });
    leave();
    await until(() => told.started.length === 1);
  });
});
