import { AppError } from '../../kernel/index.js';
import type { Claims } from './claims.js';

/** Google signs ID tokens under either spelling. */
export const GOOGLE_ISSUERS: readonly string[] = ['https://accounts.google.com', 'accounts.google.com'];

/**
 * Lets a Google account in by its e-mail address: one that Google has not verified belongs to nobody, and where
 * there is a list only those on it may come in. Throws `UNAUTHENTICATED`.
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

/** ASCII letters alone have a case here: Unicode's rules make one address of what are two, KELVIN SIGN and K for one. */
function comparable(address: string): string {
  return address.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
