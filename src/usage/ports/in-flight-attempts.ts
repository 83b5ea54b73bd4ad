import type { AttemptRecord, BegunAttempt } from './usage-ledger.js';

/** Injection token of {@link InFlightAttempts}. */
export const IN_FLIGHT_ATTEMPTS = Symbol('InFlightAttempts');

/** The attempts that have begun and are not recorded yet, in all processes. They appear in no report. */
export interface InFlightAttempts {
  /** Those of one turn, the oldest first; a hundred at most. */
  ofTurn(turnId: string): Promise<readonly BegunAttempt[]>;
  /** Those that began before the time, the oldest first. */
  before(time: Date, limit: number): Promise<readonly BegunAttempt[]>;
  /**
   * Records an estimate for each attempt without a row in the ledger, and resolves to the ids of those; none is in
   * flight afterwards. When the attempt's own process records it later, that replaces the estimate.
   */
  close(reckoned: readonly AttemptRecord[]): Promise<ReadonlySet<string>>;
}
