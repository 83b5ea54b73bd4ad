import { isLarge } from './large-responses.js';

describe('an answer', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a text', 'short'],
    [
      'a page',
      {
        threads: Array.from({ length: 200 }, (_, id) => ({
          id,
          title: 'x',
          metadata: { a: undefined, b: [null] },
        })),
      },
    ],
  ])('is not large: %s', (_, answer) => expect(isLarge(answer)).toBe(false));

  it.each<[string, unknown]>([
    ['one long text', { messages: [undefined, { content: '中'.repeat(200_000) }] }],
    ['many short ones', { messages: Array.from({ length: 200 }, () => ({ content: 'x'.repeat(1_000) })) }],
    ['a long row of numbers', { data: [{ embedding: new Array(10_000).fill(0.5) }] }],
    [
      'many rows of numbers',
      { data: Array.from({ length: 100 }, () => ({ embedding: new Array(384).fill(0.5) })) },
    ],
  ])('is large: %s', (_, answer) => expect(isLarge(answer)).toBe(true));
});
