import {
  AppError,
  CLEARANCES,
  MAX_ROLES,
  ROLE_NAME,
  ROLES,
  type Caller,
  type Clearance,
} from '../../kernel/index.js';

/** The tolerated difference between the issuer's clock and ours, in seconds. */
export const CLOCK_TOLERANCE_SECONDS = 5;

/** The payload of a token whose signature, issuer, audience and times are verified. */
export type Claims = Readonly<Record<string, unknown>>;

/** The prefix of the personal organisation of a user without one; no claim may use it. */
export const OWN_ORG_PREFIX = 'user:';

const MAX_ID_LENGTH = 255;

const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * The caller of a token. Throws `UNAUTHENTICATED` if `sub` or the organisation is not a valid id: both become keys in
 * the database, where two spellings must never be equal.
 */
export function callerFromClaims(claims: Claims): Caller {
  const id = idFrom(claims['sub'], 'sub');
  return {
    id,
    org: orgFrom(claims, id),
    roles: rolesFrom(claims['roles']),
    clearance: clearanceFrom(claims['clearance']),
    name: textFrom(claims['name']),
    email: textFrom(claims['email']),
    ...endFrom(claims['exp']),
  };
}

function orgFrom(claims: Claims, id: string): string {
  for (const claim of ['org', 'org_id', 'orgId']) {
    if (claims[claim] === undefined || claims[claim] === null) continue;
    const org = idFrom(claims[claim], claim);
    if (!org.startsWith(OWN_ORG_PREFIX)) return org;
    throw new AppError(
      'UNAUTHENTICATED',
      `The token's ${claim} begins with ${OWN_ORG_PREFIX}, which is kept for users without an organisation. Leave it out for one of those.`,
    );
  }
  return `${OWN_ORG_PREFIX}${id}`;
}

function idFrom(value: unknown, claim: string): string {
  if (typeof value !== 'string' || !isUsable(value)) {
    throw new AppError(
      'UNAUTHENTICATED',
      `The token's ${claim} is missing or unusable: it has to be text of 1 to ${MAX_ID_LENGTH} characters without control characters.`,
    );
  }
  return value;
}

/** A caller without a known role is a user. Values that are not valid role names are dropped. */
function rolesFrom(value: unknown): readonly string[] {
  const named = (Array.isArray(value) ? value : [value]).filter(isRoleName);
  const known = ROLES.filter((role) => named.includes(role));
  const others = new Set(named.filter((name) => !(ROLES as readonly string[]).includes(name)));
  return [...(known.length > 0 ? known : ['user']), ...[...others].slice(0, MAX_ROLES)];
}

function isRoleName(value: unknown): value is string {
  return typeof value === 'string' && ROLE_NAME.test(value);
}

/** An unknown clearance is the lowest one. */
function clearanceFrom(value: unknown): Clearance {
  if (value === undefined || value === null) return 'internal';
  return CLEARANCES.find((clearance) => clearance === value) ?? 'public';
}

/** The expiry, including the verifier's tolerance. */
function endFrom(exp: unknown): Pick<Caller, 'expiresAt'> {
  return typeof exp === 'number' ? { expiresAt: (exp + CLOCK_TOLERANCE_SECONDS) * 1_000 } : {};
}

function textFrom(value: unknown): string | undefined {
  return typeof value === 'string' && isUsable(value) ? value : undefined;
}

function isUsable(text: string): boolean {
  return text !== '' && text.length <= MAX_ID_LENGTH && text.isWellFormed() && !CONTROL_CHARACTER.test(text);
}
