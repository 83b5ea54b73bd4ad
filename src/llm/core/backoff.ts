const BASE_MS = 500;
const CAP_MS = 8_000;

/**
 * Milliseconds to wait before a retry: random between zero and a bound that doubles each time, from 500 ms to 8 s, so
 * that requests that failed together are not retried together. `attempt` is 1 for the first retry; `random` returns 0
 * (inclusive) to 1 (exclusive).
 */
export function backoffMs(attempt: number, random: () => number): number {
  return Math.floor(random() * Math.min(CAP_MS, BASE_MS * 2 ** (attempt - 1)));
}

/** What the wait before a retry depends on. */
export interface WaitInput {
  /** 1 for the first retry. */
  readonly attempt: number;
  /** The provider's `Retry-After`, if it sent one. */
  readonly retryAfterSeconds: number | undefined;
  /** The longest wait that is allowed. */
  readonly maxWaitMs: number;
  readonly random: () => number;
}

/**
 * Milliseconds to wait before a retry: at least as long as the provider asked for and never longer than allowed.
 * `undefined` when the provider asks for more than is allowed.
 */
export function waitMs({ attempt, retryAfterSeconds, maxWaitMs, random }: WaitInput): number | undefined {
  const asked = Math.ceil(Math.max(0, retryAfterSeconds ?? 0) * 1_000);
  // Not `asked > maxWaitMs`, because NaN must not pass.
  if (!(asked <= maxWaitMs)) return undefined;
  return Math.min(maxWaitMs, asked + backoffMs(attempt, random));
}
