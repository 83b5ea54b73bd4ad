/** What a scenario found: figures to print, and everything that must not have happened. */
export interface Outcome {
  readonly figures: Readonly<Record<string, string | number>>;
  readonly problems: readonly string[];
}

/** What scenarios are told besides their sizes. */
export interface Telling {
  /** Hears how far the scenario is. */
  readonly say?: (line: string) => void;
}

/** What must not have happened, in order; each is told of as soon as it is found, and so is known when the run is cut short. */
export class Problems {
  private readonly found: string[] = [];

  constructor(private readonly say: (line: string) => void = () => undefined) {}

  get all(): readonly string[] {
    return this.found;
  }

  get count(): number {
    return this.found.length;
  }

  add(...problems: readonly string[]): void {
    this.found.push(...problems);
    for (const problem of problems) this.say(`- ${problem}`);
  }
}

/** Waits until the condition holds; rejects in words when it does not in time. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  withinMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Calls `work` for each item, so many at once. */
export async function inParallel<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const index = next++;
      await work(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
}

/** The value below which so much of the list lies, and the greatest, as they stand in a table. */
export function spread(milliseconds: readonly number[]): string {
  if (milliseconds.length === 0) return 'none';
  return `p50 ${at(milliseconds, 0.5)} · p95 ${at(milliseconds, 0.95)} · max ${at(milliseconds, 1)} ms`;
}

/** The value below which so much of the list lies, rounded. */
export function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? NaN);
}
