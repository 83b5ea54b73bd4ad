import { GptTokenCounter } from '../../src/llm/adapters/gpt-token-counter.js';
import { describeTokenCounter } from '../contracts/token-counter.contract.js';
import { loopTurnsDuring } from '../support/loop-turns.js';

const counter = new GptTokenCounter();

describeTokenCounter('the tokenizer of GPT models', counter);

describe('the tokenizer of GPT models', () => {
  it.each([
    [['hello world'], 2],
    [['hel', 'lo world'], 2],
    [['<|endoftext|>'], 1],
  ])('counts %j', async (texts, tokens) => {
    expect(await counter.count(texts)).toBe(tokens);
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
});
