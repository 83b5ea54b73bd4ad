import type { Person } from '../../kernel/index.js';

/** Injection token of {@link DocumentsOfUser}. */
export const DOCUMENTS_OF_USER = Symbol('DocumentsOfUser');

/** What is kept of a user here, for whoever erases it. Each method goes on where it was broken off, and leaves other users alone. */
export interface DocumentsOfUser {
  /** Removes private documents, some at a time. */
  remove(person: Person): Promise<void>;
  /** Takes the name off documents that the organisation shares, and forgets what the person has put in. */
  disown(person: Person): Promise<void>;
}
