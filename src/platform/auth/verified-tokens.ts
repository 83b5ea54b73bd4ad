import { hash } from 'node:crypto';
import { CLOCK_TOLERANCE_SECONDS, type Claims } from './claims.js';

const MAX_TOKENS = 5_000;
/** Longer tokens are verified each time. */
const MAX_TOKEN_CHARS = 4_096;

/** The keys that vouch for tokens. */
export interface TokenKeys {
  /** Another object whenever the keys have changed; `undefined` while they may be out of date. */
  readonly version: object | undefined;
}

interface Verified {
  readonly claims: Claims;
  readonly keys: TokenKeys;
  readonly version: object;
}

/**
 * Tokens that were verified a moment ago: a client sends the same one with each request, and its signature is as good as
 * it was. An entry counts while the token is valid and its issuer's keys are the same; what was refused is never kept.
 * Nobody can read tokens out of it: their hashes are the keys.
 */
export class VerifiedTokens {
  /** The one used longest ago first. */
  private readonly verified = new Map<string, Verified>();

  constructor(private readonly maxTokens = MAX_TOKENS) {}

  /** The claims of a token that needs no verification now. */
  find(token: string): Claims | undefined {
    if (token.length > MAX_TOKEN_CHARS) return undefined;
    const key = keyOf(token);
    const known = this.verified.get(key);
    if (known === undefined) return undefined;
    this.verified.delete(key);
    if (known.keys.version !== known.version || !isValidNow(known.claims)) return undefined;
    this.verified.set(key, known);
    return known.claims;
  }

  /** Keeps the claims of a token that was verified with this version of the keys. */
  keep(token: string, claims: Claims, keys: TokenKeys, version: object): void {
    if (token.length > MAX_TOKEN_CHARS) return;
    this.verified.set(keyOf(token), { claims, keys, version });
    for (const oldest of this.verified.keys()) {
      if (this.verified.size <= this.maxTokens) break;
      this.verified.delete(oldest);
    }
  }

  get size(): number {
    return this.verified.size;
  }
}

function keyOf(token: string): string {
  return hash('sha256', token, 'base64');
}

function isValidNow({ exp, nbf }: Claims): boolean {
  const now = Date.now() / 1_000;
  const hasBegun =
    nbf === undefined || (typeof nbf === 'number' && nbf <= Math.floor(now) + CLOCK_TOLERANCE_SECONDS);
  return hasBegun && typeof exp === 'number' && now < exp + CLOCK_TOLERANCE_SECONDS;
}
