/** Who may read what, from least to most: the order is the meaning. */
export const CLEARANCES = ['public', 'internal', 'confidential', 'restricted'] as const;
export type Clearance = (typeof CLEARANCES)[number];

/** Anybody; who administers an organisation; who runs the server, for all of them. */
export const ROLES = ['user', 'admin', 'operator'] as const;
export type Role = (typeof ROLES)[number];

/** What a role may be called that an organisation has besides: who reviews, who approves. At most {@link MAX_ROLES} count. */
export const ROLE_NAME = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/;
export const MAX_ROLES = 32;

/** The authenticated user a request is made for. `org` is the outer wall, `id` the inner one. */
export interface Caller {
  readonly id: string;
  readonly org: string;
  /** Those of {@link ROLES}, and others that the organisation has for its people. */
  readonly roles: readonly string[];
  readonly clearance: Clearance;
  readonly name: string | undefined;
  readonly email: string | undefined;
  /** When the token ends, in milliseconds since 1970; absent for whoever acts without one. */
  readonly expiresAt?: number;
}

/** One text for each user of all organisations, to count by. */
export function userKey({ org, id }: Pick<Caller, 'org' | 'id'>): string {
  return `${org}\n${id}`;
}

/** The clearance as a number that compares: 0 is `public`, 3 is `restricted`. */
export function clearanceLevel(clearance: Clearance): number {
  return CLEARANCES.indexOf(clearance);
}

/** A user of an organisation, whoever asks. */
export type Person = Pick<Caller, 'id' | 'org'>;
