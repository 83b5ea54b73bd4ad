import { request as httpRequest } from 'node:http';
import { once } from 'node:events';
import { Controller, Get, Inject, Sse, type BeforeApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Observable, of } from 'rxjs';
import { AppError } from '../../src/kernel/index.js';
import { Public } from '../../src/platform/auth/index.js';
import { startTestApp, type TestApp } from './http-test-app.js';

let edge: TestApp;

async function start(environment: Readonly<Record<string, string>>): Promise<void> {
  edge = await startTestApp(environment);
}

afterEach(() => edge.app.close());

async function statuses(
  times: number,
  path: string,
  init: Parameters<TestApp['fetch']>[1] = {},
): Promise<number[]> {
  const seen: number[] = [];
  for (let round = 0; round < times; round += 1) seen.push((await edge.fetch(path, init)).status);
  return seen;
}

describe('rate limits', () => {
  it('let a user make so many requests over all routes together, and say when to come back', async () => {
    await start({ RATE_LIMIT: '3/minute' });
    const token = await edge.token({ sub: 'ada' });
    expect(await statuses(2, '/whoami', { token })).toEqual([200, 200]);
    expect(await statuses(1, '/things', { token })).toEqual([200]);
    const refused = await edge.fetch('/whoami', { token });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(await refused.json()).toMatchObject({
      code: 'RATE_LIMITED',
      retryable: true,
      details: { limit: 3, windowSeconds: 60 },
    });
  });

  it('count users apart, also those of one name in two organisations', async () => {
    await start({ RATE_LIMIT: '1/minute' });
    for (const user of [{ sub: 'ada' }, { sub: 'bob' }, { sub: 'ada', org: 'acme' }]) {
      expect(await statuses(2, '/whoami', { token: await edge.token(user) })).toEqual([200, 429]);
    }
  });

  it('count wrong tokens by address, before anything is done about them', async () => {
    await start({ RATE_LIMIT: '100/minute', RATE_LIMIT_IP: '2/minute' });
    expect(await statuses(3, '/whoami', { token: 'wrong' })).toEqual([401, 401, 429]);
    expect(await statuses(1, '/whoami', { token: await edge.token() })).toEqual([429]);
  });

  it('let an address make ten times as many requests as a user, unless told otherwise', async () => {
    await start({ RATE_LIMIT: '1/minute' });
    expect(await statuses(11, '/whoami', { token: 'wrong' })).toEqual([...Array<number>(10).fill(401), 429]);
  });

  it('leave probes alone', async () => {
    await start({ RATE_LIMIT: '1/minute', RATE_LIMIT_IP: '1/minute' });
    expect(await statuses(5, '/health')).toEqual(Array<number>(5).fill(200));
  });

  it('can be off', async () => {
    await start({ RATE_LIMIT: 'off' });
    expect(new Set(await statuses(30, '/whoami', { token: 'wrong' }))).toEqual(new Set([401]));
  });

  it('believe an address that a proxy reports only if the proxy is trusted', async () => {
    const from = (address: string) => ({ token: 'wrong', headers: { 'x-forwarded-for': address } });
    await start({ RATE_LIMIT: '1/minute', RATE_LIMIT_IP: '1/minute' });
    expect([
      ...(await statuses(1, '/whoami', from('1.1.1.1'))),
      ...(await statuses(1, '/whoami', from('2.2.2.2'))),
    ]).toEqual([401, 429]);
    await edge.app.close();
    await start({ RATE_LIMIT: '1/minute', RATE_LIMIT_IP: '1/minute', TRUST_PROXY: '127.0.0.1' });
    expect([
      ...(await statuses(1, '/whoami', from('1.1.1.1'))),
      ...(await statuses(2, '/whoami', from('2.2.2.2'))),
    ]).toEqual([401, 401, 429]);
  });
});

describe('origins', () => {
  const preflight = (origin: string) =>
    edge.fetch('/whoami', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'GET' } });

  it('that are listed may call from a browser, and others may not', async () => {
    await start({
      JWT_SECRET: 'a-secret-that-is-long-enough-for-hs256',
      CORS_ORIGINS: 'https://chat.example, https://other.example',
    });
    const allowed = await preflight('https://chat.example');
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://chat.example');
    const refused = await preflight('https://evil.example');
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    const answered = await edge.fetch('/whoami', { headers: { origin: 'https://chat.example' } });
    expect(answered.headers.get('access-control-expose-headers')).toContain('X-Request-Id');
  });
});

describe('the Host header', () => {
  it('may be anything once dev tokens are off', async () => {
    await start({ JWT_SECRET: 'a-secret-that-is-long-enough-for-hs256' });
    const sent = httpRequest(`${edge.origin}/health`, { headers: { host: 'chat.example' } }).end();
    const [response] = (await once(sent, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(200);
  });
});

@Public()
@Controller()
class StreamingController implements BeforeApplicationShutdown {
  static seen:
    { readonly status: number; readonly body: unknown; readonly connection: string | null } | undefined;

  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  @Sse('stream')
  stream(): Observable<{ data: string }> {
    return of({ data: 'hello' });
  }

  @Sse('refused')
  refused(): Promise<Observable<never>> {
    return Promise.reject(new AppError('THREAD_BUSY', 'Wait for the turn.'));
  }

  @Get('open')
  open() {
    return { ok: true };
  }

  async beforeApplicationShutdown(): Promise<void> {
    const { port } = (this.host.httpAdapter.getHttpServer() as { address(): { port: number } }).address();
    const response = await fetch(`http://127.0.0.1:${port}/open`);
    StreamingController.seen = {
      status: response.status,
      body: await response.json(),
      connection: response.headers.get('connection'),
    };
  }
}

describe('streams and the end', () => {
  it('send the request id with an event stream, and an error before its first byte as a plain status', async () => {
    edge = await startTestApp({}, undefined, StreamingController);
    const stream = await edge.fetch('/stream', { headers: { 'x-request-id': 'stream-1' } });
    expect(stream.headers.get('x-request-id')).toBe('stream-1');
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    expect(stream.headers.get('x-content-type-options')).toBe('nosniff');
    await stream.text();
    const refused = await edge.fetch('/refused');
    expect(refused.status).toBe(409);
    expect(refused.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await refused.json()).toMatchObject({ code: 'THREAD_BUSY' });
  });

  it('refuse new requests with SHUTTING_DOWN while the server goes down', async () => {
    edge = await startTestApp({}, undefined, StreamingController);
    await edge.app.close();
    expect(StreamingController.seen).toMatchObject({
      status: 503,
      body: { code: 'SHUTTING_DOWN', retryable: true },
    });
  });
});
