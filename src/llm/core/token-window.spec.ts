import { TokenWindow } from './token-window.js';

describe('the window of a minute', () => {
  let now = 0;
  const window = (limit: number) => new TokenWindow(limit, () => now);

  beforeEach(() => {
    now = 1_000_000;
  });

  it('has room until the limit is reached', () => {
    const tokens = window(100);
    tokens.reserve(60);
    expect(tokens.waitMs(40)).toBe(0);
    expect(tokens.waitMs(41)).toBe(60_000);
    expect(tokens.used).toBe(60);
  });

  it('has room again a minute after an amount was taken', () => {
    const tokens = window(100);
    tokens.reserve(60);
    now += 20_000;
    tokens.reserve(30);
    expect(tokens.waitMs(20)).toBe(40_000);
    expect(tokens.waitMs(90)).toBe(60_000);
    now += 39_999;
    expect(tokens.waitMs(20)).toBe(1);
    now += 1;
    expect(tokens.waitMs(20)).toBe(0);
    expect(tokens.used).toBe(30);
  });

  it('never counts less than was taken in the last minute', () => {
    const tokens = window(1_000_000);
    const taken: { at: number; amount: number }[] = [];
    for (let step = 0; step < 2_000; step += 1) {
      now += (step * 7_919) % 400;
      const amount = 1 + ((step * 104_729) % 50);
      tokens.reserve(amount);
      taken.push({ at: now, amount });
      const inMinute = taken.filter(({ at }) => at > now - 60_000);
      expect(tokens.used).toBeGreaterThanOrEqual(inMinute.reduce((sum, item) => sum + item.amount, 0));
    }
  });

  it('lets through what is larger than the limit when nothing else is there, and only then', () => {
    const tokens = window(100);
    expect(tokens.waitMs(5_000)).toBe(0);
    tokens.reserve(1);
    expect(tokens.waitMs(5_000)).toBe(60_000);
    now += 60_000;
    expect(tokens.waitMs(5_000)).toBe(0);
    tokens.reserve(5_000);
    expect(tokens.waitMs(1)).toBe(60_000);
  });

  it('gives back what an estimate had too much, and takes what it had too little', () => {
    const tokens = window(100);
    const taken = tokens.reserve(80);
    taken.correct(10);
    expect(tokens.used).toBe(10);
    taken.correct(95);
    expect(tokens.used).toBe(95);
  });

  it('leaves alone what others took when a correction comes late', () => {
    const tokens = window(100);
    const taken = tokens.reserve(80);
    now += 60_000;
    tokens.reserve(50);
    taken.correct(0);
    expect(tokens.used).toBe(50);
  });
});
