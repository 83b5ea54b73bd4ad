import type { JWTPayload, ProtectedHeaderParameters } from 'jose';

/** The `typ` of an access token or an ID token, if it has one (RFC 9068, RFC 7519). */
const TYPES = ['jwt', 'at+jwt'];
/** The `typ` or use of tokens that some issuers make for themselves alone. */
const OTHER_USES = ['refresh', 'offline', 'logout'];

/**
 * Why a token with this header must be rejected, as a sentence; `undefined` if it may be accepted. No extension
 * (`crit`) is supported, and an unencoded payload is not a token's.
 */
export function headerRejection({ typ, crit, b64, kid }: ProtectedHeaderParameters): string | undefined {
  if (typ !== undefined && !TYPES.includes(nameOf(typ)))
    return 'Its type (`typ`) is not that of a token for an API.';
  if (crit !== undefined || b64 !== undefined)
    return 'It has extensions (`crit`, `b64`) that are not known here.';
  if (kid !== undefined && typeof kid !== 'string') return 'The name of its key (`kid`) is no text.';
  return undefined;
}

/**
 * The same for its claims: rejects security events (RFC 8417), including logout tokens, and tokens for the issuer
 * itself.
 */
export function claimsRejection({ events, typ, token_use: use }: JWTPayload): string | undefined {
  if (events !== undefined && events !== null) return 'It tells of an event and is no token for an API.';
  const isOther = [typ, use].some(
    (value) => typeof value === 'string' && OTHER_USES.includes(value.toLowerCase()),
  );
  return isOther ? 'It is for its issuer, and no token for an API.' : undefined;
}

/** A media type in lower case without the optional `application/`. */
function nameOf(typ: unknown): string {
  return typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : '';
}
