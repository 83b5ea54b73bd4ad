import { cutRuns, samplesOf } from './token-samples.js';

describe('the samples of a text', () => {
  it.each(['', 'short', 'word '.repeat(3_000), '中'.repeat(20_000)])(
    'are all of a text of this size: %#',
    (text) => {
      expect([...samplesOf(text)].join('')).toBe(text);
    },
  );

  it('are a bounded part of a longer one, from its beginning to its end', () => {
    const text = `first ${'word '.repeat(1_000_000)}`;
    const samples = [...samplesOf(text)];
    expect(samples[0]).toMatch(/^first/);
    expect(samples.length).toBeGreaterThan(10);
    expect(samples.join('').length).toBeLessThan(40_000);
    expect(samples.every((sample) => text.includes(sample))).toBe(true);
  });
});

describe('the parts of a text without overlong runs', () => {
  it.each([
    '',
    'plain words, as usual',
    'a'.repeat(1_000),
    `${' '.repeat(999)}x`,
    '👩‍👧'.repeat(500),
    '中文'.repeat(500),
    '!?'.repeat(300),
  ])('are the text again, and short where it has no blanks: %#', (text) => {
    const parts = [...cutRuns(text)];
    expect(parts.join('')).toBe(text);
    expect(Math.max(0, ...parts.map(({ length }) => length))).toBeLessThanOrEqual(64);
  });
});
