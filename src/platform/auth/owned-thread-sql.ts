/** Injection token of the {@link OwnedThreadSql}. */
export const OWNED_THREAD_SQL = Symbol('OwnedThreadSql');

/**
 * A query of the user's thread: one row with its `id`, or none if the user has no such thread. The parameters are SQL
 * expressions. The module that owns the threads provides it, so that one statement issues a ticket and checks the
 * thread's owner.
 */
export type OwnedThreadSql = (thread: string, org: string, user: string) => string;
