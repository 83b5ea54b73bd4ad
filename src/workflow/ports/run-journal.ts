/** Who writes: the execution of a turn, which may write until another one has begun. */
export interface JournalWriter {
  readonly threadId: string;
  readonly turnId: string;
  readonly epoch: number;
}

/** What the journal has of something: that it was begun, and what came of it where that is known. */
export type JournalEntry =
  | {
      readonly isDone: false;
      /** Of the execution that began it. */
      readonly epoch: number;
    }
  | { readonly isDone: true; readonly result: unknown };

/** UTF-16 code units of JSON that a result has at most. */
export const MAX_RESULT_LENGTH = 1_000_000;

/** Injection token of the {@link RunJournal}. */
export const RUN_JOURNAL = Symbol('RunJournal');

/**
 * What turns have done that is not to be done twice, by the turn and a key. A writer whose epoch has passed is told so by a
 * `LeaseLostError`, and has written nothing. Writing goes on for half a minute while the database is away, and may be repeated.
 */
export interface RunJournal {
  find(turnId: string, key: string): Promise<JournalEntry | undefined>;
  /** Notes that something begins, unless the journal has it; answers what it then has. */
  begin(writer: JournalWriter, key: string): Promise<JournalEntry>;
  /**
   * Notes what came of it, unless that is known already, and answers what is known then. A result is a JSON value; throws a
   * `RangeError` for one that is longer than {@link MAX_RESULT_LENGTH}.
   */
  complete(writer: JournalWriter, key: string, result: unknown): Promise<unknown>;
}
