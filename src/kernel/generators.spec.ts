import { readToEnd, translated } from './generators.js';

/** Counts to three and answers `end`, and notes whether it was closed. */
function counting() {
  const state = { isClosed: false };
  const source = (async function* () {
    try {
      for (let count = 1; count <= 3; count += 1) yield await Promise.resolve(count);
      return 'end';
    } finally {
      state.isClosed = true;
    }
  })();
  return { state, source };
}

const broken = new Error('broken');

async function* breaking(): AsyncGenerator<number, string, undefined> {
  yield await Promise.resolve(1);
  throw broken;
}

describe('a generator that is read to its end', () => {
  it('gives each item, waits where it is told to, and answers with the result', async () => {
    const taken: number[] = [];
    let isWaiting = false;
    const result = await readToEnd(counting().source, (count) => {
      expect(isWaiting).toBe(false);
      taken.push(count);
      if (count !== 2) return undefined;
      isWaiting = true;
      return Promise.resolve().then(() => void (isWaiting = false));
    });
    expect([taken, result]).toEqual([[1, 2, 3], 'end']);
    expect(await readToEnd(counting().source)).toBe('end');
  });

  it('throws what it throws', async () => {
    await expect(readToEnd(breaking())).rejects.toBe(broken);
  });

  it.each([
    [
      'throws',
      () => {
        throw broken;
      },
    ],
    ['rejects', () => Promise.reject(broken)],
  ])('is closed where its reader %s', async (_, take) => {
    const { state, source } = counting();
    await expect(readToEnd(source, take)).rejects.toBe(broken);
    expect(state.isClosed).toBe(true);
  });
});

describe('a generator in other words', () => {
  const words = (source: AsyncGenerator<number, string, undefined>) =>
    translated(
      source,
      (count) => (count === 2 ? undefined : `${count}`),
      (end) => end.toUpperCase(),
    );

  it('says its items and then its result, and leaves out what has no words', async () => {
    const told: string[] = [];
    for await (const word of words(counting().source)) told.push(word);
    expect(told).toEqual(['1', '3', 'END']);
  });

  it('throws what it throws, and is closed with its reader', async () => {
    const read = async () => {
      for await (const _ of words(breaking()));
    };
    await expect(read()).rejects.toBe(broken);
    const { state, source } = counting();
    for await (const _ of words(source)) break;
    expect(state.isClosed).toBe(true);
  });
});
