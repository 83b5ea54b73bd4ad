import { withDatabase } from './connection-string.js';

describe('naming another database', () => {
  it.each([
    [
      'postgresql://me:p%40ss@db:5433/app?sslmode=disable',
      'postgresql://me:p%40ss@db:5433/other?sslmode=disable',
    ],
    ['postgres://db', 'postgres://db/other'],
    ['postgres://db/', 'postgres://db/other'],
    ['postgresql://me@/app?host=%2Ftmp%2Fx', 'postgresql://me@/other?host=%2Ftmp%2Fx'],
  ])('keeps everything else of %s', (from, to) => {
    expect(withDatabase(from, 'other')).toBe(to);
  });

  it('refuses what is no address of a Postgres', () => {
    expect(() => withDatabase('mysql://db/app', 'other')).toThrow('not a postgres:// address');
  });
});
