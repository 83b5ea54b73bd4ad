/** Injection token of {@link CompactionSql}. */
export const COMPACTION_SQL = Symbol('CompactionSql');

/**
 * What the statement of compaction says of turns, as fragments of SQL: the room that owns them writes these, so that turns and
 * events change in one statement. Parameters are SQL expressions.
 */
export interface CompactionSql {
  /**
   * A query of the `id`, `thread_id` and `first_seq` of up to `limit` turns that ended `milliseconds` ago and are not
   * compacted, the oldest first. It locks them and keeps their threads from being deleted; what others have locked it skips.
   */
  toCompact(milliseconds: string, limit: string): string;
  /** Notes that the turns are compacted, and answers their `id`; `from` has it. */
  compacted(from: string): string;
}
