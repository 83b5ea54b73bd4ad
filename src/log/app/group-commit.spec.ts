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
