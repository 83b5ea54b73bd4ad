import type { Person } from '../../kernel/index.js';

/** Injection token of {@link UsageOfUser}. */
export const USAGE_OF_USER = Symbol('UsageOfUser');

/** Erases what the ledger stores about a user. */
export interface UsageOfUser {
  /** Whether an attempt is in flight that will be billed to the person. */
  isInFlight(person: Person): Promise<boolean>;
  /**
   * Removes the person's name from the ledger's rows; amounts and times stay. Continues after an interruption, and does
   * not affect other users.
   */
  anonymise(person: Person): Promise<void>;
}
