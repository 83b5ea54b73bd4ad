import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request as ask, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGzip } from 'node:zlib';
import { freePort } from '../support/free-port.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';
import { openStream, type ReceivedFrame } from '../support/sse-client.js';

/** What somebody may have on the way. */
type Way = 'buffers' | 'compresses' | 'cuts' | 'breaks';

describe('the selftest of streams', () => {
  let server: TestServer;
  let alice: TestUser;
  const proxies: Server[] = [];
  beforeAll(async () => {
    server = await startTestServer({ MAX_STREAMS_PER_USER: '2' });
    alice = await server.user();
  });
  afterAll(async () => {
    for (const proxy of proxies) proxy.close();
    await server?.close();
  });

  const open = (user: TestUser) =>
    openStream(`${server.url}/chat/stream/selftest`, { headers: { authorization: `Bearer ${user.token}` } });

  const throughProxy = async (way: Way): Promise<string> => {
    const proxy = createServer((request, response) => {
      const { url, headers } = request;
      ask(server.url + url, { headers }, (answer) => {
        const { 'transfer-encoding': _, ...kept } = answer.headers;
        response.writeHead(200, { ...kept, ...(way === 'compresses' ? { 'content-encoding': 'gzip' } : {}) });
        if (way === 'compresses') return void answer.pipe(createGzip()).pipe(response);
        const held: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => {
          held.push(chunk);
          if (way === 'cuts' && held.length === 4) response.end(Buffer.concat(held));
          if (way === 'breaks' && response.write(chunk) && held.length === 4) response.destroy();
        });
        answer.on('end', () => response.end(Buffer.concat(held)));
      }).end();
    });
    proxies.push(proxy);
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  };

  /** What the client that the documentation names makes of it. */
  const verdict = (url: string) =>
    new Promise<{ code: number; words: string }>((resolve) => {
      const child = execFile(process.execPath, ['scripts/selftest.mjs', url, alice.token], (_, words) =>
        resolve({ code: child.exitCode ?? -1, words: words.split('\n')[0]! }),
      );
    });

  /** How that client ends when there is nothing to make of it: its code and its standard error. */
  const said = (...given: string[]) =>
    new Promise<string>((resolve) => {
      const child = execFile(process.execPath, ['scripts/selftest.mjs', ...given], (_, __, words) =>
        resolve(`${child.exitCode} ${words}`),
      );
    });

  it('sends ten frames without ids, two hundred milliseconds apart by its own clock, and ends', async () => {
    const stream = await open(alice);
    const frames: ReceivedFrame[] = [];
    for await (const frame of stream.frames) frames.push(frame);

    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(stream.response.headers.get('x-accel-buffering')).toBe('no');
    expect(stream.response.headers.get('content-encoding')).toBeNull();
    expect(frames.map(({ data }) => data['index'])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const { id, type, data, timestamp } of frames) {
      expect([id, type, data['count'], data['sentAt']]).toEqual([undefined, 'selftest', 10, timestamp]);
      expect(data['elapsedMs']).toBeGreaterThanOrEqual(data['index'] * 200 - 5);
    }
    expect(stream.text()).toMatch(/^retry: 1000\ndata: \{"type":"selftest"/);
    expect(stream.text()).not.toMatch(/^id:/m);
  });

  it('counts as an open stream of its user, and no longer than it runs', async () => {
    const carol = await server.user({ sub: 'carol' });
    const streams = [await open(carol), await open(carol)];
    const refused = await carol.ask('GET', '/chat/stream/selftest');
    expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED']);
    for (const stream of streams) for await (const _ of stream.frames);

    const again = await open(carol);
    expect(again.response.status).toBe(200);
    again.close();
  });

  it('wants a token', async () => {
    expect((await fetch(`${server.url}/chat/stream/selftest`)).status).toBe(401);
  });

  it('tells its documented client a buffering, a compressing and a cutting proxy from each other', async () => {
    expect(await verdict(await throughProxy('buffers'))).toEqual({ code: 1, words: 'buffered' });
    expect((await verdict(await throughProxy('compresses'))).words).toMatch(/compressed \(gzip\)$/);
    expect(await verdict(await throughProxy('cuts'))).toEqual({ code: 1, words: 'broken' });
  });

  it('is broken to its documented client when the connection is', async () => {
    expect(await verdict(await throughProxy('breaks'))).toEqual({ code: 1, words: 'broken' });
  });

  it('has its documented client say in a sentence why nothing could be tested', async () => {
    const page = createServer((_, response) =>
      response.setHeader('content-type', 'text/html').end('Log in!'),
    );
    proxies.push(page);
    await once(page.listen(0, '127.0.0.1'), 'listening');
    const pageUrl = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
    const nobody = `http://me:hunter2@127.0.0.1:${await freePort()}`;

    expect(await said()).toBe('2 Usage: node scripts/selftest.mjs <base URL> <token>\n');
    expect(await said(server.url)).toMatch(/^2 Usage: /);
    expect(await said(server.url, '')).toMatch(/^2 Usage: /);
    expect(await said('localhost:3000', 'token')).toMatch(/^2 The base URL is not an http:\/\/ .*\n$/);
    expect(await said(nobody.replace('me:hunter2@', ''), 'token')).toMatch(
      /^2 No server could be reached at http:\/\/127\.0\.0\.1:\d+ \(connect ECONNREFUSED .*\n$/,
    );
    expect(await said(nobody, 'token')).toMatch(/^2 No server could be reached at http:\/\/127[^@]*\n$/);
    expect(await said(server.url, 'nonsense')).toMatch(/^2 The server at .* refused the token \(401\).*\n$/);
    expect(await said(server.url, 'two\nlines')).toBe('2 The token has characters that no token has.\n');
    expect(await said(`${server.url}/elsewhere`, alice.token)).toMatch(
      /^2 .* knows no selftest \(404\).*\n$/,
    );
    expect(await said(pageUrl, 'token')).toMatch(/^2 .* sends no stream of events \(text\/html\).*\n$/);
  });

  it('is found by its documented client below a base URL that ends in a slash', async () => {
    expect((await verdict(`${server.url}/`)).words).toMatch(/^(clean|partly buffered)$/);
  });

  it('shows its documented client a clean path', async () => {
    // On a machine that is too busy to send in time it may be found partly buffered; never buffered.
    expect((await verdict(server.url)).words).toMatch(/^(clean|partly buffered)$/);
  });
});
