import { giveAll } from './sink.js';

describe('giving items to a sink', () => {
  it('gives one after the other, and waits where it is told to', async () => {
    const taken: number[] = [];
    let isWaiting = false;
    await giveAll(
      (count) => {
        expect(isWaiting).toBe(false);
        taken.push(count);
        if (count !== 2) return undefined;
        isWaiting = true;
        return Promise.resolve().then(() => void (isWaiting = false));
      },
      [1, 2, 3],
    );
    expect(taken).toEqual([1, 2, 3]);
  });

  it('ends with what the sink throws', async () => {
    const taken: number[] = [];
    const refusing = (count: number) => {
      taken.push(count);
      return count === 2 ? Promise.reject(new Error('enough')) : undefined;
    };
    await expect(giveAll(refusing, [1, 2, 3])).rejects.toThrow('enough');
    expect(taken).toEqual([1, 2]);
  });
});
