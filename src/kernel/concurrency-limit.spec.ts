import { setImmediate } from 'node:timers/promises';
import { ConcurrencyLimit, type ConcurrencyLimitOptions } from './concurrency-limit.js';

function setUp(options: ConcurrencyLimitOptions) {
  const limit = new ConcurrencyLimit({ refusal: () => new Error('later'), ...options });
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const start = (owner: string, name = owner) =>
    limit.run(owner, async () => {
      begun.push(name);
      await new Promise<void>((resolve) => ends.push(resolve));
      return name;
    });
  const end = async (which = 0) => {
    await setImmediate();
    ends.splice(which, 1)[0]?.();
    await setImmediate();
  };
  return { limit, begun, start, end };
}

describe('works of which so many run at once', () => {
  it('begin at once while there are places, and run in the order they came', async () => {
    const { begun, start, end } = setUp({ slotsPerOwner: 2 });
    const all = ['a1', 'a2', 'a3', 'a4'].map((name) => start('a', name));
    const other = start('b', 'b1');
    expect(begun).toEqual(['a1', 'a2', 'b1']);
    await end(1);
    expect(await all[1]).toBe('a2');
    expect(begun).toEqual(['a1', 'a2', 'b1', 'a3']);
    for (let ended = 0; ended < 4; ended += 1) await end();
    expect(await Promise.all([...all, other])).toEqual(['a1', 'a2', 'a3', 'a4', 'b1']);
  });

  it('of an owner who comes last go before the rest of one who asked for much', async () => {
    const { begun, start, end } = setUp({ slots: 1, slotsPerOwner: 1 });
    const all = ['ann', 'ann', 'ann', 'bob', 'cleo'].map((owner) => start(owner));
    for (let ended = 0; ended < all.length; ended += 1) await end();
    await Promise.all(all);
    expect(begun).toEqual(['ann', 'bob', 'cleo', 'ann', 'ann']);
  });

  it('leave places of others free, whatever one owner asks for', async () => {
    const { begun, start, end } = setUp({ slots: 3, slotsPerOwner: 2 });
    const all = ['ann', 'ann', 'ann', 'bob'].map((owner) => start(owner));
    expect(begun).toEqual(['ann', 'ann', 'bob']);
    for (let ended = 0; ended < all.length; ended += 1) await end();
    await Promise.all(all);
    expect(begun).toEqual(['ann', 'ann', 'bob', 'ann']);
  });

  it('are refused when too many wait', async () => {
    const { start, end } = setUp({ slots: 1, slotsPerOwner: 1, maxWaitingPerOwner: 1, maxWaiting: 2 });
    const all = [start('ann'), start('ann'), start('bob')];
    await expect(start('ann')).rejects.toThrow('later');
    await expect(start('cleo')).rejects.toThrow('later');
    for (let ended = 0; ended < all.length; ended += 1) await end();
    await Promise.all(all);
  });

  it('are refused when they have waited too long, and leave their place in the line to others', async () => {
    const { begun, start, end } = setUp({ slots: 1, maxWaitMs: 1, maxWaiting: 1 });
    const first = start('ann');
    await expect(start('bob')).rejects.toThrow('later');
    const next = start('cleo');
    await end();
    await end();
    await Promise.all([first, next]);
    expect(begun).toEqual(['ann', 'cleo']);
  });

  it('are not begun when their signal aborts before', async () => {
    const { limit, start, end } = setUp({ slots: 1 });
    const first = start('ann');
    const controller = new AbortController();
    const work = jest.fn(() => Promise.resolve());
    const waiting = limit.run('bob', work, controller.signal);
    controller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    await end();
    await first;
    expect(work).not.toHaveBeenCalled();
  });

  it('give their place back when they fail', async () => {
    const limit = new ConcurrencyLimit({ slotsPerOwner: 1 });
    await expect(limit.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await limit.run('a', () => Promise.resolve(1))).toBe(1);
  });
});
