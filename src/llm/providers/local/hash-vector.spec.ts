import { HASH_DIMENSIONS, hashVector } from './hash-vector.js';

function likeness(one: string, other: string): number {
  const right = hashVector(other);
  return hashVector(one).reduce((sum, number, index) => sum + number * right[index]!, 0);
}

describe('the vector of the letters of a text', () => {
  it.each([
    '',
    '— … —',
    'word',
    'Ωmega 東京は晴れです。 👩‍👧',
    'lone \ud83d half',
    'many words '.repeat(20_000),
  ])('has its length and its numbers for any text: %#', (text) => {
    const vector = hashVector(text);
    expect(vector).toHaveLength(HASH_DIMENSIONS);
    expect(vector.every(Number.isFinite)).toBe(true);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 10);
  });

  it('is the same for the same text, and does not mind how it is written', () => {
    expect(hashVector('The canteen opens')).toEqual(hashVector('The canteen opens'));
    expect(likeness('The CANTEEN opens', 'the canteen, opens!')).toBeCloseTo(1, 10);
  });

  it('is fixed, for vectors that are stored have to match those of a later version', () => {
    expect(hashVector('canteen')[168]).toBeCloseTo(-0.485_071, 6);
  });

  it('is near where words are shared, and not where they are not', () => {
    const question = 'When does the canteen open?';
    expect(likeness(question, 'The canteen opens at noon.')).toBeGreaterThan(
      likeness(question, 'Employees have thirty days of vacation.') + 0.2,
    );
  });

  it('knows a word in its other forms', () => {
    expect(likeness('vacation', 'vacations')).toBeGreaterThan(likeness('vacation', 'canteen') + 0.3);
  });

  it('tells the order of words', () => {
    expect(likeness('dog bites man', 'man bites dog')).toBeLessThan(0.99);
  });

  it('does not know synonyms', () => {
    expect(Math.abs(likeness('automobile', 'car'))).toBeLessThan(0.3);
  });
});
