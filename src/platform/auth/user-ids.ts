import type { Config } from '../config/index.js';
import { GOOGLE_ISSUERS } from './google.js';

/** Who vouches for a user: whoever has `JWT_SECRET` or the keys at `JWT_JWKS_URI`, or Google. */
export type Issuer = 'jwt' | 'google';

type IssuerSettings = Pick<
  Config,
  'JWT_SECRET' | 'JWT_JWKS_URI' | 'JWT_ISSUER' | 'GOOGLE_CLIENT_ID' | 'AUTH_PRIMARY_ISSUER'
>;

/**
 * The ids of users. With one issuer that is its `sub`. With two, the primary's users keep theirs, and the others' have
 * their issuer before it, so that nobody becomes somebody else by having the same `sub` elsewhere.
 */
export class UserIds {
  private readonly primary: Issuer;
  /** What the other issuer's ids begin with; absent where there is one only. */
  readonly prefix: string | undefined;

  constructor(config: IssuerSettings) {
    const { JWT_SECRET, JWT_JWKS_URI, JWT_ISSUER: issuer, GOOGLE_CLIENT_ID, AUTH_PRIMARY_ISSUER } = config;
    this.primary = AUTH_PRIMARY_ISSUER ?? 'jwt';
    const hasOwn = (JWT_SECRET ?? JWT_JWKS_URI) !== undefined && !GOOGLE_ISSUERS.includes(issuer ?? '');
    if (!hasOwn || GOOGLE_CLIENT_ID === undefined) return;
    this.prefix = `${this.primary === 'jwt' ? GOOGLE_ISSUERS[0] : (issuer ?? 'jwt')}|`;
  }

  /** The id of an issuer's subject; `undefined` for one that would be taken for a user of the other issuer. */
  of(issuer: Issuer, subject: unknown): unknown {
    if (this.prefix === undefined || typeof subject !== 'string') return subject;
    if (issuer !== this.primary) return `${this.prefix}${subject}`;
    return subject.startsWith(this.prefix) ? undefined : subject;
  }
}
