import { FlushPace } from './flush-pace.js';

/** So many turns, each of which writes once a period. */
function writing(pace: FlushPace, turns: number, periods = 2): void {
  const writers = Array.from({ length: turns }, () => ({ period: 0 }));
  for (let period = 0; period < periods; period += 1)
    for (const writer of writers) pace.wrote(writer, period * 1_000);
}

describe('the pace of flushes', () => {
  it('holds nothing back while few turns write', () => {
    const pace = new FlushPace();
    writing(pace, 32);

    expect([pace.writers, pace.interval]).toEqual([32, 0]);
  });

  it('slows down with the turns that write, to a tenth of a second', () => {
    const intervals = [100, 500, 1_000, 20_000].map((turns) => {
      const pace = new FlushPace();
      writing(pace, turns);
      return pace.interval;
    });

    expect(intervals).toEqual(intervals.toSorted((a, b) => a - b));
    expect(intervals[0]).toBeGreaterThan(0);
    expect(intervals.slice(2)).toEqual([100, 100]);
  });

  it('lets the pieces of an answer wait longer for each other when many turns write', () => {
    const pace = new FlushPace();
    const before = pace.pieceWindow;
    writing(pace, 200, 1);

    expect(pace.pieceWindow).toBeGreaterThan(before);
  });

  it('counts a turn once, however often it writes', () => {
    const pace = new FlushPace();
    const writer = { period: 0 };
    for (let piece = 0; piece < 5_000; piece += 1) pace.wrote(writer, piece);

    expect(pace.writers).toBe(1);
  });

  it('forgets turns that no longer write', () => {
    const pace = new FlushPace();
    writing(pace, 500, 1);
    const last = { period: 0 };
    for (const second of [1, 2]) pace.wrote(last, second * 1_000);
    expect(pace.writers).toBe(1);

    writing(pace, 500, 1);
    pace.wrote(last, 3_600_000);
    expect(pace.writers).toBe(1);
  });
});
