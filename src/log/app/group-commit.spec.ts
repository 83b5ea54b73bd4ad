import { Logger } from '@nestjs/common';
import { MemoryTurnEventLog } from '../../../test/doubles/memory-turn-event-log.js';
import { Metrics } from '../../platform/telemetry/index.js';
import { EventRefusedError } from '../core/errors.js';
import type { AppendRequest } from '../ports/turn-event-log.js';
import { GroupCommit } from './group-commit.js';
import { LogMetrics } from './log-metrics.js';
import { ThreadFeeds } from './thread-feeds.js';
import { TurnWriter } from './turn-writer.js';

const refusal = () => Object.assign(new Error('refused'), { code: '22P05', severity: 'ERROR' });
const step = (name: string) =>
  ({ type: 'ai_reset', data: { messageId: name, reason: 'INTERNAL', attempt: 1 } }) as const;

describe('a batch of which the log refuses one event for good', () => {
  let log: MemoryTurnEventLog;
  let commit: GroupCommit;
  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(['warn', 'error']));
  beforeEach(() => {
    log = new MemoryTurnEventLog();
    log.beforeAppend = (requests: readonly AppendRequest[]) => {
      if (JSON.stringify(requests).includes('poison')) throw refusal();
    };
    commit = new GroupCommit(
      log,
      new ThreadFeeds({ follow() {}, forget() {}, publish() {}, unfollow() {} }),
      new LogMetrics(new Metrics({ METRICS: false })),
    );
  });
  const writer = (name: string) => {
    log.open(`thread-${name}`, name);
    return new TurnWriter(commit, `thread-${name}`, name, `message-${name}`, 1, 0);
  };
  const stored = (name: string) =>
    log.threads.get(`thread-${name}`)!.events.map(({ data }) => JSON.parse(data).messageId);

  it('costs the turns beside it nothing', async () => {
    const writers = Array.from({ length: 7 }, (_, index) => writer(`t${index}`));
    writers.forEach((each, index) => each.event(step(index === 4 ? 'poison' : 'good')));
    const outcomes = await Promise.allSettled(writers.map((each) => each.stored()));

    expect(outcomes.map(({ status }) => status === 'rejected')).toEqual(
      writers.map((_, index) => index === 4),
    );
    expect((outcomes[4] as PromiseRejectedResult).reason).toBeInstanceOf(EventRefusedError);
    expect(stored('t3')).toEqual(['good']);
  });

  it.each([0, 1, 2, 3, 4, 5, 6])(
    'keeps the events of its turn that come before it: %p of 7',
    async (place) => {
      const own = writer('own');
      for (let index = 0; index < 7; index += 1) own.event(step(index === place ? 'poison' : `e${index}`));
      await expect(own.stored()).rejects.toThrow(EventRefusedError);

      expect(stored('own')).toEqual(Array.from({ length: place }, (_, index) => `e${index}`));
      expect(own.lastSeq).toBe(place);
      expect(own.encodeAlong([step('end')])).toMatchObject([{ seq: place + 1 }]);
    },
  );
});

describe('pieces of many turns', () => {
  const COUNT = 600;
  let log: MemoryTurnEventLog;
  let writers: readonly TurnWriter[];
  beforeEach(() => {
    jest.useFakeTimers();
    log = new MemoryTurnEventLog();
    const feeds = new ThreadFeeds({ follow() {}, forget() {}, publish() {}, unfollow() {} });
    const commit = new GroupCommit(log, feeds, new LogMetrics(new Metrics({ METRICS: false })));
    writers = Array.from({ length: COUNT }, (_, index) => {
      log.open(`thread-${index}`, `turn-${index}`);
      return new TurnWriter(commit, `thread-${index}`, `turn-${index}`, 'message', 1, 0);
    });
  });
  afterEach(() => jest.useRealTimers());

  /** Each of the turns says something, one after the other, a millisecond apart. */
  const sayInTurn = async (content: string, turns = writers) => {
    for (const writer of turns) {
      writer.piece('ai_response', content);
      await jest.advanceTimersByTimeAsync(1);
    }
  };
  const textOf = (index: number) =>
    log.threads
      .get(`thread-${index}`)!
      .events.map(({ data }) => JSON.parse(data).content)
      .join('');

  it('are written together, and none is left behind', async () => {
    await sayInTurn('a');
    log.appends = 0;
    await sayInTurn('b');
    await jest.advanceTimersByTimeAsync(100);

    expect(log.appends).toBeGreaterThan(1);
    expect(log.appends).toBeLessThan(COUNT / 20);
    expect(writers.every((_, index) => textOf(index) === 'ab')).toBe(true);
  });

  it('do not hold up the first piece of an answer, nor any other event', async () => {
    await sayInTurn('a', writers.slice(1));
    await sayInTurn('b', writers.slice(1, 3));
    log.appends = 0;
    writers[0]!.piece('ai_response', 'first');
    await jest.advanceTimersByTimeAsync(0);
    expect(textOf(0)).toBe('first');

    writers[0]!.piece('ai_response', 'second');
    await jest.advanceTimersByTimeAsync(0);
    expect(textOf(0)).toBe('first');
    writers[0]!.event(step('other'));
    await jest.advanceTimersByTimeAsync(0);
    expect(log.threads.get('thread-0')!.events).toHaveLength(3);
    expect(log.appends).toBe(2);
  });

  it('wait for nothing where few turns write', async () => {
    await sayInTurn('a', writers.slice(0, 20));
    await jest.advanceTimersByTimeAsync(250);
    log.appends = 0;
    await sayInTurn('b', writers.slice(0, 20));

    expect(log.appends).toBe(20);
  });
});
