/** Clearances in ascending order. */
export const CLEARANCES = ['public', 'internal', 'confidential', 'restricted'] as const;
export type Clearance = (typeof CLEARANCES)[number];

/** user: anybody; admin: administers an organisation; operator: runs the server, for all organisations. */
export const ROLES = ['user', 'admin', 'operator'] as const;
export type Role = (typeof ROLES)[number];

/** The pattern of an organisation's own roles, such as reviewers and approvers. At most {@link MAX_ROLES} are used. */
export const ROLE_NAME = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/;
export const MAX_ROLES = 32;

/** The authenticated user of a request. `org` separates tenants, `id` the users of one. */
export interface Caller {
  readonly id: string;
  readonly org: string;
  /** Those of {@link ROLES}, and the organisation's own. */
  readonly roles: readonly string[];
  readonly clearance: Clearance;
  readonly name: string | undefined;
  readonly email: string | undefined;
  /** When the token expires, in milliseconds since 1970; absent for a caller without a token. */
  readonly expiresAt?: number;
}

/** A key that is unique among the users of all organisations. */
export function userKey({ org, id }: Pick<Caller, 'org' | 'id'>): string {
  return `${org}\n${id}`;
}

/** The clearance as a number that compares: 0 is `public`, 3 is `restricted`. */
export function clearanceLevel(clearance: Clearance): number {
  return CLEARANCES.indexOf(clearance);
}

/** A user of an organisation, as the subject of an operation. */
export type Person = Pick<Caller, 'id' | 'org'>;
