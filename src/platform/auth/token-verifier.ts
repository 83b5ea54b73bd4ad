import { createSecretKey } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JWTVerifyOptions } from 'jose';
import { AppError } from '../../kernel/index.js';
import { CONFIG, type Config } from '../config/index.js';
import type { Claims } from './claims.js';
import { checkGoogleEmail, GOOGLE_ISSUERS } from './google.js';
import { KeysUnavailable, remoteKeys } from './remote-keys.js';

const CLOCK_TOLERANCE_SECONDS = 5;
const PUBLIC_KEY_ALGORITHMS = ['RS256', 'ES256', 'EdDSA', 'Ed25519'];

/** Checks one kind of token: its signature, its times, and who made it for whom. */
type Check = (token: string) => Promise<Claims>;

/**
 * Says whether a bearer token is genuine. Each kind of key takes its own algorithms only, so neither `none` nor a
 * public key used as a shared secret gets anywhere. The unverified header and issuer choose which check a token
 * has to pass, never whether.
 */
@Injectable()
export class TokenVerifier {
  private readonly logger = new Logger(TokenVerifier.name);
  private readonly shared: Check | undefined;
  private readonly published: Check | undefined;
  private readonly google: Check | undefined;

  constructor(@Inject(CONFIG) config: Config) {
    this.shared = sharedSecretCheck(config);
    this.published = publishedKeysCheck(config);
    this.google = googleCheck(config);
  }

  /** The claims of a genuine token. Throws `UNAUTHENTICATED`, saying why where that helps its owner. */
  async verify(token: string): Promise<Claims> {
    try {
      const check = this.checkFor(token);
      if (check === undefined) throw refused('Its algorithm or issuer is not taken here.');
      return await check(token);
    } catch (error) {
      throw this.asRefusal(error);
    }
  }

  private checkFor(token: string): Check | undefined {
    const { alg } = decodeProtectedHeader(token);
    if (alg === 'HS256') return this.shared;
    if (alg === undefined || !PUBLIC_KEY_ALGORITHMS.includes(alg)) return undefined;
    const fromGoogle = GOOGLE_ISSUERS.includes(decodeJwt(token).iss ?? '');
    return fromGoogle ? (this.google ?? this.published) : this.published;
  }

  private asRefusal(error: unknown): AppError {
    if (error instanceof AppError) return error;
    if (error instanceof errors.JWTExpired) return refused('It has expired: get a new one.');
    if (error instanceof KeysUnavailable || error instanceof errors.JWKSTimeout) {
      this.logger.warn(`Tokens cannot be checked: ${error.message}.`);
      return new AppError(
        'UNAUTHENTICATED',
        'The token cannot be checked at the moment. Try again in a few seconds.',
        {
          retryable: true,
        },
      );
    }
    if (error instanceof errors.JWTClaimValidationFailed)
      return refused(`Its \`${error.claim}\` is missing or wrong.`);
    return refused('It is malformed, or its signature is not by a key that is taken here.');
  }
}

function refused(reason: string): AppError {
  return new AppError('UNAUTHENTICATED', `The bearer token was refused. ${reason}`);
}

function sharedSecretCheck(config: Config): Check | undefined {
  if (config.jwtSecret === undefined) return undefined;
  const key = createSecretKey(Buffer.from(config.jwtSecret, 'utf8'));
  const options = { ...common(['HS256']), ...issuedBy(config.JWT_ISSUER), ...madeFor(config.JWT_AUDIENCE) };
  return async (token) => (await jwtVerify(token, key, options)).payload;
}

function publishedKeysCheck(config: Config): Check | undefined {
  const { JWT_JWKS_URI: address, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = config;
  // Without both, a token that the issuer made for somebody else would be taken.
  if (address === undefined || issuer === undefined || audience === undefined) return undefined;
  const keys = remoteKeys(address);
  const options = { ...common(PUBLIC_KEY_ALGORITHMS), issuer, audience };
  return async (token) => (await jwtVerify(token, keys, options)).payload;
}

function googleCheck(config: Config): Check | undefined {
  if (config.GOOGLE_CLIENT_ID === undefined) return undefined;
  const keys = remoteKeys(config.GOOGLE_JWKS_URI);
  const options = { ...common(['RS256']), issuer: [...GOOGLE_ISSUERS], audience: config.GOOGLE_CLIENT_ID };
  return async (token) => {
    const { payload } = await jwtVerify(token, keys, options);
    checkGoogleEmail(payload, config.ALLOWED_EMAILS);
    return payload;
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
