import { InTurn } from './in-turn.js';

describe('works that run in turn', () => {
  it('are so many at once of one owner, in the order they came, and do not wait for another’s', async () => {
    const turns = new InTurn(2);
    const begun: string[] = [];
    const ends = new Map<string, () => void>();
    const work = (name: string) => () => {
      begun.push(name);
      return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
    };
    const all = ['a1', 'a2', 'a3', 'a4'].map((name) => turns.run('a', work(name)));
    const other = turns.run('b', work('b1'));
    expect(begun).toEqual(['a1', 'a2', 'b1']);
    ends.get('a2')!();
    expect(await all[1]).toBe('a2');
    await new Promise(setImmediate);
    expect(begun).toEqual(['a1', 'a2', 'b1', 'a3']);
    for (const name of ['a1', 'a3', 'b1']) ends.get(name)!();
    await Promise.all([all[0], all[2], other]);
    await new Promise(setImmediate);
    ends.get('a4')!();
    expect(await all[3]).toBe('a4');
  });

  it('give their place back when they fail', async () => {
    const turns = new InTurn(1);
    await expect(turns.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await turns.run('a', () => Promise.resolve(1))).toBe(1);
  });
});
