import type { Sink } from '../kernel/index.js';
import { Relay } from './relay.js';

const broken = new Error('broken');

/** Counts to three, and notes how far it came and whether it was stopped. */
function counting() {
  const state = { given: 0, isStopped: false };
  const relay = new Relay<number>(
    async (sink) => {
      for (let count = 1; count <= 3 && !state.isStopped; count += 1) {
        await Promise.resolve();
        state.given = count;
        await sink(count);
      }
    },
    () => (state.isStopped = true),
  );
  return { state, relay };
}

const ignore = () => undefined;
const breaking = (...before: readonly number[]) =>
  new Relay<number>(async (sink) => {
    for (const item of before) await sink(item);
    await Promise.reject(broken);
  }, ignore);

async function all(relay: Relay<number>): Promise<number[]> {
  const items: number[] = [];
  for await (const item of relay) items.push(item);
  return items;
}

describe('a relay', () => {
  it('gives every item in order, and what is to come before all of them first', async () => {
    expect(await all(counting().relay)).toEqual([1, 2, 3]);
    const { relay } = counting();
    expect(await relay.begin()).toBe(true);
    relay.prepend(0);
    expect(await all(relay)).toEqual([0, 1, 2, 3]);
    expect(await relay.next()).toEqual({ done: true, value: undefined });
  });

  it('lets its work be one item ahead of its reader, and no further', async () => {
    const { state, relay } = counting();
    await relay.begin();
    await new Promise(setImmediate);
    expect(state.given).toBe(1);
    await relay.next();
    await new Promise(setImmediate);
    expect(state.given).toBe(2);
    expect(await all(relay)).toEqual([2, 3]);
  });

  it('throws what breaks before the first item as it begins', async () => {
    await expect(breaking().begin()).rejects.toBe(broken);
  });

  it('throws what breaks later after the items before it, and ends with that', async () => {
    const relay = breaking(1);
    expect(await relay.begin()).toBe(true);
    expect(await relay.next()).toEqual({ done: false, value: 1 });
    await expect(relay.next()).rejects.toBe(broken);
    expect(await relay.next()).toEqual({ done: true, value: undefined });
    await expect(all(breaking())).rejects.toBe(broken);
  });

  it('does not leave a client without a word for long, and throws later what breaks later', async () => {
    const { promise, reject } = Promise.withResolvers<void>();
    const relay = new Relay<number>(() => promise, ignore);
    expect(await relay.begin(10)).toBe(false);
    reject(broken);
    await expect(relay.next()).rejects.toBe(broken);
  });

  it('stops its work when its reader leaves, and waits for its end', async () => {
    const { state, relay } = counting();
    for await (const _ of relay) break;

    expect([state.isStopped, state.given < 3]).toEqual([true, true]);
    expect(await relay.next()).toEqual({ done: true, value: undefined });
  });

  it('lets go of a reader that waits when it is closed', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const relay = new Relay<number>(() => promise, resolve);
    const waiting = relay.next();
    await relay.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it('does nothing when it is closed before it begins', async () => {
    let begun = false;
    const work = (_: Sink<number>) => Promise.resolve(void (begun = true));
    const relay = new Relay(work, ignore);
    await relay.return();
    expect([await all(relay), begun]).toEqual([[], false]);
  });
});
