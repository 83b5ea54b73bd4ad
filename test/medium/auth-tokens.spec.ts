import { exportSPKI, generateKeyPair } from 'jose';
import { AUDIENCE, ISSUER, shared, signed, tokenIssuers } from './token-issuers.js';

/** Claims that every kind of token may have. */
const GENUINE = { sub: '1', email: 'ada@example.com', email_verified: true };

function unsigned(claims: Record<string, unknown>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`;
}

const soon = () => Math.floor(Date.now() / 1000) + 60;

const on = tokenIssuers();
const { by, google, KINDS, whoami } = on;

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
          { alg: 'HS256', key: new TextEncoder().encode(await exportSPKI(on.pairs['rsa']!.publicKey)) },
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
      expect((await on.edge.fetch(`/whoami?${name}=${token}`)).status).toBe(401);
    }
  });
});
