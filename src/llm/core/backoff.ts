const BASE_MS = 500;
const CAP_MS = 8_000;

/**
 * Milliseconds to wait before a repeated request: anything from nothing to a bound that doubles each time, from 500 ms
 * to 8 s, so that those who failed together do not come back together. `attempt` is 1 for the first repetition;
 * `random` gives 0 (inclusive) to 1 (exclusive).
 */
export function backoffMs(attempt: number, random: () => number): number {
  return Math.floor(random() * Math.min(CAP_MS, BASE_MS * 2 ** (attempt - 1)));
}

/** What a pause is made of. */
export interface Wait {
  /** 1 for the first repetition. */
  readonly attempt: number;
  /** What the provider asked for, if it did. */
  readonly retryAfterSeconds: number | undefined;
  /** The longest pause there may be. */
  readonly maxWaitMs: number;
  readonly random: () => number;
}

/**
 * Milliseconds to wait before a repeated request: at least as long as the provider said and never longer than allowed.
 * `undefined` when the provider asks for more than is allowed.
 */
export function waitMs({ attempt, retryAfterSeconds, maxWaitMs, random }: Wait): number | undefined {
  const asked = Math.ceil(Math.max(0, retryAfterSeconds ?? 0) * 1_000);
  // Not `asked > maxWaitMs`: what is not a number is no permission.
  if (!(asked <= maxWaitMs)) return undefined;
  return Math.min(maxWaitMs, asked + backoffMs(attempt, random));
}
