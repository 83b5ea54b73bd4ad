import { createSecretKey } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import { ROLES, type Clearance } from '../../kernel/index.js';
import { CONFIG, type Config } from '../config/index.js';

/** The longest lifetime of a dev token, in seconds: thirty days. */
export const MAX_DEV_TOKEN_SECONDS = 30 * 24 * 60 * 60;
const DEFAULT_DEV_TOKEN_SECONDS = 24 * 60 * 60;

/** The claims of a dev token; the defaults are the user `dev` with all roles, for a day. */
export interface DevTokenRequest {
  readonly sub?: string | undefined;
  readonly org?: string | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly clearance?: Clearance | undefined;
  readonly ttlSeconds?: number | undefined;
}

/** A token and when it expires (ISO 8601). */
export interface DevToken {
  readonly token: string;
  readonly expiresAt: string;
}

/** Issues tokens for any user. Only while dev auth is on, which requires a loopback address. */
@Injectable()
export class DevTokens {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  async issue(request: DevTokenRequest = {}): Promise<DevToken> {
    const { devAuth, jwtSecret, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = this.config;
    if (!devAuth || jwtSecret === undefined)
      throw new Error('dev tokens were asked for while dev auth is off');
    const now = Math.floor(Date.now() / 1_000);
    const expires = now + Math.min(request.ttlSeconds ?? DEFAULT_DEV_TOKEN_SECONDS, MAX_DEV_TOKEN_SECONDS);
    const jwt = new SignJWT(claimsOf(request))
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(request.sub ?? 'dev')
      .setIssuedAt(now)
      .setExpirationTime(expires);
    if (issuer !== undefined) jwt.setIssuer(issuer);
    if (audience !== undefined) jwt.setAudience(audience);
    const token = await jwt.sign(createSecretKey(Buffer.from(jwtSecret, 'utf8')));
    return { token, expiresAt: new Date(expires * 1_000).toISOString() };
  }
}

function claimsOf({ org, roles, clearance }: DevTokenRequest): Record<string, unknown> {
  return {
    roles: roles ?? ROLES,
    ...(org === undefined ? {} : { org }),
    ...(clearance === undefined ? {} : { clearance }),
  };
}
