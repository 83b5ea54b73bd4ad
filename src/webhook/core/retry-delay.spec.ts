import { retryDelay } from './retry-delay.js';

describe('the pause before a delivery is tried again', () => {
  it('grows with each failure, and ends after about a day', () => {
    const delays: number[] = [];
    for (let attempts = 1; ; attempts += 1) {
      const delay = retryDelay(attempts, 0);
      if (delay === undefined) break;
      delays.push(delay);
    }
    expect(delays).toHaveLength(9);
    expect(delays).toEqual(delays.toSorted((one, other) => one - other));
    const hours = delays.reduce((sum, delay) => sum + delay, 0) / 3_600_000;
    expect(hours).toBeGreaterThan(20);
    expect(hours).toBeLessThan(26);
  });

  it('is not the same for all that failed at once', () => {
    expect(retryDelay(3, 0.99)).toBeGreaterThan(retryDelay(3, 0)!);
  });

  it('is as long as the receiver asks for, up to an hour', () => {
    expect(retryDelay(1, 0, 30_000)).toBe(30_000);
    expect(retryDelay(1, 0, 9_000_000)).toBe(3_600_000);
    expect(retryDelay(10, 0, 30_000)).toBeUndefined();
  });
});
