import type { ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Issuer } from '../doubles/issuer.js';
import { startTestApp, type TestApp } from './http-test-app.js';

const HOUR_MS = 3_600_000;

let issuer: Issuer;
const apps: TestApp[] = [];
let ahead = 0;

beforeEach(async () => {
  issuer = await Issuer.start();
  const now = Date.now.bind(Date);
  ahead = 0;
  jest.spyOn(Date, 'now').mockImplementation(() => now() + ahead);
});

afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(apps.splice(0).map(({ app }) => app.close()));
  await issuer.close();
});

async function serve(environment: Record<string, string> = {}): Promise<TestApp> {
  const edge = await startTestApp({ ...issuer.environment, RATE_LIMIT: 'off', ...environment });
  apps.push(edge);
  return edge;
}

async function status(edge: TestApp, token: string): Promise<number> {
  return (await edge.fetch('/whoami', { token })).status;
}

/** As if so much time had passed, for the server and for whoever makes tokens. */
function pass(milliseconds: number): void {
  ahead += milliseconds;
}

describe('an issuer that is down', () => {
  it('for ten minutes logs nobody out, and lets in who has a new token by a key that is known', async () => {
    const edge = await serve();
    const token = await issuer.token({}, { exp: 10 * 3_600 });
    expect(await status(edge, token)).toBe(200);
    await issuer.down();
    for (const minutes of [5, 11, 30, 300]) {
      pass(minutes * 60_000);
      expect([minutes, await status(edge, token)]).toEqual([minutes, 200]);
      expect(await status(edge, await issuer.token({ sub: 'bob' }))).toBe(200);
    }
  });

  it.each([
    [
      'a page',
      (_: unknown, response: ServerResponse) =>
        void response.setHeader('content-type', 'text/html').end('<html>Maintenance</html>'),
    ],
    [
      'JSON without keys',
      (_: unknown, response: ServerResponse) => void response.end('{"error":"maintenance"}'),
    ],
    ['an empty list of keys', (_: unknown, response: ServerResponse) => void response.end('{"keys":[]}')],
    [
      'keys of no use',
      (_: unknown, response: ServerResponse) =>
        void response.end('{"keys":[null,7,{"kty":"oct","k":"AAAA"},{"kty":"EC"}]}'),
    ],
    ['null', (_: unknown, response: ServerResponse) => void response.end('null')],
    ['404', (_: unknown, response: ServerResponse) => void response.writeHead(404).end('{"keys":[]}')],
    ['500', (_: unknown, response: ServerResponse) => void response.writeHead(500).end()],
    [
      'a redirect',
      (_: unknown, response: ServerResponse) =>
        void response.writeHead(302, { location: 'http://127.0.0.1:9/keys' }).end(),
    ],
    [
      'more than anybody has keys',
      (_: unknown, response: ServerResponse) =>
        void response.end(`{"keys":[],"x":"${'x'.repeat(3_000_000)}"}`),
    ],
    [
      'half an answer',
      (_: unknown, response: ServerResponse) =>
        void response.writeHead(200, { 'content-length': '5000' }).write('{"keys"', () => response.destroy()),
    ],
  ])(
    'or answers with %s is told with 503 where nothing can be checked, and keeps its last keys else',
    async (_name, answering) => {
      const before = await serve();
      const token = await issuer.token({}, { exp: 10 * 3_600 });
      expect(await status(before, token)).toBe(200);
      issuer.answering = answering;

      const fresh = await serve();
      const refused = await fresh.fetch('/whoami', { token });
      expect(refused.status).toBe(503);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await refused.json()).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', retryable: true });
      expect(fresh.logs.join('')).not.toContain(token);

      pass(HOUR_MS);
      expect(await status(before, token)).toBe(200);
      expect(await status(before, await issuer.token({}, { by: 'another', exp: 36_000 }))).toBe(503);
      expect(await status(before, await issuer.token({}, { by: 'first', exp: -7_200 }))).toBe(401);
      issuer.answering = undefined;
      pass(4_000);
      expect(await status(fresh, await issuer.token({}, { exp: 60 }))).toBe(200);
    },
  );

  it('and hangs is waited for five seconds at most', async () => {
    issuer.answering = () => undefined;
    const edge = await serve();
    const token = await issuer.token({});
    const statuses = await Promise.all([1, 2, 3].map(() => status(edge, token)));
    expect(statuses).toEqual([503, 503, 503]);
    expect(issuer.requests).toBe(1);
  }, 15_000);

  it('is not asked again by every token meanwhile', async () => {
    issuer.answering = (_request, response) => void response.writeHead(503).end();
    const edge = await serve();
    const token = await issuer.token({});
    for (let round = 0; round < 5; round += 1) expect(await status(edge, token)).toBe(503);
    expect(issuer.requests).toBe(1);
  });

  it('is trusted no more after a day', async () => {
    const edge = await serve();
    const token = await issuer.token({}, { exp: 100 * 3_600 });
    expect(await status(edge, token)).toBe(200);
    await issuer.down();
    pass(24 * HOUR_MS);
    expect(await status(edge, token)).toBe(503);
  });
});

describe('a key that is replaced', () => {
  it('is found at its first use, and the one before is not taken any more', async () => {
    const edge = await serve();
    const old = await issuer.token({});
    expect(await status(edge, old)).toBe(200);
    await issuer.publish('second');
    expect(await status(edge, await issuer.token({}))).toBe(200);
    expect(await status(edge, old)).toBe(401);
  });

  it('is found at its first use under the name of the one before, or without a name', async () => {
    for (const kid of ['same', null]) {
      await issuer.publish('first', { kid });
      const edge = await serve();
      const header = { kid: kid ?? undefined } as { kid: string };
      expect(await status(edge, await issuer.token({}, { header }))).toBe(200);
      await issuer.publish('second', { kid });
      expect(await status(edge, await issuer.token({}, { header }))).toBe(200);
    }
  });

  it('is found in the middle of a flood of tokens by unknown keys, which costs one fetch in seconds and delays nobody', async () => {
    const edge = await serve();
    const good = await issuer.token({});
    expect(await status(edge, good)).toBe(200);
    const before = issuer.requests;
    const strangers = await Promise.all(
      Array.from({ length: 60 }, (_, n) => issuer.token({}, { by: `stranger-${n}` })),
    );
    const flood = Promise.all(strangers.map((token) => status(edge, token)));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const more = Promise.all(
      strangers.map((token, n) => status(edge, n % 2 === 0 ? token : `${token.slice(0, -4)}AAAA`)),
    );
    await issuer.publish('second', { beside: true });
    let isFound = false;
    const rotated = status(edge, await issuer.token({})).then((found) => {
      isFound = true;
      return found;
    });
    expect(await status(edge, good)).toBe(200);
    // The good one came back while the one by the new key still waited for the next fetch.
    expect(isFound).toBe(false);
    expect(await rotated).toBe(200);
    expect(new Set([...(await flood), ...(await more)])).toEqual(new Set([401]));
    expect(issuer.requests - before).toBeLessThanOrEqual(2);
  });

  it('is not looked for again by each token of a stranger', async () => {
    const edge = await serve();
    expect(await status(edge, await issuer.token({}))).toBe(200);
    const before = issuer.requests;
    const stranger = await issuer.token({}, { by: 'stranger' });
    for (let round = 0; round < 8; round += 1) expect(await status(edge, stranger)).toBe(401);
    expect(issuer.requests - before).toBe(1);
  });
});

describe('several keys that fit', () => {
  it('are all tried: tokens without a name, names that are given twice, keys without one', async () => {
    for (const kid of [null, 'twice']) {
      await issuer.publish('one', { kid });
      await issuer.publish('two', { kid, beside: true });
      await issuer.publish('three', { kid, beside: true });
      const edge = await serve();
      for (const by of ['one', 'two', 'three']) {
        const header = { kid: kid ?? undefined } as { kid: string };
        expect([kid, by, await status(edge, await issuer.token({}, { by, header }))]).toEqual([kid, by, 200]);
      }
      const header = { kid: kid ?? undefined } as { kid: string };
      expect(await status(edge, await issuer.token({}, { by: 'stranger', header }))).toBe(401);
    }
  });

  it('do not count where they are for something else, nor spoil the others', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    const sign = (kid: string) =>
      new SignJWT({ sub: 'ada' })
        .setProtectedHeader({ alg: 'ES256', kid })
        .setIssuer('https://issuer.example')
        .setAudience('threadline')
        .setExpirationTime('1h')
        .sign(privateKey);
    issuer.published.unshift(
      { ...jwk, kid: 'enc', use: 'enc' },
      { ...jwk, kid: 'alg', alg: 'ES384' },
      { ...jwk, kid: 'ops', key_ops: ['encrypt'] },
      { kty: 'EC', crv: 'P-256', x: '!', y: 7 } as never,
      null as never,
    );
    const edge = await serve();
    expect(await status(edge, await issuer.token({}))).toBe(200);
    for (const kid of ['enc', 'alg', 'ops']) expect(await status(edge, await sign(kid))).toBe(401);
  });
});
