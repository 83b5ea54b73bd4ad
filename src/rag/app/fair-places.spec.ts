import { setImmediate } from 'node:timers/promises';
import { AppError, type Caller } from '../../kernel/index.js';
import { FairPlaces } from './fair-places.js';

const caller = (id: string): Caller => ({
  ...{ id, org: 'acme', roles: ['user'], clearance: 'internal' },
  ...{ name: undefined, email: undefined },
});

function setUp(places: number, perUser: number, waitingPerUser = 100, waiting = 100) {
  const refusal = () => new AppError('RATE_LIMITED', 'Later.');
  const fair = new FairPlaces({ places, perUser, waitingPerUser, waiting, refusal });
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const start = (id: string) =>
    fair.run(caller(id), async () => {
      begun.push(id);
      await new Promise<void>((resolve) => ends.push(resolve));
    });
  const endFirst = async () => {
    await setImmediate();
    ends.shift()?.();
    await setImmediate();
  };
  return { fair, begun, start, endFirst };
}

describe('FairPlaces', () => {
  it('lets a user who comes last go before the rest of one who asked for much', async () => {
    const { begun, start, endFirst } = setUp(1, 1);
    const all = ['ann', 'ann', 'ann', 'bob', 'cleo'].map(start);
    for (let ended = 0; ended < all.length; ended += 1) await endFirst();
    await Promise.all(all);
    expect(begun).toEqual(['ann', 'bob', 'cleo', 'ann', 'ann']);
  });

  it('leaves places of others free, whatever one user asks for', async () => {
    const { begun, start, endFirst } = setUp(3, 2);
    const all = ['ann', 'ann', 'ann', 'bob'].map(start);
    await setImmediate();
    expect(begun).toEqual(['ann', 'ann', 'bob']);
    for (let ended = 0; ended < all.length; ended += 1) await endFirst();
    await Promise.all(all);
    expect(begun).toEqual(['ann', 'ann', 'bob', 'ann']);
  });

  it('refuses who comes when too many wait, and gives its place back after a failure', async () => {
    const { fair, start, endFirst } = setUp(1, 1, 1, 2);
    const all = [start('ann'), start('ann'), start('bob')];
    await expect(start('ann')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await expect(start('cleo')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    for (let ended = 0; ended < all.length; ended += 1) await endFirst();
    await Promise.all(all);
    await expect(fair.run(caller('ann'), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(fair.run(caller('ann'), () => Promise.resolve(1))).resolves.toBe(1);
  });
});
