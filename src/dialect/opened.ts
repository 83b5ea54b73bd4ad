/**
 * Waits for the first of what a source gives, so that what fails before it is thrown here, while it can still be told by
 * a status; then all of it is to be had from the function. Until that is read or returned, the source stays open.
 */
export async function opened<Item>(
  source: AsyncGenerator<Item, void, undefined>,
): Promise<() => AsyncGenerator<Item, void, undefined>> {
  const first = await source.next();
  return async function* () {
    try {
      if (first.done !== true) yield first.value;
      yield* source;
    } finally {
      await source.return();
    }
  };
}
