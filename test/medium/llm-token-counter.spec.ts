import { GptTokenCounter } from '../../src/llm/adapters/gpt-token-counter.js';

describe('the counter of tokens', () => {
  const counter = new GptTokenCounter();

  it.each([
    [[], 0],
    [['', ''], 0],
    [['hello world'], 2],
    [['hel', 'lo world'], 2],
    [['<|endoftext|>'], 1],
  ])('counts %j', async (texts, tokens) => {
    expect(await counter.count(texts)).toBe(tokens);
  });

  it('takes the rest of a very long text to be like its beginning', async () => {
    expect(await counter.count(['hello world '.repeat(50_000)])).toBeGreaterThan(95_000);
    expect(await counter.count(['hello world '.repeat(50_000)])).toBeLessThan(105_000);
  });

  it('counts text that is cut in the middle of a character', async () => {
    expect(await counter.count(['\ud83d'])).toBeGreaterThan(0);
  });

  it('gives tokens back as text, and nothing for what is none', async () => {
    expect(await counter.textOf([9906, 1917])).toBe('Hello world');
    expect(await counter.textOf([99_999_999])).toBeUndefined();
    expect(await counter.textOf([])).toBe('');
  });
});
