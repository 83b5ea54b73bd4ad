/** Injection token of {@link EndedAlong}. */
export const ENDED_ALONG = Symbol('EndedAlong');

/**
 * What the statement that ends a turn stores along with it in tables of another room: the attempt at a model that the turn
 * ends with, so that its row does not need a statement and a commit of its own.
 */
export interface EndedAlong {
  /**
   * CTEs, as a fragment of SQL that the tables' owner writes: they store the attempt when the relation `from` has its one row.
   * `attempt` is an expression of {@link AttemptAlong.row}, or of NULL. The last one, `recorded`, has a row with `was_lost` where
   * the attempt had no row yet, or one that was only estimated.
   */
  recordAttempt(from: string, attempt: string): string;
  /** The attempt that waits for the turn's end, at most once. Whoever takes it stores it, or gives it back. */
  take(turnId: string): AttemptAlong | undefined;
}

/** An attempt that is to be stored along. */
export interface AttemptAlong {
  /** The value of the fragment's parameter. */
  readonly row: string;
  /** It is stored. `wasLost`: in place of an estimate. */
  stored(wasLost: boolean): void;
  /** It may not be stored: its owner sees to it. */
  giveBack(): void;
}
