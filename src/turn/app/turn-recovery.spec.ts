import { Logger } from '@nestjs/common';
import { MemoryTurnEventLog } from '../../../test/doubles/memory-turn-event-log.js';
import type { CompletedStep, Sink, StepEvent, StepOutcome } from '../../kernel/index.js';
import {
  dataOf,
  GroupCommit,
  isOfType,
  LogMetrics,
  pieceData,
  ThreadFeeds,
  type LoggedEvent,
} from '../../log/index.js';
import { Metrics } from '../../platform/telemetry/index.js';
import type { TurnContext, TurnExecutor } from '../ports/turn-executor.js';
import type { ExpiredTurn, Lease, MessageBegun, TurnEnd, TurnStore } from '../ports/turn-store.js';
import { TurnRecovery } from './turn-recovery.js';
import { TurnMetrics } from './turn-metrics.js';
import { TurnCapacity } from './turn-capacity.js';
import { TurnRunner } from './turn-runner.js';

const OUTCOME: StepOutcome = {
  finishReason: 'stop',
  usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
  citations: [],
  toolCalls: [],
  closing: [],
  workflow: { workflow: 'chat', runId: 'run', step: 'answer', status: 'waiting' },
};

const context = {
  turnId: 't1',
  threadId: 'thread',
  assistantMessageId: 'm1',
  request: {},
} as unknown as TurnContext;

/** Says one word, and ends when that is over. */
async function saying(text: string, over: Promise<unknown>, tell: Sink<StepEvent>): Promise<StepOutcome> {
  await tell({ type: 'text', text });
  await over;
  return OUTCOME;
}

/** Rejects with the signal's reason. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

/** Says one word and ends, or has completed its step before. */
class Executor implements TurnExecutor {
  completed: CompletedStep | undefined;
  readonly heard: string[] = [];
  executed = 0;

  execute(...[, , tell]: Parameters<TurnExecutor['execute']>): ReturnType<TurnExecutor['execute']> {
    this.executed += 1;
    return saying('anew', Promise.resolve(), tell);
  }

  completedStep(_turn: TurnContext, said: string): Promise<CompletedStep | undefined> {
    this.heard.push(said);
    return Promise.resolve(this.completed);
  }
}

function setUp() {
  const log = new MemoryTurnEventLog();
  log.open('thread', 't1');
  const ends: TurnEnd[] = [];
  const expired: ExpiredTurn[] = [];
  const released: Lease[] = [];
  const begun: MessageBegun[] = [];
  const store = {
    async beginMessage(message: MessageBegun) {
      const { epoch, fromSeq, events } = message;
      await log.append([{ threadId: 'thread', turnId: 't1', epoch, fromSeq, events }]);
      return begun.push(message) > 0;
    },
    claimExpired: (limit: number) => Promise.resolve(expired.splice(0, limit)),
    claimExpiredTurn: () => Promise.resolve(expired.shift()),
    release: (lease: Lease) => Promise.resolve(released.push(lease) > 0),
    async finish(end: TurnEnd) {
      const { epoch, fromSeq, events } = end;
      await log.append([{ threadId: 'thread', turnId: 't1', epoch, fromSeq, events }]);
      return { isStored: ends.push(end) > 0, nextId: undefined };
    },
  } as unknown as TurnStore;
  const executor = new Executor();
  const inputs = { resolvedOf: () => Promise.resolve(new Map<string, never>()) };
  const metrics = new Metrics({ METRICS: false });
  const feeds = new ThreadFeeds({ follow() {}, unfollow() {}, publish() {}, forget() {} });
  const room = new TurnCapacity({ MAX_CONCURRENT_TURNS: 5 });
  const commit = new GroupCommit(log, feeds, new LogMetrics(metrics));
  const runner = new TurnRunner(executor, store, commit, feeds, new TurnMetrics(metrics), room);
  const recovery = new TurnRecovery(store, log, executor, inputs, runner, room, feeds);
  return { log, ends, expired, released, begun, executor, runner, room, recovery };
}

/** The turn as another process left it: with these pieces said, and a lease that has run out. */
async function leftWith(
  log: MemoryTurnEventLog,
  pieces: readonly string[],
  change: Partial<ExpiredTurn> = {},
  level?: number,
) {
  const events = pieces.map((piece, index): LoggedEvent => ({
    seq: index + 1,
    turnId: 't1',
    type: 'ai_response',
    data: pieceData('m1', piece),
    at: '2026-01-02T03:04:05.678Z',
    level,
  }));
  await log.append([{ threadId: 'thread', turnId: 't1', epoch: 1, fromSeq: 0, events }]);
  log.threads.get('thread')!.epoch = 2;
  const lease = { context, epoch: 2, lastSeq: events.length, firstSeq: 1 };
  const expired: ExpiredTurn = {
    ...lease,
    attempt: 2,
    stop: undefined,
    wasReleased: false,
    isResuming: false,
    runsAgain: true,
    ...change,
  };
  return expired;
}

const resets = (log: MemoryTurnEventLog) =>
  log.threads.get('thread')!.events.flatMap((event) => (isOfType(event, 'ai_reset') ? [dataOf(event)] : []));

describe('a turn that another process left behind', () => {
  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(['warn', 'error']));

  it('is answered anew, after its readers were told to forget', async () => {
    const { log, ends, expired, executor, runner, recovery } = setUp();
    expired.push(await leftWith(log, ['half', ' said']));
    await recovery.recoverAll();
    await runner.waitForAll(5_000);

    expect(executor.heard).toEqual(['half said']);
    expect(resets(log)).toEqual([{ messageId: 'm1', reason: 'INTERNAL', attempt: 2 }]);
    expect(ends.map(({ outcome, message }) => [outcome, message.content])).toEqual([['completed', 'anew']]);
  });

  it('says so when it was let go of on purpose, and counts on from what its readers heard', async () => {
    const { log, expired, runner, room, recovery } = setUp();
    const turn = await leftWith(log, ['half'], { wasReleased: true, attempt: 4 });
    expired.push(turn);
    await recovery.recoverOne('t1', room.acquire());
    await runner.waitForAll(5_000);
    expect(resets(log)).toEqual([{ messageId: 'm1', reason: 'SHUTTING_DOWN', attempt: 4 }]);
    expect(room.free).toBe(5);
  });

  it('is not run again when its step was completed: readers get the rest', async () => {
    const { log, ends, expired, executor, runner, recovery } = setUp();
    executor.completed = {
      content: 'the whole text',
      provider: 'p',
      model: 'm',
      step: 'answer',
      outcome: OUTCOME,
    };
    expired.push(await leftWith(log, ['the who']));
    await recovery.recoverAll();
    await runner.waitForAll(5_000);

    expect(executor.executed).toBe(0);
    expect(resets(log)).toEqual([]);
    const said = log.threads
      .get('thread')!
      .events.flatMap((event) => (isOfType(event, 'ai_response') ? [dataOf(event).content] : []));
    expect(said.join('')).toBe('the whole text');
    expect(ends[0]).toMatchObject({
      outcome: 'completed',
      message: { content: 'the whole text', provider: 'p' },
    });
  });

  it.each([
    [undefined, 'interrupted', 'INTERNAL'],
    ['cancelled', 'cancelled', undefined],
    ['interrupted', 'interrupted', undefined],
  ] as const)('ends with what was said when it may not run again (%s)', async (stop, outcome, code) => {
    const { log, ends, expired, executor, recovery } = setUp();
    expired.push(await leftWith(log, ['partial'], { runsAgain: false, stop }));
    await recovery.recoverAll();

    expect(executor.executed).toBe(0);
    expect(ends[0]).toMatchObject({ outcome, message: { content: 'partial' } });
    expect(ends[0]!.error?.code).toBe(code);
  });

  it.each([
    [false, 'This call was cancelled. Whether it took effect is unknown.'],
    [true, 'This call was cancelled before it began.'],
  ])('has a result for each of its calls when it is stopped (let go of: %s)', async (wasReleased, came) => {
    const { log, ends, expired, begun, recovery } = setUp();
    const turn = await leftWith(log, ['Looking.'], { runsAgain: false, stop: 'cancelled', wasReleased });
    const call = { messageId: 'm1', name: 'look', arguments: '{}', status: 'requested' };
    const told = (callId: string, seq: number): LoggedEvent => ({
      ...{ seq, turnId: 't1', type: 'tool_call', data: JSON.stringify({ ...call, callId }) },
      at: '2026-01-02T03:04:05.678Z',
    });
    const events = [told('a', 2), told('b', 3)];
    await log.append([{ threadId: 'thread', turnId: 't1', epoch: 2, fromSeq: 1, events }]);
    expired.push({ ...turn, lastSeq: 3 });
    await recovery.recoverAll();

    const results = log.threads
      .get('thread')!
      .events.flatMap((event) => (isOfType(event, 'tool_result') ? [dataOf(event)] : []));
    expect(results.map(({ callId, ok, content }) => [callId, ok, content])).toEqual([
      ['a', false, came],
      ['b', false, came],
    ]);
    expect(begun.map(({ message }) => [message.role, message.toolCallId, message.content])).toEqual(
      results.map(({ callId, content }) => ['tool', callId, content]),
    );
    expect(ends.map(({ outcome }) => outcome)).toEqual(['cancelled']);
  });

  it('is as high as what it was drawn from, whether it is ended or completed', async () => {
    const ended = setUp();
    ended.expired.push(await leftWith(ended.log, ['partial'], { runsAgain: false, stop: 'cancelled' }, 3));
    await ended.recovery.recoverAll();
    expect(ended.ends[0]!.basis?.level).toBe(3);
    expect(ended.ends[0]!.events.map(({ level }) => level)).toEqual([3]);

    const { log, ends, expired, executor, runner, recovery } = setUp();
    const outcome = { ...OUTCOME, basis: { level: 2, documents: ['d1'] } };
    executor.completed = { content: 'the whole', provider: 'p', model: 'm', step: 'answer', outcome };
    expired.push(await leftWith(log, ['the'], {}, 2));
    await recovery.recoverAll();
    await runner.waitForAll(5_000);
    expect(ends[0]!.basis).toEqual({ level: 2, documents: ['d1'] });
    expect(new Set(log.threads.get('thread')!.events.map(({ level }) => level))).toEqual(new Set([2]));
  });

  it('is of no known level when a former release has said it', async () => {
    const { log, ends, expired, recovery } = setUp();
    expired.push(await leftWith(log, ['partial'], { runsAgain: false, stop: 'cancelled' }));
    await recovery.recoverAll();
    expect(ends[0]!.basis).toBeUndefined();
  });

  it('is left to others while there is no room here', async () => {
    const { log, expired, room, recovery } = setUp();
    expired.push(await leftWith(log, []));
    for (let taken = 0; taken < 5; taken += 1) room.acquire();
    await recovery.recoverAll();
    expect(expired).toHaveLength(1);
  });
});

describe('a turn whose process is stopping', () => {
  it('is let go of with everything stored that was said, and brought to others', async () => {
    const { log, ends, released, executor, runner } = setUp();
    executor.execute = (_turn, signal, tell) => saying('so far', aborted(signal), tell);
    const offered: string[] = [];
    runner.onNext((turnId) => Promise.resolve(void offered.push(turnId)));
    runner.start({ context, epoch: 1, lastSeq: 0 });
    while (log.threads.get('thread')!.events.length === 0) await new Promise(setImmediate);
    await runner.endAll(true);

    expect(released.map(({ context: { turnId } }) => turnId)).toEqual(['t1']);
    expect(offered).toEqual(['t1']);
    expect(ends).toEqual([]);
    expect(runner.turnIds()).toEqual([]);
  });

  it('is let go of at once where its executor leaves something to others', async () => {
    const { ends, released, executor, runner } = setUp();
    executor.execute = ({ leaving }, _signal, tell) => saying('so far', aborted(leaving!), tell);
    runner.start({ context, epoch: 1, lastSeq: 0 });
    runner.prepareToLeave();
    await runner.waitForAll(5_000);
    expect([released.length, ends.length]).toEqual([1, 0]);
  });
});

describe('a turn that is to stop before it is known to run here', () => {
  it('stops as soon as it begins', async () => {
    const { ends, executor, runner } = setUp();
    executor.execute = (_turn, signal, tell) => saying('so far', aborted(signal), tell);
    await runner.stop('t1', 'interrupted');
    runner.start({ context, epoch: 1, lastSeq: 0 });
    await runner.waitForAll(5_000);

    expect(ends.map(({ outcome }) => outcome)).toEqual(['interrupted']);
  });
});
