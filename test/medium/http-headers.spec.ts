import { once } from 'node:events';
import { connect } from 'node:net';
import { TEST_SECRET } from '../support/secret.js';
import { startTestApp, type TestApp } from './http-test-app.js';

let edge: TestApp;

afterEach(() => edge.app.close());

const ORIGIN = 'https://chat.example';
const SECURITY = {
  'content-security-policy': expect.stringContaining("default-src 'self'") as unknown,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'SAMEORIGIN',
  'cache-control': 'no-store',
  'x-request-id': expect.stringMatching(/^[\w.-]+$/) as unknown,
};

async function headersOf(path: string, init: Parameters<TestApp['fetch']>[1] = {}) {
  const response = await edge.fetch(path, init);
  await response.arrayBuffer();
  return { status: response.status, headers: Object.fromEntries(response.headers) };
}

describe('the headers of every answer', () => {
  it('are those of a success, also where the router, a guard or the parser of HTTP answers', async () => {
    edge = await startTestApp();
    const token = await edge.token();
    const post = { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } };
    const asked: readonly (readonly [number, string, Parameters<TestApp['fetch']>[1]])[] = [
      [200, '/whoami', { token }],
      [200, '/things', { token, method: 'HEAD' }],
      [400, '/notes', { token, ...post }],
      [401, '/whoami', {}],
      [400, '/%ff', {}],
      [400, '/v1/%ff', { headers: { 'x-request-id': 'mine' } }],
      [404, `/things/${'a'.repeat(600)}`, { token }],
      [404, '/nowhere', {}],
      [404, '/nowhere', { method: 'POST', body: 'a' }],
      [404, '/whoami', { method: 'PUT', token }],
      [404, '/whoami', { method: 'OPTIONS' }],
      [500, '/broken', { token }],
    ];
    for (const [status, path, init] of asked)
      expect([path, await headersOf(path, init)]).toEqual([
        path,
        { status, headers: expect.objectContaining(SECURITY) as unknown },
      ]);
  });

  it('are on what is not HTTP as well', async () => {
    edge = await startTestApp();
    const socket = connect(Number(new URL(edge.origin).port), '127.0.0.1');
    socket.write('NONSENSE\r\n\r\n');
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    expect(chunk.toString()).toMatch(/\r\nx-content-type-options: nosniff\r\n/i);
    socket.destroy();
  });

  it('let files of the documentation be kept all the same', async () => {
    edge = await startTestApp();
    const { headers } = await headersOf('/docs/swagger-ui.css');
    expect(headers).toMatchObject({ 'cache-control': 'public, max-age=3600' });
  });
});

describe('a browser of an origin that is let in', () => {
  it.each<readonly [string, { readonly method?: string; readonly body?: string; readonly headers?: object }]>(
    [
      ['/%ff', {}],
      ['/v1/%e4', {}],
      [`/things/${'a'.repeat(600)}`, {}],
      ['/nowhere', {}],
      ['/whoami', {}],
      ['/notes', { method: 'POST', body: '{}', headers: { 'content-encoding': 'gzip' } }],
      ['/whoami', { method: 'OPTIONS' }],
      ['/nowhere', { method: 'OPTIONS' }],
    ],
  )('may read every answer: %s %j', async (path, init) => {
    edge = await startTestApp({ JWT_SECRET: TEST_SECRET, CORS_ORIGINS: ORIGIN });
    const ask = (origin: string) => headersOf(path, { ...init, headers: { ...init.headers, origin } });
    const { status, headers } = await ask(ORIGIN);
    expect(headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-expose-headers': expect.stringContaining('X-Request-Id') as unknown,
      'x-request-id': expect.any(String) as unknown,
    });
    expect(headers['vary']).toMatch(/origin/i);
    if (init.method === 'OPTIONS') expect(status).toBe(204);
    expect((await ask('https://evil.example')).headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('may be any, where any is let in', async () => {
    edge = await startTestApp({ JWT_SECRET: TEST_SECRET, CORS_ORIGINS: '*' });
    for (const path of ['/%ff', '/nowhere'])
      expect((await headersOf(path, { headers: { origin: ORIGIN } })).headers).toMatchObject({
        'access-control-allow-origin': '*',
      });
  });
});

describe('pages without a token', () => {
  it.each(['/openapi.json', '/docs', '/docs/start.js'])('count against their address: %s', async (path) => {
    edge = await startTestApp({ RATE_LIMIT: '100/minute', RATE_LIMIT_IP: '2/minute' });
    const statuses = [];
    for (let round = 0; round < 3; round += 1) statuses.push((await headersOf(path)).status);
    expect(statuses).toEqual([200, 200, 429]);
  });
});
