import type { Person } from '../../kernel/index.js';

/** Injection token of {@link UsageOfUser}. */
export const USAGE_OF_USER = Symbol('UsageOfUser');

/** What is kept of a user here, for whoever erases it. */
export interface UsageOfUser {
  /** Whether an attempt is in flight that will be billed to the person. */
  isInFlight(person: Person): Promise<boolean>;
  /** Takes the name off the bill, whose amounts and times stay. Goes on where it was broken off, and leaves other users alone. */
  anonymise(person: Person): Promise<void>;
}
