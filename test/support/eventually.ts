import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = 10_000;
const PAUSE_MS = 20;

/** Tries until the outcome is good; the last outcome when that never happens. */
export async function eventually<Outcome>(
  attempt: () => Promise<Outcome>,
  isGood: (outcome: Outcome) => boolean,
): Promise<Outcome> {
  for (let waited = 0; ; waited += PAUSE_MS) {
    const outcome = await attempt();
    if (isGood(outcome) || waited >= PATIENCE_MS) return outcome;
    await pause(PAUSE_MS);
  }
}
