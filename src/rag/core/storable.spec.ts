import { isStorable, METADATA_BYTES, metadataProblem } from './storable.js';

const nested = (depth: number): Record<string, unknown> => (depth === 0 ? {} : { in: nested(depth - 1) });

describe('isStorable', () => {
  it('refuses U+0000 and half of a surrogate pair, and nothing else', () => {
    expect(['a\0b', '\ud83d', '\ude00x'].map(isStorable)).toEqual([false, false, false]);
    expect(['', 'a\tb', '😀', '\u0001', '\ufffe'].map(isStorable)).toEqual([true, true, true, true, true]);
  });
});

describe('metadataProblem', () => {
  it('finds nothing wrong with ordinary JSON', () => {
    expect(metadataProblem({ tags: ['a', 1, null, true], 'back\\u0000slash': { deep: {} } })).toBeUndefined();
  });

  it('finds what Postgres cannot keep, in keys and values at any depth', () => {
    expect(metadataProblem({ a: [{ b: 'x\0' }] })).toContain('U+0000');
    expect(metadataProblem({ a: { '\ud83d': 1 } })).toContain('U+0000');
  });

  it('counts bytes, not characters', () => {
    const fits = { a: 'é'.repeat((METADATA_BYTES - '{"a":""}'.length) / 2) };
    expect(metadataProblem(fits)).toBeUndefined();
    expect(metadataProblem({ a: `${fits.a}x` })).toContain('larger');
  });

  it('refuses deep nesting however deep it is', () => {
    expect(metadataProblem(nested(10))).toBeUndefined();
    let deep: Record<string, unknown> = {};
    for (let depth = 0; depth < 200_000; depth += 1) deep = { deep };
    expect(metadataProblem(deep)).toContain('nested');
  });
});
