/** Reads a generator to its end and returns its result. If `take` throws or rejects, the generator is closed first. */
export async function readToEnd<Item, Result>(
  source: AsyncGenerator<Item, Result, undefined>,
  take: (item: Item) => Promise<void> | undefined = () => undefined,
): Promise<Result> {
  try {
    for (;;) {
      const next = await source.next();
      if (next.done) return next.value;
      const taken = take(next.value);
      if (taken !== undefined) await taken;
    }
  } catch (error) {
    await closed(source).catch(() => undefined);
    throw error;
  }
}

/**
 * Maps a generator: each item by `tell`, which may return `undefined` to skip it, and finally the result by `end`.
 * Closes the source when it is closed itself.
 */
export async function* translated<Item, Result, Told>(
  source: AsyncGenerator<Item, Result, undefined>,
  tell: (item: Item) => Told | undefined,
  end: (result: Result) => Told,
): AsyncGenerator<Told, void, undefined> {
  try {
    for (;;) {
      const next = await source.next();
      if (next.done) {
        yield end(next.value);
        return;
      }
      const told = tell(next.value);
      if (told !== undefined) yield told;
    }
  } finally {
    await closed(source);
  }
}

/** Resolves when the generator has released its resources; a finished one holds none. */
function closed(source: AsyncGenerator<unknown, unknown, undefined>): Promise<unknown> {
  return source.return(undefined);
}
