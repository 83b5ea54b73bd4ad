import type { JWTPayload, ProtectedHeaderParameters } from 'jose';

/** What an access token or an ID token says it is, if anything (RFC 9068, RFC 7519). */
const TYPES = ['jwt', 'at+jwt'];
/** What some issuers call tokens in their claims that are for themselves alone. */
const OTHER_USES = ['refresh', 'offline', 'logout'];

/**
 * Why a token of this header cannot speak for its subject, in words; `undefined` if it may. Nothing that has to be
 * understood to take a token (`crit`) is understood here, and an unencoded payload is for other things than tokens.
 */
export function headerRejection({ typ, crit, b64, kid }: ProtectedHeaderParameters): string | undefined {
  if (typ !== undefined && !TYPES.includes(nameOf(typ)))
    return 'Its type (`typ`) is not that of a token for an API.';
  if (crit !== undefined || b64 !== undefined)
    return 'It has extensions (`crit`, `b64`) that are not known here.';
  if (kid !== undefined && typeof kid !== 'string') return 'The name of its key (`kid`) is no text.';
  return undefined;
}

/** The same of its claims: security events (RFC 8417), logout tokens among them, and tokens for the issuer itself. */
export function claimsRejection({ events, typ, token_use: use }: JWTPayload): string | undefined {
  if (events !== undefined && events !== null) return 'It tells of an event and is no token for an API.';
  const isOther = [typ, use].some(
    (value) => typeof value === 'string' && OTHER_USES.includes(value.toLowerCase()),
  );
  return isOther ? 'It is for its issuer, and no token for an API.' : undefined;
}

/** A media type, whose `application/` may be left out; case is of no meaning. */
function nameOf(typ: unknown): string {
  return typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : '';
}
