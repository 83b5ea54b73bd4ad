const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How long is waited after the first failure, the second one, and so on: about a day in all. */
const DELAYS = [SECOND, 10 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR];

/** What a receiver asks for is waited for, within reason. */
const MAX_ASKED = HOUR;
const JITTER = 0.2;

/** Milliseconds before a delivery is tried again that failed so many times; `undefined`: it is given up. `random` is in [0, 1). */
export function retryDelay(attempts: number, random: number, askedMs = 0): number | undefined {
  const delay = DELAYS[attempts - 1];
  if (delay === undefined) return undefined;
  return Math.round(Math.max(Math.min(askedMs, MAX_ASKED), delay * (1 + JITTER * random)));
}
