import type { BegunAttempt } from './usage-ledger.js';

/** Injection token of the {@link AttemptEstimator}. */
export const ATTEMPT_ESTIMATOR = Symbol('AttemptEstimator');

/** What an attempt has probably cost. */
export interface AttemptEstimate {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** US dollars; `null` where the model's price is unknown. */
  readonly cost: number | null;
}

/** What the room that asks models knows of attempts that it did not live to settle. */
export interface AttemptEstimator {
  /** `said`: as much of the answer as is known. */
  estimate(attempt: BegunAttempt, said: string): Promise<AttemptEstimate>;
  /** The model's name as everybody may see it: its own where it is known, or `other`. */
  publicName(provider: string, model: string): string;
}
