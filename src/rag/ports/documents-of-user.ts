import type { Person } from '../../kernel/index.js';

/** Injection token of {@link DocumentsOfUser}. */
export const DOCUMENTS_OF_USER = Symbol('DocumentsOfUser');

/**
 * Erases what the module stores about a user. Each method can be repeated after a failure, and leaves other users
 * alone.
 */
export interface DocumentsOfUser {
  /** Removes private documents, in batches. */
  remove(person: Person): Promise<void>;
  /** Removes the name from documents that the organisation shares, and from the sums. */
  disown(person: Person): Promise<void>;
}
