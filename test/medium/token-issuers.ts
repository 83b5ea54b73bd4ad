import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { startTestApp, type TestApp } from './http-test-app.js';

/** What HS256 is signed with. */
export const SECRET = 'a-secret-that-is-long-enough-for-hs256';
/** Who signs with published keys. */
export const ISSUER = 'https://issuer.example';
/** Who the tokens are for. */
export const AUDIENCE = 'threadline';
/** Who Google’s tokens are for. */
export const CLIENT_ID = 'client.apps.googleusercontent.com';

interface Pair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

/** How a token is signed, and what it says besides its claims. */
export interface Signing {
  readonly alg: string;
  readonly kid?: string;
  readonly key: CryptoKey | Uint8Array;
  readonly iss?: string;
  readonly aud?: string;
  /** Seconds from now; `null` for none. */
  readonly exp?: number | null;
  readonly header?: Record<string, unknown>;
}

/** A token of these claims. */
export function signed(claims: Record<string, unknown>, how: Signing): Promise<string> {
  const { alg, kid, key, iss = ISSUER, aud = AUDIENCE, exp = 60, header } = how;
  const jwt = new SignJWT(claims).setProtectedHeader({
    alg,
    ...(kid === undefined ? {} : { kid }),
    ...header,
  });
  jwt.setIssuer(iss).setAudience(aud);
  if (exp !== null) jwt.setExpirationTime(Math.floor(Date.now() / 1000) + exp);
  const crit = Object.fromEntries(((header?.['crit'] ?? []) as string[]).map((name) => [name, true]));
  return jwt.sign(key, { crit });
}

/** Signed with the shared secret. */
export const shared = (): Signing => ({ alg: 'HS256', key: new TextEncoder().encode(SECRET) });

/** A server that takes tokens of three issuers, and the keys they are signed with, for the specs of this file. */
export function tokenIssuers() {
  const pairs: Record<string, Pair> = {};
  let keyServer: Server;
  let published: JWK[] = [];
  let keyRequests = 0;
  let keysAreUp = true;
  let keyAddress: string;
  let edge: TestApp;

  beforeAll(async () => {
    for (const [kid, alg] of Object.entries({
      rsa: 'RS256',
      ec: 'ES256',
      ed: 'EdDSA',
      google: 'RS256',
      stranger: 'ES256',
    })) {
      pairs[kid] = await generateKeyPair(alg, { extractable: true });
    }
    keyServer = createServer((_request, response) => {
      keyRequests += 1;
      response.statusCode = keysAreUp ? 200 : 503;
      response.end(JSON.stringify({ keys: published }));
    }).listen(0, '127.0.0.1');
    await once(keyServer, 'listening');
    published = await Promise.all(
      ['rsa', 'ec', 'ed', 'google'].map(async (kid) => ({
        ...(await exportJWK(pairs[kid]!.publicKey)),
        kid,
        use: 'sig',
      })),
    );
    keyAddress = `http://127.0.0.1:${(keyServer.address() as AddressInfo).port}/keys`;
    edge = await startTestApp({
      JWT_SECRET: SECRET,
      JWT_JWKS_URI: keyAddress,
      JWT_ISSUER: ISSUER,
      JWT_AUDIENCE: AUDIENCE,
      GOOGLE_CLIENT_ID: CLIENT_ID,
      GOOGLE_JWKS_URI: keyAddress,
      ALLOWED_EMAILS: 'Ada@example.com, Kim@example.com, mess@example.com',
      RATE_LIMIT: 'off',
    });
  });

  afterAll(async () => {
    await edge.app.close();
    keyServer.close();
  });
  const by = (kid: string, alg: string): Signing => ({ alg, kid, key: pairs[kid]!.privateKey });
  const google = (): Signing => ({
    ...by('google', 'RS256'),
    iss: 'https://accounts.google.com',
    aud: CLIENT_ID,
  });

  const KINDS: readonly [string, () => Signing][] = [
    ['HS256', shared],
    ['a published key', () => by('ec', 'ES256')],
    ["Google's key", google],
  ];

  async function whoami(token: string | undefined, on = edge) {
    const response = await on.fetch('/whoami', token === undefined ? {} : { token });
    const body = (await response.json()) as Record<string, unknown>;
    return { status: response.status, challenge: response.headers.get('www-authenticate'), body };
  }

  return {
    get edge() {
      return edge;
    },
    get keyAddress() {
      return keyAddress;
    },
    get keyRequests() {
      return keyRequests;
    },
    get pairs() {
      return pairs;
    },
    get keysAreUp() {
      return keysAreUp;
    },
    set keysAreUp(value) {
      keysAreUp = value;
    },
    by,
    google,
    KINDS,
    whoami,
  };
}
