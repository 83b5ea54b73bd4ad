import type { AttemptRecord, BegunAttempt } from './usage-ledger.js';

/** Injection token of {@link InFlightAttempts}. */
export const IN_FLIGHT_ATTEMPTS = Symbol('InFlightAttempts');

/** The attempts that have begun and are not recorded yet, in whatever process they run. No report shows them. */
export interface InFlightAttempts {
  /** Those of one turn, the oldest first; a hundred at most. */
  ofTurn(turnId: string): Promise<readonly BegunAttempt[]>;
  /** Those that began before the time, the oldest first. */
  before(time: Date, limit: number): Promise<readonly BegunAttempt[]>;
  /**
   * Puts a reckoning into the ledger for each attempt that has no row in it, and resolves to the ids of those; none is
   * in flight after that. Whoever made the attempt and records it later replaces the reckoning.
   */
  close(reckoned: readonly AttemptRecord[]): Promise<ReadonlySet<string>>;
}
