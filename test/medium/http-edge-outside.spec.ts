import { edgeApp } from './http-edge-app.js';

const on = edgeApp();
const { call, withHost } = on;

describe('ids and pages', () => {
  it('answers an id that is no UUID with NOT_FOUND, as it does an unknown one', async () => {
    expect(await call('/things/42')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });

  it('takes ids in either case', async () => {
    const id = '01890A5D-AC96-774B-BCCE-B302099A8057';
    expect(await call(`/things/${id}`)).toMatchObject({ status: 200, body: { id: id.toLowerCase() } });
  });

  it('gives pages of fifty unless asked, and refuses sizes out of bounds', async () => {
    expect((await call('/things')).body).toEqual({ limit: 50 });
    expect((await call('/things?limit=200&cursor=abc')).body).toEqual({ limit: 200, cursor: 'abc' });
    for (const limit of ['0', '201', '1.5', 'many', '']) {
      expect(await call(`/things?limit=${limit}`)).toMatchObject({
        status: 400,
        body: { code: 'VALIDATION_FAILED' },
      });
    }
  });
});

describe('the outside', () => {
  it('answers only to names of this machine while dev tokens are on', async () => {
    expect(await withHost('localhost:3000')).toBe(200);
    expect(await withHost('127.0.0.1')).toBe(200);
    expect(await withHost('[::1]:3000')).toBe(200);
    expect(await withHost('evil.example')).toBe(403);
    expect(await withHost('localhost.evil.example')).toBe(403);
    expect(await withHost('127.0.0.1.evil.example')).toBe(403);
  });

  it('sends security headers and lets no origin in', async () => {
    const { headers } = await call('/health', { headers: { origin: 'https://evil.example' } });
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it('serves the OpenAPI document without a token: what needs one, what does not, and errors', async () => {
    const response = await fetch(`${on.edge.origin}/openapi.json`);
    const document = (await response.json()) as {
      info: { version: string };
      security: unknown;
      paths: Record<string, Record<string, { security?: unknown; responses: Record<string, unknown> }>>;
      components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> };
    };
    expect(document.info.version).toBe('1.2.3');
    expect(document.security).toEqual([{ bearer: [] }]);
    expect(document.components.securitySchemes['bearer']).toMatchObject({ type: 'http', scheme: 'bearer' });
    expect(document.components.schemas['Error']).toBeDefined();
    expect(document.paths['/health']?.['get']?.security).toEqual([]);
    expect(document.paths['/whoami']?.['get']?.security).toBeUndefined();
    expect(document.paths['/auth/dev-token']?.['post']?.security).toEqual([]);
    expect(document.paths['/notes']?.['post']?.responses['default']).toBeDefined();
    expect(JSON.stringify(document)).not.toContain('x-public');
  });

  it('serves the page that reads it, with every script from here', async () => {
    const page = await fetch(`${on.edge.origin}/docs`);
    expect(page.headers.get('content-type')).toContain('text/html');
    const html = await page.text();
    expect(html).not.toMatch(/<script(?! src)/);
    for (const [, path] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const asset = await fetch(`${on.edge.origin}${path}`);
      expect([path, asset.status]).toEqual([path, 200]);
      await asset.arrayBuffer();
    }
    expect((await fetch(`${on.edge.origin}/docs/package.json`)).status).toBe(404);
  });
});

describe('the log', () => {
  it('puts the id of the request on every line made for it, on the root path too', async () => {
    await call('/', { headers: { 'x-request-id': 'root-1' } });
    expect(on.edge.logs.filter((line) => line.includes('root-1'))).toHaveLength(1);
  });

  it('puts it there when the request has a body that comes late, too', async () => {
    const id = 'late-1';
    const headers = { 'x-request-id': id, 'content-type': 'application/json' };
    async function* late() {
      yield Buffer.from('{"text":');
      await new Promise((resolve) => setTimeout(resolve, 20));
      yield Buffer.from('"hello"}');
    }
    await call('/broken', { method: 'POST', headers, body: ReadableStream.from(late()), duplex: 'half' });
    const [line] = on.edge.logs.filter((entry) => entry.includes('swordfish') && entry.includes(id));
    expect(line).toBeDefined();
  });

  it('holds one line for a request: who and how it went, without query string, token or body', async () => {
    const id = 'log-1';
    await call('/things?cursor=sesame', { headers: { 'x-request-id': id } });
    const lines = on.edge.logs.filter((line) => line.includes(id));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      level: 'info',
      requestId: id,
      method: 'GET',
      path: '/things',
      status: 200,
      userId: 'dev',
    });
    expect(lines[0]!.match(/requestId/g)).toHaveLength(1);
    expect(on.edge.logs.join('')).not.toContain('sesame');
    expect(on.edge.logs.join('')).not.toContain(on.token);
  });

  it('does not quote what could not be parsed', async () => {
    await call('/unparsable', { headers: { 'x-request-id': 'diary-1' } });
    const line = on.edge.logs.find((text) => text.includes('diary-1') && text.includes('"error"'));
    expect(JSON.parse(line!)).toMatchObject({ msg: expect.stringContaining('withheld') as unknown });
    expect(on.edge.logs.join('')).not.toContain('my diary');
  });

  it('holds nothing of probes', async () => {
    await call('/health', { headers: { 'x-request-id': 'probe-1' } });
    expect(on.edge.logs.join('')).not.toContain('probe-1');
  });
});
