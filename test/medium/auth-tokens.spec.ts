import { Logger } from '@nestjs/common';
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
  readonly header?: Record<string, unknown>;
}

/** Claims that every kind of token may have. */
const GENUINE = { sub: '1', email: 'ada@example.com', email_verified: true };

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

function signed(claims: Record<string, unknown>, how: Signing): Promise<string> {
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

const shared = (): Signing => ({ alg: 'HS256', key: new TextEncoder().encode(SECRET) });
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
        body: {
          id: 'https://accounts.google.com|1234',
          org: 'user:https://accounts.google.com|1234',
          roles: ['user'],
          clearance: 'internal',
        },
      });
    }
  });

  it.each(['JWT', 'jwt', 'at+jwt', 'application/at+jwt', undefined])('of the type %s', async (typ) => {
    for (const [kind, how] of KINDS) {
      const { status } = await whoami(await signed(GENUINE, { ...how(), header: { typ } }));
      expect([kind, status]).toEqual([kind, 200]);
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
    ...['org', 'org_id', 'orgId'].map((claim): [string, () => Promise<string>] => [
      `${claim} that is somebody's own`,
      () => signed({ sub: 'eve', [claim]: 'user:ada' }, shared()),
    ]),
    ...KINDS.flatMap(([kind, how]) =>
      [
        ...['logout+jwt', 'dpop+jwt', 'secevent+jwt', 'application/dpop+jwt', 'JWE', '', 7].map((typ) => ({
          typ,
        })),
        { crit: ['b64'], b64: true },
        { b64: false },
        { crit: ['exp'], exp: 1 },
      ].map((header): [string, () => Promise<string>] => [
        `${kind} with the header ${JSON.stringify(header)}`,
        () => signed(GENUINE, { ...how(), header }),
      ]),
    ),
    ...[
      { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
      { typ: 'Refresh' },
      { token_use: 'refresh' },
    ].map((claims): [string, () => Promise<string>] => [
      `a token with ${JSON.stringify(claims)}`,
      () => signed({ ...GENUINE, ...claims }, by('ec', 'ES256')),
    ]),
    ...[
      'ada@example.co\u212a',
      '\u212aim@example.com',
      'k\u0131m@example.com',
      'K\u0130M@example.com',
      '\uff4bim@example.com',
      'kim@example\u3002com',
      'kim@example.com.',
      ' kim@example.com',
      'kim@example.com\u200b',
      'ki\u043c@example.com',
      'me\u00df@example.com',
    ].map((email): [string, () => Promise<string>] => [
      `a Google account with the address ${JSON.stringify(email)}`,
      () => signed({ sub: '1', email, email_verified: true }, google()),
    ]),
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

describe('users of two issuers', () => {
  const claims = { email: 'ada@example.com', email_verified: true };
  const idOf = async (token: string, on = edge) => (await whoami(token, on)).body['id'];

  it('are not each other for having the same subject', async () => {
    const ids = [
      await idOf(await signed({ ...claims, sub: 'ada' }, shared())),
      await idOf(await signed({ ...claims, sub: 'ada' }, google())),
    ];
    expect(ids).toEqual(['ada', 'https://accounts.google.com|ada']);
    const posing = await signed({ sub: 'https://accounts.google.com|ada' }, shared());
    expect(await whoami(posing)).toMatchObject({ status: 401 });
  });

  it('keep the ids they had where Google was the first, once the operator has said so', async () => {
    const settings = { GOOGLE_CLIENT_ID: CLIENT_ID, GOOGLE_JWKS_URI: keyAddress, RATE_LIMIT: 'off' };
    const alone = await startTestApp(settings);
    const both = { ...settings, JWT_SECRET: SECRET, JWT_ISSUER: ISSUER };
    const warned = jest.spyOn(Logger.prototype, 'warn');
    const [unsaid, said] = [
      await startTestApp(both),
      await startTestApp({ ...both, AUTH_PRIMARY_ISSUER: 'google' }),
    ];
    const ofGoogle = await signed({ ...claims, sub: '1' }, google());
    expect(await idOf(ofGoogle, alone)).toBe('1');
    expect(await idOf(ofGoogle, said)).toBe('1');
    expect(await idOf(await signed({ sub: '1' }, shared()), said)).toBe(`${ISSUER}|1`);
    expect(warned.mock.calls).toEqual([[expect.stringContaining('AUTH_PRIMARY_ISSUER=google')]]);
    warned.mockRestore();
    for (const { app } of [alone, unsaid, said]) await app.close();
  });
});

describe('keys', () => {
  it('are not fetched again for each token signed by a key that is not among them', async () => {
    await whoami(await signed({ sub: 'ada' }, by('ec', 'ES256')));
    const before = keyRequests;
    for (let round = 0; round < 5; round += 1)
      await whoami(await signed({ sub: 'ada' }, by('stranger', 'ES256')));
    expect(keyRequests - before).toBeLessThanOrEqual(1);
  });

  it('that cannot be fetched are the trouble of the issuer, and a warning that names no token', async () => {
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
      status: 503,
      challenge: null,
      body: { code: 'PROVIDER_UNAVAILABLE', retryable: true },
    });
    expect(await whoami(token, other)).toMatchObject({ status: 503 });
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
  const ask = (on: TestApp, body?: unknown, headers: Record<string, string> = {}) =>
    on.fetch('/auth/dev-token', {
      method: 'POST',
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  it.each([
    'Forwarded',
    'Via',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Real-IP',
    'CF-Connecting-IP',
    'True-Client-IP',
    'X-Client-IP',
    'X-Cluster-Client-IP',
    'X-Original-Forwarded-For',
    'X-Envoy-External-Address',
    'Fly-Client-IP',
  ])('are not found by what a proxy passes on: %s', async (name) => {
    const dev = await startTestApp({ RATE_LIMIT: 'off' });
    const passedOn = await ask(dev, {}, { [name]: '203.0.113.7' });
    expect([passedOn.status, ((await passedOn.json()) as { code: string }).code]).toEqual([404, 'NOT_FOUND']);
    expect((await ask(dev, {})).status).toBe(201);
    await dev.app.close();
  });

  it('are there beside a secret only where somebody asked for them', async () => {
    const both = await startTestApp({ RATE_LIMIT: 'off', JWT_SECRET: SECRET, AUTH_DEV: 'true' });
    const { token } = (await (await ask(both, {})).json()) as { token: string };
    expect(await whoami(token, both)).toMatchObject({ status: 200 });
    await both.app.close();
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
      body: { id: 'dev', org: 'user:dev', roles: ['user', 'admin', 'operator'] },
    });

    const asked = { sub: 'ada', org: 'acme', roles: ['user'], clearance: 'public', ttlSeconds: 60 };
    const other = (await (await ask(dev, asked)).json()) as { token: string };
    expect(await whoami(other.token, dev)).toMatchObject({
      body: { id: 'ada', org: 'acme', roles: ['user'], clearance: 'public' },
    });
    for (const wrong of [
      { ttlSeconds: 31 * 86_400 },
      { roles: ['two words'] },
      { sub: '' },
      { org: 'user:ada' },
      { unknown: 1 },
    ]) {
      expect((await ask(dev, wrong)).status).toBe(400);
    }
    await dev.app.close();
  });
});
