/** Injection token of the {@link OwnedThread}. */
export const OWNED_THREAD = Symbol('OwnedThread');

/**
 * The user's thread as a query of one row with its `id`, or of none where the user has no such thread. The parameters are SQL
 * expressions. The owner of the threads writes it, so that a ticket is issued and the thread's owner checked in one statement.
 */
export type OwnedThread = (thread: string, org: string, user: string) => string;
