import { newId } from './ids.js';

describe('a new id', () => {
  it('is a UUID of version 7', () => {
    expect(newId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('sorts behind every id made before, however many are made in a millisecond', () => {
    const ids = Array.from({ length: 20_000 }, newId);

    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('carries the time', () => {
    const milliseconds = parseInt(newId().replaceAll('-', '').slice(0, 12), 16);

    expect(Math.abs(milliseconds - Date.now())).toBeLessThan(60_000);
  });
});
