import { GptTokenCounter } from '../../src/llm/adapters/gpt-token-counter.js';
import { loopTurnsDuring } from '../support/loop-turns.js';

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

  it.each([
    ['中', 100_000],
    ['a', 12_500],
    [' ', 1_600],
    ['👩‍👧', 796_000],
  ])('counts 100,000 times %j as others have their turn', async (character, tokens) => {
    await counter.count(['warm']);
    let counted = 0;
    const turns = await loopTurnsDuring(async () => {
      counted = await counter.count([character.repeat(100_000)]);
    });
    expect(turns).toBeGreaterThan(10);
    expect(Math.abs(counted - tokens) / tokens).toBeLessThan(0.05);
  });

  it('gives a long list of tokens back as text while others have their turn, whole in its characters', async () => {
    // Two tokens of bytes make one character.
    const rocket = [9468, 248, 222];
    const tokens = Array.from({ length: 10_000 }, () => rocket).flat();
    let text: string | undefined;
    const turns = await loopTurnsDuring(async () => {
      text = await counter.textOf(tokens);
    });
    expect(text).toBe('🚀'.repeat(10_000));
    expect(turns).toBeGreaterThan(10);
  });

  it('keeps nothing of half a character for whoever asks next', async () => {
    expect(await counter.textOf([9468])).toBe('\ufffd');
    expect(await counter.textOf([9906, 1917])).toBe('Hello world');
  });
});
