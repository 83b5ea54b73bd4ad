import { loopTurnsDuring } from '../../../../test/support/loop-turns.js';
import { HASH_DIMENSIONS, hashVector } from './hash-vector.js';

async function likeness(one: string, other: string): Promise<number> {
  const right = await hashVector(other);
  return (await hashVector(one)).reduce((sum, number, index) => sum + number * right[index]!, 0);
}

describe('the vector of the letters of a text', () => {
  it.each([
    '',
    '— … —',
    'word',
    'Ωmega 東京は晴れです。 👩‍👧',
    'lone \ud83d half',
    'many words '.repeat(20_000),
  ])('has its length and its numbers for any text: %#', async (text) => {
    const vector = await hashVector(text);
    expect(vector).toHaveLength(HASH_DIMENSIONS);
    expect(vector.every(Number.isFinite)).toBe(true);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 10);
  });

  it('is the same for the same text, and does not mind how it is written', async () => {
    expect(await hashVector('The canteen opens')).toEqual(await hashVector('The canteen opens'));
    expect(await likeness('The CANTEEN opens', 'the canteen, opens!')).toBeCloseTo(1, 10);
  });

  it('is fixed, for vectors that are stored have to match those of a later version', async () => {
    expect((await hashVector('canteen'))[168]).toBeCloseTo(-0.485_071, 6);
  });

  it('is near where words are shared, and not where they are not', async () => {
    const question = 'When does the canteen open?';
    expect(await likeness(question, 'The canteen opens at noon.')).toBeGreaterThan(
      (await likeness(question, 'Employees have thirty days of vacation.')) + 0.2,
    );
  });

  it('knows a word in its other forms', async () => {
    expect(await likeness('vacation', 'vacations')).toBeGreaterThan(
      (await likeness('vacation', 'canteen')) + 0.3,
    );
  });

  it('tells the order of words', async () => {
    expect(await likeness('dog bites man', 'man bites dog')).toBeLessThan(0.99);
  });

  it('does not know synonyms', async () => {
    expect(Math.abs(await likeness('automobile', 'car'))).toBeLessThan(0.3);
  });

  it.each([
    ['many words', 'many words '.repeat(9_000)],
    ['one word', 'a'.repeat(100_000)],
    ['one run of Han', '中'.repeat(100_000)],
  ])('lets others have their turn while it reads a long text: %s', async (_, text) => {
    expect(await loopTurnsDuring(() => hashVector(text))).toBeGreaterThan(10);
  });

  it('ends as soon as nobody waits for it', async () => {
    const leaving = new AbortController();
    const vector = hashVector('many words '.repeat(9_000), leaving.signal);
    leaving.abort(new Error('gone'));
    await expect(vector).rejects.toThrow('gone');
  });
});
