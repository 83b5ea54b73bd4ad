/** Injection token of {@link JoinedTablesSql}. */
export const JOINED_TABLES_SQL = Symbol('JoinedTablesSql');

/**
 * What statements on threads and messages say of tables that other rooms own: fragments of SQL that the owners write, so that
 * one statement answers one question. Parameters are SQL expressions.
 */
export interface JoinedTablesSql {
  readonly turns: TurnSql;
  readonly documents: DocumentSql;
}

/** Turns. A turn's row is `id`, `thread_id`, `first_seq`, `has_begun`, `user_message_id` and `assistant_message_id`. */
export interface TurnSql {
  /** A query of the turn's row. */
  turn(id: string): string;
  /** A query of the rows of the turns in an array of ids. */
  turnsIn(ids: string): string;
  /** A query of the `id`s of the thread's turns that wait in its line. */
  queuedIn(thread: string): string;
  /** What keeps the thread busy, as JSON with `id` and the thread's `status`, or NULL. */
  activeIn(thread: string): string;
  /** Whether a turn has the thread, or waits for a process alone: the others in its line come after it. */
  isHeld(thread: string): string;
  /** The position among the thread's messages of the first answer that has not ended, or NULL. */
  firstUnended(thread: string): string;
}

/** Documents that answers cite. */
export interface DocumentSql {
  /** A query of the `level` of the document's readers, of no row when it is gone. */
  levelOf(document: string): string;
  /** Whether the document is there. */
  isThere(document: string): string;
}
