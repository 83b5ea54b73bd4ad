import { peekFirst } from './peek-first.js';

async function* counting(): AsyncGenerator<number, void, undefined> {
  for (let number = 1; number <= 3; number += 1) yield await Promise.resolve(number);
}

async function* breaking(): AsyncGenerator<number, void, undefined> {
  await Promise.resolve();
  throw new Error('broken');
}

describe('opening a source', () => {
  it('throws what breaks before the first item', async () => {
    await expect(peekFirst(breaking())).rejects.toThrow('broken');
  });

  it('gives every item, the first one too', async () => {
    const items = [];
    for await (const item of (await peekFirst(counting()))()) items.push(item);

    expect(items).toEqual([1, 2, 3]);
  });

  it('gives what is to come before all of them first', async () => {
    const items = [];
    for await (const item of (await peekFirst(counting()))(0)) items.push(item);

    expect(items).toEqual([0, 1, 2, 3]);
  });

  it('does not leave a client without a word for long, and throws later what breaks later', async () => {
    const { promise: broken, reject } = Promise.withResolvers<number>();
    const source = async function* (): AsyncGenerator<number, void, undefined> {
      yield await broken;
    };
    const items = await peekFirst(source(), 10);
    expect(items.isSilent).toBe(true);
    reject(new Error('late'));
    await expect(items().next()).rejects.toThrow('late');
    expect((await peekFirst(counting())).isSilent).toBe(false);
  });

  it('closes the source with whoever reads it', async () => {
    const source = counting();
    for await (const _ of (await peekFirst(source))()) break;

    expect(await source.next()).toEqual({ done: true, value: undefined });
  });
});
