import { AppError } from '../../kernel/index.js';
import type { Claims } from './claims.js';

/** Google signs ID tokens with either issuer. */
export const GOOGLE_ISSUERS: readonly string[] = ['https://accounts.google.com', 'accounts.google.com'];

/**
 * Checks the e-mail address of a Google account: it must be verified and, if there is a list of allowed addresses, be
 * on it. Throws `UNAUTHENTICATED`.
 */
export function checkGoogleEmail(claims: Claims, allowed: readonly string[] | undefined): void {
  const email = claims['email'];
  if (email === undefined && allowed === undefined) return;
  if (typeof email !== 'string' || claims['email_verified'] !== true) {
    throw new AppError(
      'UNAUTHENTICATED',
      'The Google account has no verified e-mail address. Verify it with Google and sign in again.',
    );
  }
  const address = comparable(email);
  if (allowed !== undefined && !allowed.some((entry) => comparable(entry) === address)) {
    throw new AppError(
      'UNAUTHENTICATED',
      'This Google account is not among those let in. Ask the operator to add it to ALLOWED_EMAILS.',
    );
  }
}

/**
 * Only ASCII letters are lower-cased: Unicode's rules would make different addresses equal, such as those with KELVIN
 * SIGN and K.
 */
function comparable(address: string): string {
  return address.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
