/** Injection token of the {@link OwnedThreadSql}. */
export const OWNED_THREAD_SQL = Symbol('OwnedThreadSql');

/**
 * The user's thread as a query of one row with its `id`, or of none where the user has no such thread. The parameters are SQL
 * expressions. The owner of the threads writes it, so that a ticket is issued and the thread's owner checked in one statement.
 */
export type OwnedThreadSql = (thread: string, org: string, user: string) => string;
