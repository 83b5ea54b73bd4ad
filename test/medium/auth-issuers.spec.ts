import { Logger } from '@nestjs/common';
import { AUDIENCE, CLIENT_ID, ISSUER, SECRET, shared, signed, tokenIssuers } from './token-issuers.js';
import { startTestApp, type TestApp } from './http-test-app.js';

const on = tokenIssuers();
const { by, google, whoami } = on;

describe('users of two issuers', () => {
  const claims = { email: 'ada@example.com', email_verified: true };
  const idOf = async (token: string, at = on.edge) => (await whoami(token, at)).body['id'];

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
    const settings = { GOOGLE_CLIENT_ID: CLIENT_ID, GOOGLE_JWKS_URI: on.keyAddress, RATE_LIMIT: 'off' };
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
    const before = on.keyRequests;
    for (let round = 0; round < 5; round += 1)
      await whoami(await signed({ sub: 'ada' }, by('stranger', 'ES256')));
    expect(on.keyRequests - before).toBeLessThanOrEqual(1);
  });

  it('that cannot be fetched are the trouble of the issuer, and a warning that names no token', async () => {
    on.keysAreUp = false;
    const other = await startTestApp({
      JWT_SECRET: SECRET,
      JWT_JWKS_URI: on.keyAddress,
      JWT_ISSUER: ISSUER,
      JWT_AUDIENCE: AUDIENCE,
      RATE_LIMIT: 'off',
    });
    const before = on.keyRequests;
    const token = await signed({ sub: 'ada' }, by('ec', 'ES256'));
    expect(await whoami(token, other)).toMatchObject({
      status: 503,
      challenge: null,
      body: { code: 'PROVIDER_UNAVAILABLE', retryable: true },
    });
    expect(await whoami(token, other)).toMatchObject({ status: 503 });
    expect(on.keyRequests).toBe(before + 1);
    expect(other.logs.join('')).not.toContain(token);
    expect(await whoami(await signed({ sub: 'ada' }, shared()), other)).toMatchObject({ status: 200 });
    await other.app.close();
    on.keysAreUp = true;
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
    expect(await whoami(token, on.edge)).toMatchObject({ status: 200 });
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
    const refused = await on.edge.fetch('/admin', { token: user });
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ code: 'FORBIDDEN' });
    expect((await on.edge.fetch('/admin', { token: admin })).status).toBe(200);
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
    const unknown = await (await on.edge.fetch('/nowhere', { method: 'POST' })).json();
    for (const body of [undefined, {}, { nonsense: 1 }]) {
      const response = await ask(on.edge, body);
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
