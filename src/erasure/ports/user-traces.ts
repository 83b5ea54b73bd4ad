import type { Caller } from '../../kernel/index.js';

/** Injection token of the {@link UserTraces}. */
export const USER_TRACES = Symbol('UserTraces');

/** Whose traces: a user of an organisation. */
export type Person = Pick<Caller, 'id' | 'org'>;

/** What is left of a user beside threads. Every method goes on where it was broken off, and leaves other users alone. */
export interface UserTraces {
  /** Removes private documents, some at a time. */
  removeDocuments(person: Person): Promise<void>;
  /** Takes the name off documents that the organisation shares, and off the bill. */
  anonymise(person: Person): Promise<void>;
  /** Removes tickets that open streams. */
  removeTickets(person: Person): Promise<void>;
  /** Whether a request to a provider is under way that will be billed to the person. */
  isBeingBilled(person: Person): Promise<boolean>;
}
