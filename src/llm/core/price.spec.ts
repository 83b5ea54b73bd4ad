import { costOf } from './price.js';

const price = { input: 2.5, output: 10, cachedInput: 1.25 };

describe('the cost of an answer', () => {
  it('is what a million tokens cost, for as many as there were', () => {
    expect(costOf({ inputTokens: 1_000_000, outputTokens: 0 }, price)).toBe(2.5);
    expect(costOf({ inputTokens: 0, outputTokens: 1_000_000 }, price)).toBe(10);
    expect(costOf({ inputTokens: 1_200, outputTokens: 340 }, price)).toBe(0.0064);
  });

  it('counts input from the cache at its own price, and only once', () => {
    expect(costOf({ inputTokens: 1_000_000, outputTokens: 0, cachedTokens: 400_000 }, price)).toBe(2);
  });

  it('counts it as any input where it has no price of its own', () => {
    const usage = { inputTokens: 1_000_000, outputTokens: 0, cachedTokens: 400_000 };
    expect(costOf(usage, { input: 2.5, output: 10 })).toBe(2.5);
    expect(costOf(usage, { input: 2.5, output: 10, cachedInput: 0 })).toBe(1.5);
  });

  it('never takes more from the cache than was put in', () => {
    expect(costOf({ inputTokens: 10, outputTokens: 0, cachedTokens: 1_000 }, price)).toBe(0.0000125);
  });

  it('keeps the cost of a single token of a cheap model', () => {
    expect(costOf({ inputTokens: 1, outputTokens: 0 }, { input: 0.15, output: 0.6 })).toBe(0.00000015);
    expect(costOf({ inputTokens: 3, outputTokens: 0 }, { input: 0.1, output: 0.1 })).toBe(0.0000003);
  });

  it('is unknown without a price, and nothing at the price of nothing', () => {
    expect(costOf({ inputTokens: 10, outputTokens: 10 }, undefined)).toBeNull();
    expect(costOf({ inputTokens: 10, outputTokens: 10 }, { input: 0, output: 0 })).toBe(0);
  });

  it('is never less than nothing', () => {
    expect(costOf({ inputTokens: -5, outputTokens: Number.NaN, cachedTokens: -1 }, price)).toBe(0);
  });
});
