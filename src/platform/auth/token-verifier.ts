import { createSecretKey } from 'node:crypto';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import {
  decodeJwt,
  decodeProtectedHeader,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyOptions,
} from 'jose';
import { AppError } from '../../kernel/index.js';
import { CONFIG, type Config } from '../config/index.js';
import { CLOCK_TOLERANCE_SECONDS, type Claims } from './claims.js';
import { checkGoogleEmail, GOOGLE_ISSUERS } from './google.js';
import { KeysUnavailable, JwksCache, type KeyHint } from './jwks-cache.js';
import { PUBLIC_KEY_ALGORITHMS } from './jwks.js';
import { claimsRejection, headerRejection } from './token-acceptance.js';
import { UserIds, type Issuer } from './user-ids.js';
import { VerifiedTokens, type TokenKeys } from './verified-tokens.js';

const RETRY_AFTER_SECONDS = 5;

/** The verification of one kind of token: signature, times, issuer and audience. */
interface Check {
  readonly issuer: Issuer;
  readonly keys: TokenKeys;
  readonly claims: (token: string, hint: KeyHint) => Promise<JWTPayload>;
}

/**
 * Verifies bearer tokens. Each kind of key accepts its own algorithms only, so neither `none` nor a public key used as
 * a shared secret passes. The unverified header and issuer choose which check a token has to pass, never whether.
 */
@Injectable()
export class TokenVerifier implements OnModuleInit {
  private readonly logger = new Logger(TokenVerifier.name);
  private readonly ids: UserIds;
  private readonly shared: Check | undefined;
  private readonly published: Check | undefined;
  private readonly google: Check | undefined;
  private readonly verified = new VerifiedTokens();

  constructor(@Inject(CONFIG) private readonly config: Config) {
    this.ids = new UserIds(config);
    this.shared = sharedSecretCheck(config);
    this.published = publishedKeysCheck(config);
    this.google = googleCheck(config);
  }

  onModuleInit(): void {
    if (this.ids.prefix === undefined || this.config.AUTH_PRIMARY_ISSUER !== undefined) return;
    this.logger.warn(
      `Two issuers are configured, so the ids of Google's users begin with ${this.ids.prefix}. Set AUTH_PRIMARY_ISSUER=jwt ` +
        'if that is meant, or AUTH_PRIMARY_ISSUER=google if Google was the only one before: else its users do not find their threads.',
    );
  }

  /**
   * The claims of a genuine token, with the user's id as `sub`. Throws `UNAUTHENTICATED` with a reason for the token's
   * owner, and `PROVIDER_UNAVAILABLE` while the issuer's keys cannot be fetched.
   */
  async verify(token: string): Promise<Claims> {
    return this.verified.find(token) ?? this.verifyAnew(token);
  }

  private async verifyAnew(token: string): Promise<Claims> {
    try {
      const header = decodeProtectedHeader(token);
      refuse(headerRejection(header));
      const { alg = '', kid } = header;
      const check = this.checkFor(alg, token);
      if (check === undefined) throw refused('Its algorithm or issuer is not taken here.');
      const { version } = check.keys;
      const payload = await check.claims(token, { alg, kid });
      refuse(claimsRejection(payload));
      const sub = this.ids.of(check.issuer, payload.sub);
      if (sub === undefined) throw refused("Its subject looks like another issuer's.");
      const claims: Claims = { ...payload, sub };
      // With keys that were renewed meanwhile it may have been another key.
      if (version !== undefined && version === check.keys.version)
        this.verified.keep(token, claims, check.keys, version);
      return claims;
    } catch (error) {
      throw asRefusal(error);
    }
  }

  private checkFor(alg: string, token: string): Check | undefined {
    if (alg === 'HS256') return this.shared;
    if (!PUBLIC_KEY_ALGORITHMS.includes(alg)) return undefined;
    const fromGoogle = GOOGLE_ISSUERS.includes(decodeJwt(token).iss ?? '');
    return fromGoogle ? (this.google ?? this.published) : this.published;
  }
}

function asRefusal(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof errors.JWTExpired) return refused('It has expired: get a new one.');
  if (error instanceof KeysUnavailable) {
    return new AppError(
      'PROVIDER_UNAVAILABLE',
      "The token cannot be checked at the moment, because its issuer's keys cannot be fetched. Try again in a few seconds with the same token.",
      { retryAfter: RETRY_AFTER_SECONDS, cause: error },
    );
  }
  if (error instanceof errors.JWTClaimValidationFailed)
    return refused(`Its \`${error.claim}\` is missing or wrong.`);
  return refused('It is malformed, or its signature is not by a key that is taken here.');
}

function refused(reason: string): AppError {
  return new AppError('UNAUTHENTICATED', `The bearer token was refused. ${reason}`);
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw refused(problem);
}

function sharedSecretCheck(config: Config): Check | undefined {
  if (config.jwtSecret === undefined) return undefined;
  const key = createSecretKey(Buffer.from(config.jwtSecret, 'utf8'));
  const options = { ...common(['HS256']), ...issuedBy(config.JWT_ISSUER), ...madeFor(config.JWT_AUDIENCE) };
  return {
    issuer: 'jwt',
    keys: { version: key },
    claims: async (token) => (await jwtVerify(token, key, options)).payload,
  };
}

function publishedKeysCheck(config: Config): Check | undefined {
  const { JWT_JWKS_URI: address, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = config;
  // Without both, tokens that the issuer made for others would be accepted.
  if (address === undefined || issuer === undefined || audience === undefined) return undefined;
  const options = { ...common(PUBLIC_KEY_ALGORITHMS), issuer, audience };
  const keys = new JwksCache(address);
  return { issuer: 'jwt', keys, claims: signedBy(keys, options) };
}

function googleCheck(config: Config): Check | undefined {
  if (config.GOOGLE_CLIENT_ID === undefined) return undefined;
  const options = { ...common(['RS256']), issuer: [...GOOGLE_ISSUERS], audience: config.GOOGLE_CLIENT_ID };
  const keys = new JwksCache(config.GOOGLE_JWKS_URI);
  const claimsOf = signedBy(keys, options);
  return {
    issuer: 'google',
    keys,
    claims: async (token, hint) => {
      const claims = await claimsOf(token, hint);
      checkGoogleEmail(claims, config.ALLOWED_EMAILS);
      return claims;
    },
  };
}

/** Verifies with whichever of the issuer's matching keys has signed the token. */
function signedBy(keys: JwksCache, options: JWTVerifyOptions): Check['claims'] {
  return async (token, hint) => {
    const claims = await keys.find(hint, async (key) => {
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (error) {
        if (error instanceof errors.JWSSignatureVerificationFailed) return undefined;
        throw error;
      }
    });
    if (claims !== undefined) return claims;
    throw refused('Its signature is not by a key that is taken here.');
  };
}

function common(algorithms: string[]): JWTVerifyOptions {
  return { algorithms, clockTolerance: CLOCK_TOLERANCE_SECONDS, requiredClaims: ['exp', 'sub'] };
}

function issuedBy(issuer: string | undefined): JWTVerifyOptions {
  return issuer === undefined ? {} : { issuer };
}

function madeFor(audience: string | undefined): JWTVerifyOptions {
  return audience === undefined ? {} : { audience };
}
