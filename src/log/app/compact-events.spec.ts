import { Logger } from '@nestjs/common';
import { CompactEvents } from './compact-events.js';

/** Compaction of which so many turns are due. */
function compactionOf(due: number) {
  const asked: number[][] = [];
  let underWay = 0;
  const retention = {
    most: 0,
    failures: 0,
    async compact(retentionMs: number, limit: number) {
      asked.push([retentionMs, limit]);
      underWay += 1;
      retention.most = Math.max(retention.most, underWay);
      await new Promise(setImmediate);
      underWay -= 1;
      if (retention.failures > 0) {
        retention.failures -= 1;
        throw new Error('the database is away');
      }
      const taken = Math.min(limit, due);
      due -= taken;
      return taken;
    },
  };
  const compactEvents = new CompactEvents(retention, { EVENT_RETENTION: 1_234 });
  return { compactEvents, retention, asked, left: () => due };
}

describe('compacting events', () => {
  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(['warn', 'error']));

  it('goes on in rounds of a few turns until none is due', async () => {
    const { compactEvents, asked, left } = compactionOf(90);
    await compactEvents.run();

    expect(left()).toBe(0);
    expect(asked.length).toBeGreaterThan(2);
    expect(new Set(asked.map(([retentionMs]) => retentionMs))).toEqual(new Set([1_234]));
    expect(Math.max(...asked.map(([, limit]) => limit!))).toBeLessThanOrEqual(50);
  });

  it('is done by one call at a time', async () => {
    const { compactEvents, retention, left } = compactionOf(60);
    await Promise.all([compactEvents.run(), compactEvents.run(), compactEvents.run()]);

    expect([retention.most, left()]).toEqual([1, 0]);
  });

  it('survives a database that is away, and is taken up by the next call', async () => {
    const { compactEvents, retention, left } = compactionOf(5);
    retention.failures = 1;
    await compactEvents.run();
    expect(left()).toBe(5);
    await compactEvents.run();
    expect(left()).toBe(0);
  });

  it('begins no round after it was told to stop', async () => {
    const { compactEvents, left } = compactionOf(1_000);
    const running = compactEvents.run();
    compactEvents.beforeApplicationShutdown();
    await running;
    expect(left()).toBeGreaterThan(900);
    const atStop = left();
    await compactEvents.run();
    expect(left()).toBe(atStop);
  });
});
