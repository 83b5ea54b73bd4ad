import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { TEST_CERTIFICATE } from '../../../test/doubles/test-certificate.js';
import { startWebsite, type Page, type Website } from '../../../test/doubles/website.js';
import { EgressAllow } from './egress-allow.js';
import { EgressError } from './egress-error.js';
import { guardedFetch, type GuardedFetchOptions } from './guarded-fetch.js';

const OPTIONS: GuardedFetchOptions = {
  allow: new EgressAllow(['127.0.0.1']),
  accept: ['text/*', 'application/pdf'],
  maxBytes: 100_000,
  timeoutMs: 20_000,
  maxRedirects: 3,
  userAgent: 'Test/1',
};
const BY_NAME = { allow: new EgressAllow(['127.0.0.0/8']), resolve: () => Promise.resolve(['127.0.0.1']) };

describe('a guarded fetch', () => {
  let website: Website;
  const get = (path: string, options: Partial<GuardedFetchOptions> = {}) =>
    guardedFetch(website.url + path, { ...OPTIONS, ...options });
  const errorOf = async (path: string, options: Partial<GuardedFetchOptions> = {}) => {
    const error: unknown = await get(path, options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EgressError);
    return error as EgressError;
  };
  const allClosed = async () => {
    while (website.sockets.size > 0) await pause(5);
  };

  beforeEach(async () => {
    website = await startWebsite();
  });
  afterEach(() => website.close());

  it.each<[string, Page]>([
    ['as it is', 'héllo'],
    ['in gzip', { headers: { 'content-encoding': 'gzip' }, body: gzipSync('héllo') }],
    ['in Brotli', { headers: { 'content-encoding': 'BR' }, body: brotliCompressSync('héllo') }],
  ])('gives what the server sends %s, and closes the connection', async (_name, page) => {
    website.serve({ '/': page });
    const answer = await get('/');
    expect(answer).toMatchObject({
      url: `${website.url}/`,
      status: 200,
      mediaType: 'text/html',
      wasCut: false,
    });
    expect(answer.body.toString()).toBe('héllo');
    await allClosed();
  });

  it('says who asks, and what is taken, and sends nothing of its own besides', async () => {
    website.serve({ '/a?b=c': 'x' });
    await get('/a?b=c#d');
    expect(website.requests).toEqual([
      {
        path: '/a?b=c',
        headers: {
          host: `127.0.0.1:${website.port}`,
          accept: 'text/*, application/pdf',
          'accept-encoding': 'gzip, br',
          'user-agent': 'Test/1',
          connection: 'close',
        },
      },
    ]);
  });

  it('gives the status of what is no success, without a body', async () => {
    expect(await get('/missing')).toMatchObject({ status: 404, body: Buffer.alloc(0) });
  });

  it('follows redirects, with headers of the caller for the first origin alone', async () => {
    const other = await startWebsite();
    website.serve({
      '/1': { status: 301, headers: { location: '2' } },
      '/2': { status: 308, headers: { location: `${other.url}/3` } },
    });
    other.serve({ '/3': { status: 303, headers: { location: `${website.url}/4` } } });
    website.serve({ '/4': 'there' });
    const answer = await get('/1#part', { headers: { 'x-key': 'k' } });
    await other.close();
    expect(answer.url).toBe(`${website.url}/4#part`);
    expect(website.requests.map(({ headers }) => headers['x-key'])).toEqual(['k', 'k', undefined]);
    expect(other.requests.map(({ headers }) => headers['x-key'])).toEqual([undefined]);
  });

  it('asks before each request, and goes no further where that is refused', async () => {
    website.serve({ '/1': { status: 302, headers: { location: '/2' } }, '/2': 'x' });
    const reason = new Error('not there');
    const beforeRequest = (url: URL) => (url.pathname === '/2' ? Promise.reject(reason) : Promise.resolve());
    await expect(get('/1', { beforeRequest })).rejects.toBe(reason);
    expect(website.requests.map(({ path }) => path)).toEqual(['/1']);
  });

  it('speaks TLS with the name, over the address that was checked', async () => {
    const secure = await startWebsite({ tls: true });
    secure.serve({ '/': 'secure' });
    const options = { ...OPTIONS, ...BY_NAME, ca: TEST_CERTIFICATE.cert };
    const answer = await guardedFetch(`https://secure.example.org:${secure.port}/`, options);
    expect(answer.body.toString()).toBe('secure');
    expect(secure.requests[0]?.headers.host).toBe(`secure.example.org:${secure.port}`);
    for (const [name, trusted] of [
      ['other.example.org', TEST_CERTIFICATE.cert],
      ['secure.example.org', undefined],
    ]) {
      const refused = guardedFetch(`https://${name}:${secure.port}/`, { ...options, ca: trusted });
      await expect(refused).rejects.toMatchObject({ rule: 'tls' });
    }
    await secure.close();
  });

  it.each<[string, string, Page]>([
    ['a type that is not taken', 'type', { headers: { 'content-type': 'Image/PNG' }, body: 'x' }],
    ['a body that is too large', 'size', 'x'.repeat(100_001)],
    ['one that does not say how large it is', 'size', (_, answer) => answer.end('x'.repeat(100_001))],
    [
      'compression nobody asked for',
      'encoding',
      { headers: { 'content-encoding': 'deflate' }, body: deflateSync('x') },
    ],
    [
      'two compressions',
      'encoding',
      { headers: { 'content-encoding': 'gzip, gzip' }, body: gzipSync(gzipSync('x')) },
    ],
    [
      'compression that is broken',
      'encoding',
      { headers: { 'content-encoding': 'gzip' }, body: 'hello, hello' },
    ],
    [
      'compression that is cut',
      'encoding',
      { headers: { 'content-encoding': 'gzip' }, body: gzipSync('x').subarray(0, 9) },
    ],
    ['a huge header', 'http', { headers: { 'x-large': 'x'.repeat(40_000) } }],
    [
      'a body that breaks off',
      'connection',
      (_, answer) => {
        answer.writeHead(200, { 'content-length': '10' }).write('12345', () => answer.destroy());
      },
    ],
    ['a connection that breaks off', 'connection', (request) => request.socket.destroy()],
    [
      'a switch of protocols',
      'connection',
      (request) => {
        request.socket.end('HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      },
    ],
  ])('refuses %s, and closes the connection', async (_name, rule, page) => {
    website.serve({ '/': page });
    expect((await errorOf('/')).rule).toBe(rule);
    await allClosed();
  });

  it('refuses compressed data that go on for ever and come to nothing', async () => {
    const whole = gzipSync('');
    // An empty block of deflate, of which there may be any number.
    const empty = Buffer.alloc(200_000, Buffer.from([0, 0, 0, 0xff, 0xff]));
    const body = Buffer.concat([whole.subarray(0, 10), empty]);
    website.serve({
      '/': (_, answer) => {
        answer.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' }).write(body);
      },
    });
    expect((await errorOf('/')).rule).toBe('size');
  });

  it('cuts what is too large where that is asked for', async () => {
    const headers = { 'content-encoding': 'gzip' };
    website.serve({ '/': 'x'.repeat(100_001), '/gzip': { headers, body: gzipSync('x'.repeat(9_000_000)) } });
    for (const path of ['/', '/gzip']) {
      const answer = await get(path, { whenLarger: 'cut' });
      expect([answer.body.length, answer.wasCut]).toEqual([100_000, true]);
    }
    await allClosed();
  });

  it('says that nobody is there', async () => {
    const port = website.port;
    await website.close();
    const refused = guardedFetch(`http://127.0.0.1:${port}/`, OPTIONS);
    await expect(refused).rejects.toMatchObject({ rule: 'connection' });
    website = await startWebsite();
  });

  it('says that there is no server of a name', async () => {
    const failing = () => Promise.reject(new Error('queryA ESERVFAIL'));
    for (const resolve of [() => Promise.resolve([]), failing]) {
      const refused = guardedFetch('https://example.org/', { ...OPTIONS, resolve });
      await expect(refused).rejects.toMatchObject({
        rule: 'name',
        message: 'No server of that name is found.',
      });
    }
  });

  it('refuses what is not HTTP', async () => {
    const server = createServer(
      (socket) => void socket.on('error', () => undefined).end('SSH-2.0-x\r\n\r\n'),
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const refused = guardedFetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, OPTIONS);
    await expect(refused).rejects.toMatchObject({ rule: 'http' });
    server.close();
  });

  const hangs: [string, Page][] = [
    ['before the answer', () => undefined],
    [
      'in its head',
      (request) => void request.socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nx-'),
    ],
    ['in the body', (_, answer) => void answer.writeHead(200, { 'content-type': 'text/plain' }).write('x')],
    [
      'in a compressed body',
      (_, answer) => {
        answer
          .writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' })
          .write(gzipSync('x'));
      },
    ],
  ];

  it.each(hangs)('gives up a server that hangs %s', async (_name, page) => {
    website.serve({ '/': page });
    expect(await errorOf('/', { timeoutMs: 200 })).toMatchObject({
      rule: 'time',
      message: 'The server did not answer within 0.2 seconds.',
    });
    await allClosed();
  });

  it.each(hangs)('stops with the reason of its signal while a server hangs %s', async (_name, page) => {
    website.serve({ '/': page });
    const controller = new AbortController();
    const reason = new Error('stopped');
    const ended = expect(get('/', { signal: controller.signal })).rejects.toBe(reason);
    while (website.requests.length === 0) await pause(5);
    await pause(20);
    controller.abort(reason);
    await ended;
    await allClosed();
  });

  it('stops while a name is being resolved, and before it begins', async () => {
    const controller = new AbortController();
    const reason = new Error('stopped');
    const resolve = () => new Promise<never>(() => undefined);
    const ended = guardedFetch('https://example.org/', { ...OPTIONS, resolve, signal: controller.signal });
    controller.abort(reason);
    await expect(ended).rejects.toBe(reason);
    await expect(get('/', { signal: controller.signal })).rejects.toBe(reason);
    expect(website.connections.total).toBe(0);
  });
});
