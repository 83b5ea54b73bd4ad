import { backoffMs, waitMs } from './backoff.js';

const most = () => 0.999_999;
const least = () => 0;

describe('the pause before a repeated request', () => {
  it('has a bound that doubles from half a second to eight', () => {
    const bounds = [1, 2, 3, 4, 5, 6, 60, 2_000].map(
      (attempt) => Math.ceil(backoffMs(attempt, most) / 100) * 100,
    );
    expect(bounds).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000]);
  });

  it('may be anything below its bound', () => {
    expect([least, () => 0.25, () => 0.5].map((random) => backoffMs(3, random))).toEqual([0, 500, 1_000]);
  });

  it('is at least as long as the provider said', () => {
    const wait = { attempt: 1, retryAfterSeconds: 3, maxWaitMs: 10_000 };
    expect(waitMs({ ...wait, random: least })).toBe(3_000);
    expect(waitMs({ ...wait, random: () => 0.5 })).toBe(3_250);
    expect(waitMs({ ...wait, retryAfterSeconds: 0.0001, random: least })).toBe(1);
  });

  it('is not there when the provider asks for more than is allowed', () => {
    const wait = { attempt: 1, maxWaitMs: 10_000, random: most };
    expect(waitMs({ ...wait, retryAfterSeconds: 10 })).toBe(10_000);
    expect(waitMs({ ...wait, retryAfterSeconds: 10.001 })).toBeUndefined();
    expect(waitMs({ ...wait, retryAfterSeconds: Number.NaN })).toBeUndefined();
    expect(waitMs({ ...wait, retryAfterSeconds: Number.POSITIVE_INFINITY })).toBeUndefined();
  });

  it('never exceeds what is allowed, which may be nothing', () => {
    const wait = { attempt: 5, retryAfterSeconds: undefined, random: most };
    expect(waitMs({ ...wait, maxWaitMs: 700 })).toBe(700);
    expect(waitMs({ ...wait, maxWaitMs: 0 })).toBe(0);
  });
});
