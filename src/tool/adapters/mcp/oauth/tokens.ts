import type { OAuthTokens } from '@modelcontextprotocol/client';
import type { Tokens } from './grant.js';

const MAX_LENGTH = 16_000;
const TOKEN = /^[\x21-\x7e]+$/;
/** A token that ends so soon is not used any more. */
const EARLY_MS = 30_000;
const YEAR_S = 31_536_000;

/** What an authorization server gives, if it can be used: `Bearer`, and nothing that would be more than a header. */
export function tokensOf({
  access_token,
  refresh_token,
  token_type,
  expires_in,
}: OAuthTokens): Tokens | undefined {
  const isSafe = [access_token, refresh_token ?? 'none'].every(
    (token) => token.length <= MAX_LENGTH && TOKEN.test(token),
  );
  if (!isSafe || token_type.toLowerCase() !== 'bearer') return undefined;
  const seconds = expires_in !== undefined && expires_in >= 0 ? Math.min(expires_in, YEAR_S) : undefined;
  return {
    access: access_token,
    refresh: refresh_token,
    endsAt: seconds === undefined ? undefined : Date.now() + seconds * 1_000,
  };
}

/** Whether it is worth while to send the token. */
export function isFresh({ endsAt, refresh }: Tokens): boolean {
  // One that cannot be renewed is used for as long as the server takes it.
  return endsAt === undefined || Date.now() < (refresh === undefined ? endsAt : endsAt - EARLY_MS);
}
