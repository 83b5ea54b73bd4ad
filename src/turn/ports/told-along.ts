/** Injection token of {@link ToldAlong}. */
export const TOLD_ALONG = Symbol('ToldAlong');

/** Something that happened in a turn, for other systems. */
export interface TurnHappening {
  readonly type: 'turn_waiting' | 'turn_ended' | 'run_ended';
  readonly org: string;
  readonly user: string;
  /** ISO 8601 UTC with milliseconds. */
  readonly at: string;
  /** Ids and states, and nothing that was said. */
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * What the statements that suspend or end a turn store along with it in a table of another room: what other systems are told of
 * it, so that they are told if and only if it has happened. An organisation that tells nobody costs nothing.
 */
export interface ToldAlong {
  /** Whether any organisation tells anybody. */
  readonly isUsed: boolean;
  /** A statement, as a fragment of SQL: stores the rows when the relation `from` has its one row. */
  writeDeliveries(from: string, rows: string): string;
  /** The value of its parameter; `undefined`: nobody is to be told of any of it. */
  rowsOf(happenings: readonly TurnHappening[]): string | undefined;
  /** What {@link rowsOf} has given is stored. */
  stored(): void;
}

/** Nobody is told of anything. */
export const NOBODY_TOLD: ToldAlong = {
  isUsed: false,
  writeDeliveries: (from, rows) => `SELECT ${rows}::json FROM ${from}`,
  rowsOf: () => undefined,
  stored: () => undefined,
};
