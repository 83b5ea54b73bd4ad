/** Injection token of the {@link RunningTurnSql}. */
export const RUNNING_TURN_SQL = Symbol('RunningTurnSql');

/**
 * What statements on the runs of workflows say of the turn that moves them, as fragments of SQL whose parameters are
 * expressions. The owners of the turns and of their log write them.
 */
export interface RunningTurnSql {
  /**
   * A query of one row with the `thread_id` while the turn writes the thread's log in this epoch, which then lasts until the
   * transaction ends; of none when the epoch has passed.
   */
  heldBy(thread: string, turn: string, epoch: string): string;
  /** The branch of a turn; 0 where there is no such turn. */
  branchOf(turn: string): string;
  /**
   * A query of where the workflow stands before a turn: the `state` after the nearest of the turns that it follows, or, where a
   * former release has left none with it, the `run_id` of that turn and the `step` that it answered. No row where nothing
   * has moved the workflow.
   */
  stateBefore(turn: string): string;
}
