import { waitAtMost } from '../kernel/index.js';

/** A client and whatever is on the way to it hear something within fifteen seconds. */
const MAX_WAIT_MS = 12_000;

/** All that a source gives, from its first item on. Until that is read or returned, the source stays open. */
export interface Peeked<Item> {
  /** `before` comes before all others. */
  (before?: Item): AsyncGenerator<Item, void, undefined>;
  /** Nothing has come yet: what fails from here on is told in the stream. */
  readonly isSilent: boolean;
}

/**
 * Waits for the first of what a source gives, so that what fails before it is thrown here, while it can still be told by
 * a status; but no longer than a client can be left without a word.
 */
export async function peekFirst<Item>(
  source: AsyncGenerator<Item, void, undefined>,
  patienceMs = MAX_WAIT_MS,
): Promise<Peeked<Item>> {
  let isSilent = true;
  const first = source.next();
  await waitAtMost(
    patienceMs,
    first.then(() => (isSilent = false)),
  );
  const items = async function* (before?: Item) {
    try {
      if (before !== undefined) yield before;
      const { done, value } = await first;
      if (done !== true) yield value;
      yield* source;
    } finally {
      await source.return();
    }
  };
  return Object.assign(items, { isSilent });
}
