import { retryAfterSeconds } from './retry-after.js';

describe('the pause a provider asks for', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');

  it.each([
    ['Thu, 01 Jan 2026 00:00:20 GMT', 20],
    ['Thu, 01 Jan 2026 03:00:00 GMT', 60],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['1.2', 2],
  ])('is read from %s', (value, seconds) => {
    expect(retryAfterSeconds(new Headers({ 'retry-after': value }), now)).toBe(seconds);
  });

  it('is unknown without a header', () => {
    expect(retryAfterSeconds(undefined, now)).toBeUndefined();
  });
});
