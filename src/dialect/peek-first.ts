import { waitAtMost } from '../kernel/index.js';

/** Less than the fifteen seconds within which clients and proxies are promised some data. */
const MAX_WAIT_MS = 12_000;

/** All items of a source, including the first one. Until it is read or closed, the source stays open. */
export interface Peeked<Item> {
  /** `before` is yielded before all others. */
  (before?: Item): AsyncGenerator<Item, void, undefined>;
  /** Nothing has arrived yet: errors from here on are sent in the stream. */
  readonly isSilent: boolean;
}

/**
 * Waits for the first item of a source, so that an error before it is thrown here, while a status can still be sent;
 * but no longer than a client may be left without data.
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
