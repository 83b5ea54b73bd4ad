/** Injection token of the {@link ThreadWorkflowSql}. */
export const THREAD_WORKFLOW_SQL = Symbol('ThreadWorkflowSql');

/**
 * The user's thread as a query of one row with its `id`, `workflow`, `workflow_version` and `head_branch`, or of none where the user has no
 * such thread. The parameters are SQL expressions. The owner of the threads writes it, for statements on their runs.
 */
export type ThreadWorkflowSql = (thread: string, org: string, user: string) => string;
