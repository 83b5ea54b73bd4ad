import { loopTurnsDuring } from '../../test/support/loop-turns.js';
import { boundaryBefore, characters, charactersOfLong, slicesOf } from './code-points.js';

const TEXTS = [
  '',
  'abc',
  '😀',
  'a😀b😀',
  'grüße — 😀',
  '😀😀',
  '\ud83d',
  'a\ud83d',
  '\ude00\ud83d',
  '\ud83d\ud83d\ude00',
];

describe('the characters of a text', () => {
  it.each(TEXTS)('are the code points of %j, however long it is', async (one) => {
    expect(characters(one)).toBe([...one].length);
    const long = one.repeat(150_000);
    expect(await charactersOfLong(long)).toBe([...long].length);
  });

  it('are not cut in two', () => {
    expect([1, 2, 3].map((place) => boundaryBefore('a😀', place))).toEqual([1, 1, 3]);
  });
});

describe('a text of any length', () => {
  it('comes in slices that end between characters', async () => {
    const text = `x${'😀'.repeat(800_000)}`;
    const slices: string[] = [];
    for await (const slice of slicesOf(text)) slices.push(slice);
    expect(slices.length).toBeGreaterThan(2);
    expect(slices.every((slice) => slice.isWellFormed())).toBe(true);
    expect(slices.join('') === text).toBe(true);
  });

  it('lets others work in between', async () => {
    expect(await loopTurnsDuring(() => charactersOfLong('é'.repeat(8_000_000)))).toBeGreaterThan(10);
  });
});
