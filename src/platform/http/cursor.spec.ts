import { z } from 'zod';
import { decodeCursor, encodeCursor } from './cursor.js';

const keyset = z.tuple([z.iso.datetime(), z.guid()]);
const position = ['2026-11-21T10:00:00.000Z', '01890a5d-ac96-774b-bcce-b302099a8057'] as const;

describe('cursors', () => {
  it('come back as the keyset they were made of', () => {
    expect(decodeCursor(encodeCursor(position), keyset)).toEqual(position);
  });

  it('need no escaping in an address', () => {
    expect(encodeCursor(['ü?/+', 1])).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it('are absent when there is none', () => {
    expect(decodeCursor(undefined, keyset)).toBeUndefined();
  });

  it.each([
    '',
    'x',
    encodeCursor([]),
    encodeCursor([1, 2]),
    encodeCursor([...position, 1]),
    'a'.repeat(10_000),
  ])('that we did not make are refused: %.20s', (cursor) => {
    expect(() => decodeCursor(cursor, keyset)).toThrow(expect.objectContaining({ code: 'INVALID_CURSOR' }));
  });
});
