import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { startTestApp, type TestApp } from './http-test-app.js';

const SECRET = 'a-secret-that-is-long-enough-for-hs256';
const ISSUER = 'https://issuer.example';
const AUDIENCE = 'threadline';
const CLIENT_ID = 'client.apps.googleusercontent.com';

interface Pair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

interface Signing {
  readonly alg: string;
  readonly kid?: string;
  readonly key: CryptoKey | Uint8Array;
  readonly iss?: string;
  readonly aud?: string;
  /** Seconds from now; `null` for none. */
  readonly exp?: number | null;
}

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
    ALLOWED_EMAILS: 'Ada@example.com',
    RATE_LIMIT: 'off',
  });
});

afterAll(async () => {
  await edge.app.close();
  keyServer.close();
});

function signed(claims: Record<string, unknown>, how: Signing): Promise<string> {
  const { alg, kid, key, iss = ISSUER, aud = AUDIENCE, exp = 60 } = how;
  const jwt = new SignJWT(claims).setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) });
  jwt.setIssuer(iss).setAudience(aud);
  if (exp !== null) jwt.setExpirationTime(Math.floor(Date.now() / 1000) + exp);
  return jwt.sign(key);
}

const shared = (): Signing => ({ alg: 'HS256', key: new TextEncoder().encode(SECRET) });
const by = (kid: string, alg: string): Signing => ({ alg, kid, key: pairs[kid]!.privateKey });
const google = (): Signing => ({
  ...by('google', 'RS256'),
  iss: 'https://accounts.google.com',
  aud: CLIENT_ID,
});

async function whoami(token: string | undefined, on = edge) {
  const response = await on.fetch('/whoami', token === undefined ? {} : { token });
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, challenge: response.headers.get('www-authenticate'), body };
}

function unsigned(claims: Record<string, unknown>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`;
}

const soon = () => Math.floor(Date.now() / 1000) + 60;

describe('tokens that are taken', () => {
  it.each([
    ['HS256 with the shared secret', shared],
    ['RS256 with a published key', () => by('rsa', 'RS256')],
    ['ES256 with a published key', () => by('ec', 'ES256')],
    ['EdDSA with a published key', () => by('ed', 'EdDSA')],
  ])('%s', async (_name, how) => {
    const token = await signed({ sub: 'ada', org: 'acme', roles: ['admin'], clearance: 'restricted' }, how());
    expect(await whoami(token)).toMatchObject({
      status: 200,
      body: { id: 'ada', org: 'acme', roles: ['admin'], clearance: 'restricted' },
    });
  });

  it('a Google ID token of an account on the list, whatever the case of its address', async () => {
    const claims = { sub: '1234', email: 'ada@Example.com', email_verified: true };
    for (const iss of ['https://accounts.google.com', 'accounts.google.com']) {
      expect(await whoami(await signed(claims, { ...google(), iss }))).toMatchObject({
        status: 200,
        body: { id: '1234', org: 'user:1234', roles: ['user'], clearance: 'internal' },
      });
    }
  });

  it('a token that expired within the tolerance of clocks', async () => {
    expect(await whoami(await signed({ sub: 'ada' }, { ...shared(), exp: -2 }))).toMatchObject({
      status: 200,
    });
  });
});

describe('tokens that are refused', () => {
  const refusals: [string, () => string | Promise<string>][] = [
    ['no signature at all', () => unsigned({ sub: 'ada', iss: ISSUER, aud: AUDIENCE, exp: soon() })],
    [
      "a published key's text used as a shared secret",
      async () =>
        signed(
          { sub: 'ada' },
          { alg: 'HS256', key: new TextEncoder().encode(await exportSPKI(pairs['rsa']!.publicKey)) },
        ),
    ],
    [
      'another secret',
      () => signed({ sub: 'ada' }, { ...shared(), key: new TextEncoder().encode('x'.repeat(40)) }),
    ],
    ['HS512 with the right secret', () => signed({ sub: 'ada' }, { ...shared(), alg: 'HS512' })],
    [
      'PS256, which is not on the list',
      async () => signed({ sub: 'ada' }, { alg: 'PS256', key: (await generateKeyPair('PS256')).privateKey }),
    ],
    ['a key that nobody published', () => signed({ sub: 'ada' }, by('stranger', 'ES256'))],
    [
      "a stranger's key under a published name",
      () => signed({ sub: 'ada' }, { ...by('stranger', 'ES256'), kid: 'ec' }),
    ],
    ['an expired token', () => signed({ sub: 'ada' }, { ...shared(), exp: -60 })],
    ['a token that never expires', () => signed({ sub: 'ada' }, { ...shared(), exp: null })],
    ['a token that is not valid yet', () => signed({ sub: 'ada', nbf: soon() }, shared())],
    ['another audience, shared secret', () => signed({ sub: 'ada' }, { ...shared(), aud: 'other' })],
    ['another issuer, shared secret', () => signed({ sub: 'ada' }, { ...shared(), iss: 'other' })],
    ['another audience, published key', () => signed({ sub: 'ada' }, { ...by('ec', 'ES256'), aud: 'other' })],
    ['another issuer, published key', () => signed({ sub: 'ada' }, { ...by('ec', 'ES256'), iss: 'other' })],
    ['no subject', () => signed({}, shared())],
    ['a subject with control characters', () => signed({ sub: 'ada\nbob' }, shared())],
    ['a subject that is too long', () => signed({ sub: 'a'.repeat(256) }, shared())],
    ['half a token', async () => (await signed({ sub: 'ada' }, shared())).slice(0, 40)],
    ['no token but a word', () => 'hello'],
    [
      'a Google account that is not on the list',
      () => signed({ sub: '1', email: 'eve@example.com', email_verified: true }, google()),
    ],
    [
      'a Google account with an unverified address',
      () => signed({ sub: '1', email: 'ada@example.com', email_verified: false }, google()),
    ],
    ['a Google account without an address', () => signed({ sub: '1' }, google())],
    [
      'a Google token made for another client',
      () =>
        signed({ sub: '1', email: 'ada@example.com', email_verified: true }, { ...google(), aud: 'other' }),
    ],
  ];

  it.each(refusals)('%s', async (_name, make) => {
    const { status, challenge, body } = await whoami(await make());
    expect(status).toBe(401);
    expect(challenge).toBe('Bearer');
    expect(body).toMatchObject({ code: 'UNAUTHENTICATED', error: 'Unauthorized', retryable: false });
  });

  it('none at all, or one in the query string', async () => {
    expect(await whoami(undefined)).toMatchObject({ status: 401, challenge: 'Bearer' });
    const token = await signed({ sub: 'ada' }, shared());
    for (const name of ['token', 'access_token', 'authorization', 'ticket']) {
      expect((await edge.fetch(`/whoami?${name}=${token}`)).status).toBe(401);
    }
  });
});

describe('keys', () => {
  it('are not fetched again for each token signed by a key that is not among them', async () => {
    await whoami(await signed({ sub: 'ada' }, by('ec', 'ES256')));
    const before = keyRequests;
    for (let round = 0; round < 5; round += 1)
      await whoami(await signed({ sub: 'ada' }, by('stranger', 'ES256')));
    expect(keyRequests).toBe(before);
  });

  it('that cannot be fetched make a refusal that may pass, and a warning that names no token', async () => {
    keysAreUp = false;
    const other = await startTestApp({
      JWT_SECRET: SECRET,
      JWT_JWKS_URI: keyAddress,
      JWT_ISSUER: ISSUER,
      JWT_AUDIENCE: AUDIENCE,
      RATE_LIMIT: 'off',
    });
    const before = keyRequests;
    const token = await signed({ sub: 'ada' }, by('ec', 'ES256'));
    expect(await whoami(token, other)).toMatchObject({
      status: 401,
      body: { code: 'UNAUTHENTICATED', retryable: true },
    });
    expect(await whoami(token, other)).toMatchObject({ status: 401 });
    expect(keyRequests).toBe(before + 1);
    expect(other.logs.join('')).not.toContain(token);
    expect(await whoami(await signed({ sub: 'ada' }, shared()), other)).toMatchObject({ status: 200 });
    await other.app.close();
    keysAreUp = true;
  });
});

describe('two servers in one process', () => {
  it('each take their own tokens only', async () => {
    const other = await startTestApp({
      JWT_SECRET: 'another-secret-that-is-long-enough-too',
      RATE_LIMIT: 'off',
    });
    const token = await signed({ sub: 'ada' }, shared());
    expect(await whoami(token, other)).toMatchObject({ status: 401 });
    expect(await whoami(token, edge)).toMatchObject({ status: 200 });
    await other.app.close();
  });

  it('keep callers apart who ask at the same time', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `user-${index}`);
    const answers = await Promise.all(names.map(async (sub) => whoami(await signed({ sub }, shared()))));
    expect(answers.map(({ body }) => body['id'])).toEqual(names);
  });
});

describe('roles', () => {
  it('refuses a caller without the role, and lets one with it in', async () => {
    const user = await signed({ sub: 'ada', roles: ['user', 'superuser'] }, shared());
    const admin = await signed({ sub: 'ada', roles: ['admin'] }, shared());
    const refused = await edge.fetch('/admin', { token: user });
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ code: 'FORBIDDEN' });
    expect((await edge.fetch('/admin', { token: admin })).status).toBe(200);
  });
});

describe('dev tokens', () => {
  const ask = (on: TestApp, body?: unknown) =>
    on.fetch('/auth/dev-token', {
      method: 'POST',
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });

  it('are not found where dev auth is off, as any unknown address, whatever is sent', async () => {
    const unknown = await (await edge.fetch('/nowhere', { method: 'POST' })).json();
    for (const body of [undefined, {}, { nonsense: 1 }]) {
      const response = await ask(edge, body);
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual(unknown);
    }
  });

  it('are made for whoever asks where it is on: a day for a user who may do everything, or as asked', async () => {
    const dev = await startTestApp({ RATE_LIMIT: 'off' });
    const made = await ask(dev);
    expect(made.status).toBe(201);
    expect(made.headers.get('cache-control')).toBe('no-store');
    const { token, expiresAt } = (await made.json()) as { token: string; expiresAt: string };
    expect(expiresAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect((Date.parse(expiresAt) - Date.now()) / 3_600_000).toBeCloseTo(24, 0);
    expect(await whoami(token, dev)).toMatchObject({
      body: { id: 'dev', org: 'user:dev', roles: ['user', 'admin'] },
    });

    const asked = { sub: 'ada', org: 'acme', roles: ['user'], clearance: 'public', ttlSeconds: 60 };
    const other = (await (await ask(dev, asked)).json()) as { token: string };
    expect(await whoami(other.token, dev)).toMatchObject({
      body: { id: 'ada', org: 'acme', roles: ['user'], clearance: 'public' },
    });
    for (const wrong of [{ ttlSeconds: 31 * 86_400 }, { roles: ['root'] }, { sub: '' }, { unknown: 1 }]) {
      expect((await ask(dev, wrong)).status).toBe(400);
    }
    await dev.app.close();
  });
});
