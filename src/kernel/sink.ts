/** Takes an item. If it returns a promise, whoever gives the items waits for it before the next one. */
export type Sink<Item> = (item: Item) => Promise<void> | undefined;

/** Gives the items one after the other, each when the one before it has been taken. */
export async function giveAll<Item>(sink: Sink<Item>, items: Iterable<Item>): Promise<void> {
  for (const item of items) {
    const taken = sink(item);
    if (taken !== undefined) await taken;
  }
}
