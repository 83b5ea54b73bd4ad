import { titleFrom } from './title.js';

describe("a thread's title", () => {
  it('is a short first message as it is, on one line', () => {
    expect(titleFrom('  How do\nI  start? ')).toBe('How do I start?');
  });

  it('is the first ten words of a longer one', () => {
    expect(titleFrom('one two three four five six seven eight nine ten eleven')).toBe(
      'one two three four five six seven eight nine ten…',
    );
  });

  it('never splits a character', () => {
    const title = titleFrom('😀'.repeat(200));

    expect(title.isWellFormed()).toBe(true);
    expect(Array.from(title)).toHaveLength(80);
  });
});
