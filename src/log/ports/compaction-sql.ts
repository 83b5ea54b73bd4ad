/** Injection token of {@link CompactionSql}. */
export const COMPACTION_SQL = Symbol('CompactionSql');

/**
 * SQL fragments about turns for the statement of compaction. The owner of the table provides them, so that turns and
 * events change in one statement. Parameters are SQL expressions.
 */
export interface CompactionSql {
  /**
   * A query of the `id`, `thread_id` and `first_seq` of up to `limit` turns that ended at least `milliseconds` ago and
   * are not compacted, the oldest first. It locks them and prevents their threads from being deleted; it skips rows
   * that others have locked.
   */
  toCompact(milliseconds: string, limit: string): string;
  /** Marks the turns as compacted, and returns their `id`; `from` has it. */
  compacted(from: string): string;
}
