import type { BegunAttempt } from './usage-ledger.js';

/** Injection token of the {@link AttemptEstimator}. */
export const ATTEMPT_ESTIMATOR = Symbol('AttemptEstimator');

/** The estimated usage of an attempt. */
export interface AttemptEstimate {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** US dollars; `null` where the model's price is unknown. */
  readonly cost: number | null;
}

/** Estimates attempts that could not be recorded; implemented by the room that asks models. */
export interface AttemptEstimator {
  /** `said`: as much of the answer as is known. */
  estimate(attempt: BegunAttempt, said: string): Promise<AttemptEstimate>;
  /** The public name of the model: its own where it is known, or `other`. */
  publicName(provider: string, model: string): string;
}
