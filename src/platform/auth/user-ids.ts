import type { Config } from '../config/index.js';
import { GOOGLE_ISSUERS } from './google.js';

/** The issuer of a user's tokens: the holder of `JWT_SECRET` or of the keys at `JWT_JWKS_URI`, or Google. */
export type Issuer = 'jwt' | 'google';

type IssuerSettings = Pick<
  Config,
  'JWT_SECRET' | 'JWT_JWKS_URI' | 'JWT_ISSUER' | 'GOOGLE_CLIENT_ID' | 'AUTH_PRIMARY_ISSUER'
>;

/**
 * The ids of users. With one issuer an id is its `sub`. With two, those of the primary issuer are unchanged, and those
 * of the other one have a prefix, so that equal `sub`s of two issuers are different users.
 */
export class UserIds {
  private readonly primary: Issuer;
  /** The prefix of the other issuer's ids; absent with one issuer. */
  readonly prefix: string | undefined;

  constructor(config: IssuerSettings) {
    const { JWT_SECRET, JWT_JWKS_URI, JWT_ISSUER: issuer, GOOGLE_CLIENT_ID, AUTH_PRIMARY_ISSUER } = config;
    this.primary = AUTH_PRIMARY_ISSUER ?? 'jwt';
    const hasOwn = (JWT_SECRET ?? JWT_JWKS_URI) !== undefined && !GOOGLE_ISSUERS.includes(issuer ?? '');
    if (!hasOwn || GOOGLE_CLIENT_ID === undefined) return;
    this.prefix = `${this.primary === 'jwt' ? GOOGLE_ISSUERS[0] : (issuer ?? 'jwt')}|`;
  }

  /** The id for an issuer's subject; `undefined` if it would collide with the other issuer's ids. */
  of(issuer: Issuer, subject: unknown): unknown {
    if (this.prefix === undefined || typeof subject !== 'string') return subject;
    if (issuer !== this.primary) return `${this.prefix}${subject}`;
    return subject.startsWith(this.prefix) ? undefined : subject;
  }
}
