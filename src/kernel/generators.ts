/** Reads a generator to its end, and answers with its result. Where `take` throws or rejects, the generator is closed first. */
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
 * The same in other words: each item as `tell` says it, unless that is nothing, and at last the result as `end` says it.
 * Closes the generator with its reader.
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

/** Resolves when the generator has let go of whatever it holds open; one that has ended holds nothing. */
function closed(source: AsyncGenerator<unknown, unknown, undefined>): Promise<unknown> {
  return source.return(undefined);
}
