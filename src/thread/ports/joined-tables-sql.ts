/** Injection token of {@link JoinedTablesSql}. */
export const JOINED_TABLES_SQL = Symbol('JoinedTablesSql');

/**
 * SQL fragments about tables of other rooms for the statements about threads and messages. The tables' owners provide
 * them, so that one statement answers one question. Parameters are SQL expressions.
 */
export interface JoinedTablesSql {
  readonly turns: TurnSql;
  readonly documents: DocumentSql;
}

/**
 * Turns. A turn's row is `id`, `thread_id`, `first_seq`, `has_begun`, `user_message_id`, `assistant_message_id`,
 * `parent_turn_id` and `branch`.
 */
export interface TurnSql {
  /** A query of the turn's row. */
  turn(id: string): string;
  /** A query of the rows of the turns in an array of ids. */
  turnsIn(ids: string): string;
  /** A query of the `id`s of the turns whose parent is `parent`; of the thread's first turns when that is NULL. */
  following(thread: string, parent: string): string;
  /**
   * The siblings of a turn as JSON text, as messages have them; `turn` is the alias of a row with at least `id`,
   * `thread_id` and `parent_turn_id`.
   */
  siblings(turn: string): string;
  /** A query of the `id`s of the thread's queued turns. */
  queuedIn(thread: string): string;
  /** The thread's active turn, as JSON with `id` and the thread's `status`, or NULL. */
  activeIn(thread: string): string;
  /** Whether a turn holds the thread: it runs, or waits only for a process. Other queued turns come after it. */
  isHeld(thread: string): string;
  /** The position among the thread's messages of the first answer that has not ended, or NULL. */
  firstUnended(thread: string): string;
}

/** Documents that answers cite. */
export interface DocumentSql {
  /** A query of the `level` of the document's readers; no row when it was deleted. */
  levelOf(document: string): string;
  /** Whether the document exists. */
  isThere(document: string): string;
}
