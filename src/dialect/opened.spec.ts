import { opened } from './opened.js';

async function* counting(): AsyncGenerator<number, void, undefined> {
  for (let number = 1; number <= 3; number += 1) yield await Promise.resolve(number);
}

async function* breaking(): AsyncGenerator<number, void, undefined> {
  await Promise.resolve();
  throw new Error('broken');
}

describe('opening a source', () => {
  it('throws what breaks before the first item', async () => {
    await expect(opened(breaking())).rejects.toThrow('broken');
  });

  it('gives every item, the first one too', async () => {
    const items = [];
    for await (const item of (await opened(counting()))()) items.push(item);

    expect(items).toEqual([1, 2, 3]);
  });

  it('closes the source with whoever reads it', async () => {
    const source = counting();
    for await (const _ of (await opened(source))()) break;

    expect(await source.next()).toEqual({ done: true, value: undefined });
  });
});
