/** Injection token of {@link AcceptedAlongSql}. */
export const ACCEPTED_ALONG_SQL = Symbol('AcceptedAlongSql');

/**
 * What the statement that accepts a turn finds, or begins, for its executor in tables of other rooms, as fragments of SQL that
 * the tables' owners write. Parameters are SQL expressions.
 */
export interface AcceptedAlongSql {
  readonly documents: {
    /** Whether a user may read any document that can be found: of this clearance's level. */
    hasReadable(org: string, level: string, user: string): string;
  };
  readonly runs: {
    /**
     * Two or more CTEs. The last one, `run`, has at most one row: the open run of the turn's branch, or one that it begins where
     * the branch's runs are complete, or where the turn is the first one of its line. Of a branch that begins elsewhere it has none.
     */
    openRun(turn: TurnOfRun): string;
  };
}

/** A turn that is being accepted. */
export interface TurnOfRun {
  /**
   * A CTE of one row, or of none where nothing is to be found: the thread's `id`, `workflow` and `workflow_version`, and the turn's
   * `head_branch` and parent (`head_parent_turn_id`).
   */
  readonly from: string;
  readonly turn: string;
}
