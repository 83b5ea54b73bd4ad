import { WindowCounter } from './window-counter.js';

describe('counting in windows', () => {
  let now = 0;
  const counter = (maxKeys?: number) => new WindowCounter(maxKeys, () => now);

  beforeEach(() => {
    now = 1_000;
  });

  it('blocks what comes after the limit, until the window ends', async () => {
    const hits = counter();
    expect(await hits.increment('a', 60_000, 2)).toMatchObject({
      totalHits: 1,
      isBlocked: false,
      timeToExpire: 60,
    });
    expect(await hits.increment('a', 60_000, 2)).toMatchObject({ totalHits: 2, isBlocked: false });
    now += 10_500;
    expect(await hits.increment('a', 60_000, 2)).toMatchObject({ isBlocked: true, timeToBlockExpire: 50 });
    now += 49_500;
    expect(await hits.increment('a', 60_000, 2)).toMatchObject({ totalHits: 1, isBlocked: false });
  });

  it('counts keys apart', async () => {
    const hits = counter();
    await hits.increment('a', 60_000, 1);
    expect(await hits.increment('b', 60_000, 1)).toMatchObject({ isBlocked: false });
    expect(await hits.increment('a', 60_000, 1)).toMatchObject({ isBlocked: true });
  });

  it('forgets windows that have ended', async () => {
    const hits = counter();
    for (let key = 0; key < 100; key += 1) await hits.increment(`${key}`, 1_000, 1);
    now += 2_000;
    await hits.increment('new', 1_000, 1);
    expect(hits.size).toBe(1);
  });

  it('keeps no more keys than it may, and gives up the oldest first', async () => {
    const hits = counter(3);
    for (const key of ['a', 'b', 'c', 'd']) await hits.increment(key, 60_000, 1);
    expect(hits.size).toBe(3);
    expect(await hits.increment('d', 60_000, 1)).toMatchObject({ isBlocked: true });
    expect(await hits.increment('a', 60_000, 1)).toMatchObject({ isBlocked: false });
  });
});
