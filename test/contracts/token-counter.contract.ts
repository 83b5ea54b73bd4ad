import type { TokenCounter } from '../../src/llm/ports/token-counter.js';

/** Holds an implementation to every promise of {@link TokenCounter}. */
export function describeTokenCounter(name: string, counter: TokenCounter): void {
  describe(`the counter of tokens by ${name}`, () => {
    it('counts nothing in nothing', async () => {
      expect(await counter.count([])).toBe(0);
      expect(await counter.count(['', ''])).toBe(0);
    });

    it('counts texts as one text, however they are cut', async () => {
      const whole = await counter.count(['hello world']);
      expect(whole).toBeGreaterThan(0);
      expect(await counter.count(['hel', 'lo world'])).toBe(whole);
    });

    it('counts text that is cut in the middle of a character', async () => {
      expect(await counter.count(['\ud83d'])).toBeGreaterThan(0);
    });

    it('takes the rest of a very long text to be like its beginning', async () => {
      const once = await counter.count(['hello world '.repeat(100)]);
      const counted = await counter.count(['hello world '.repeat(50_000)]);
      expect(Math.abs(counted / (once * 500) - 1)).toBeLessThan(0.05);
    });

    it('gives tokens of OpenAI’s embedding models back as text, and nothing for what is none', async () => {
      expect(await counter.textOf([9906, 1917])).toBe('Hello world');
      expect(await counter.textOf([99_999_999])).toBeUndefined();
      expect(await counter.textOf([])).toBe('');
    });

    it('keeps nothing of half a character for whoever asks next', async () => {
      expect(await counter.textOf([9468])).toBe('\ufffd');
      expect(await counter.textOf([9906, 1917])).toBe('Hello world');
    });
  });
}
