import { OwnThreads } from './own-threads.js';

describe('the threads whose turn a process writes', () => {
  const wrote = (own: OwnThreads, times: readonly number[]) =>
    times.forEach((now) => own.wrote('t', false, now));

  it('are those it has written to several times in a row', () => {
    const own = new OwnThreads();
    wrote(own, [0, 20, 40]);

    expect([own.has('t', 50), own.has('other', 50)]).toEqual([true, false]);
  });

  it('are not those where it has only accepted a message, for another process to answer', () => {
    const own = new OwnThreads();
    wrote(own, [0]);

    expect(own.has('t', 1)).toBe(false);
  });

  it('are not those whose turn has ended: the next one may be written elsewhere', () => {
    const own = new OwnThreads();
    wrote(own, [0, 20, 40]);
    own.wrote('t', true, 60);

    expect(own.has('t', 61)).toBe(false);
  });

  it('are not those it has left alone for a while, and begin anew after that', () => {
    const own = new OwnThreads();
    wrote(own, [0, 20, 40]);
    expect([own.has('t', 2_039), own.has('t', 2_040)]).toEqual([true, false]);

    wrote(own, [2_100]);
    expect(own.has('t', 2_101)).toBe(false);
  });
});
