import { once } from 'node:events';
import { connect, type Server, type Socket } from 'node:net';
import { TokenVerifier } from '../../src/platform/auth/index.js';
import { startTestApp, type TestApp } from './http-test-app.js';

let edge: TestApp | undefined;

async function start(environment: Readonly<Record<string, string>> = {}) {
  const started = (edge = await startTestApp({ RATE_LIMIT: 'off', ...environment }));
  return {
    app: started.app,
    token: () => started.token(),
    fetch: (...given: Parameters<TestApp['fetch']>) => started.fetch(...given),
  };
}

afterEach(() => edge?.app.close());

interface RawAnswer {
  readonly status: number;
  readonly head: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever came over the wire
  readonly body: any;
}

function open(): Socket {
  return connect(Number(new URL(edge!.origin).port), '127.0.0.1');
}

/** The headers of a request, without its body. */
function head(method: string, path: string, headers: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}

/** What comes until an answer is whole. Rejects when the connection is reset before. */
async function answerOn(socket: Socket): Promise<RawAnswer> {
  let text = '';
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    text += chunk.toString();
    const [top = '', body] = text.split('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(top)?.[1] ?? Number.NaN);
    if (body === undefined || Buffer.byteLength(body) < length) continue;
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(top)?.[1]);
    return { status, head: top, body: body === '' ? undefined : JSON.parse(body) };
  }
}

/** Announces a body of which nothing is ever sent. */
async function announced(
  path: string,
  headers: Readonly<Record<string, string | number>>,
  method = 'POST',
): Promise<RawAnswer> {
  const socket = open();
  socket.write(head(method, path, { 'content-type': 'application/json', ...headers }));
  try {
    return await answerOn(socket);
  } finally {
    socket.destroy();
  }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const LENGTH = { 'content-length': 900_000 };

describe('a request whose body has not come yet', () => {
  it.each([
    ['of announced length', LENGTH],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
    ['of a document', { 'content-length': 9_000_000 }],
    ['that is a form', { 'content-length': 9_000_000, 'content-type': 'multipart/form-data; boundary=x' }],
  ])('is refused without a token, %s', async (_what, headers) => {
    await start();
    for (const given of [{}, bearer('wrong')])
      expect(await announced('/files', { ...headers, ...given })).toMatchObject({
        status: 401,
        body: { code: 'UNAUTHENTICATED' },
      });
  });

  it('is refused where there is nothing, and for a route that lacks the method', async () => {
    const { token } = await start();
    const known = bearer(await token());
    for (const [method, path] of [
      ['POST', '/nowhere'],
      ['PUT', '/whoami'],
    ] as const)
      for (const headers of [LENGTH, { ...LENGTH, ...known }])
        expect(await announced(path, headers, method)).toMatchObject({
          status: 404,
          body: { code: 'NOT_FOUND' },
        });
  });

  it('is refused to an address that asks too often, be the token right or wrong, or the address unknown', async () => {
    const { token } = await start({ RATE_LIMIT: '100/minute', RATE_LIMIT_IP: '2/minute' });
    expect((await announced('/nowhere', LENGTH)).status).toBe(404);
    expect((await announced('/notes', { ...LENGTH, ...bearer('wrong') })).status).toBe(401);
    const refused = await announced('/notes', { ...LENGTH, ...bearer(await token()) });
    expect(refused).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
    expect(refused.head).toMatch(/\r\nretry-after: \d+/i);
    expect((await announced('/nowhere', LENGTH)).status).toBe(429);
  });

  it('is refused to a user who asks too often', async () => {
    const { token, fetch } = await start({ RATE_LIMIT: '1/minute' });
    const own = await token();
    expect((await fetch('/whoami', { token: own })).status).toBe(200);
    expect(await announced('/notes', { ...LENGTH, ...bearer(own) })).toMatchObject({
      status: 429,
      body: { code: 'RATE_LIMITED', details: { limit: 1 } },
    });
  });

  it('is refused when it is compressed, too long, or a form where none is taken', async () => {
    const { token } = await start();
    const known = { ...LENGTH, ...bearer(await token()) };
    expect(await announced('/notes', { ...known, 'content-encoding': 'gzip' })).toMatchObject({
      status: 415,
    });
    expect(
      await announced('/notes', { ...known, 'content-type': 'multipart/form-data; boundary=x' }),
    ).toMatchObject({ status: 415 });
    expect(await announced('/notes', { ...known, 'content-length': 2_000_000 })).toMatchObject({
      status: 413,
      body: { code: 'PAYLOAD_TOO_LARGE', details: { limit: 1_048_576 } },
    });
    const form = { ...known, 'content-type': 'multipart/form-data; boundary=x' };
    expect(await announced('/files', { ...form, 'content-length': 40_000_000 })).toMatchObject({
      status: 413,
      body: { details: { limit: expect.any(Number) as unknown } },
    });
  });

  it('may not be large where no token is needed', async () => {
    await start();
    expect(await announced('/auth/dev-token', LENGTH)).toMatchObject({
      status: 413,
      body: { details: { limit: 16_384 } },
    });
  });

  it('is told whether to go on, when it asks, and goes on', async () => {
    const { token } = await start();
    const refused = await announced('/notes', { ...LENGTH, expect: '100-continue' });
    expect(refused.status).toBe(401);
    const body = '{"text":"abc"}';
    const socket = open();
    const asking = { 'content-length': body.length, expect: '100-continue', ...bearer(await token()) };
    socket.write(head('POST', '/notes', { 'content-type': 'application/json', ...asking }));
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1\.1 100 Continue\r\n/);
    socket.write(body);
    expect(await answerOn(socket)).toMatchObject({ status: 201, body: { length: 3 } });
    socket.destroy();
  });

  it('has its token checked once', async () => {
    const { app, token, fetch } = await start();
    const verify = jest.spyOn(app.get(TokenVerifier, { strict: false }), 'verify');
    const answer = await fetch('/notes', {
      method: 'POST',
      token: await token(),
      body: '{"text":"abc"}',
      headers: { 'content-type': 'application/json' },
    });
    expect([answer.status, verify.mock.calls.length]).toEqual([201, 1]);
  });
});

describe('an answer that comes before its body was sent', () => {
  /** As clients that read nothing before they have written everything. */
  async function writeAll(bytes: number, headers: Readonly<Record<string, string>>): Promise<RawAnswer> {
    const socket = open();
    const chunk = Buffer.alloc(65_536, 'a');
    socket.write(
      head('POST', '/notes', { 'content-type': 'application/json', 'content-length': bytes, ...headers }),
    );
    socket.pause();
    for (let sent = 0; sent < bytes; sent += chunk.length) {
      const isTaken = socket.write(chunk.subarray(0, Math.min(chunk.length, bytes - sent)));
      if (!isTaken) await once(socket, 'drain');
    }
    socket.resume();
    return answerOn(socket);
  }

  it('reaches a client that first sends all of a body which is too large', async () => {
    const { token } = await start({ BODY_LIMIT: '100000' });
    const { status, body, head: top } = await writeAll(30_000_000, bearer(await token()));
    expect([status, body.code, body.details]).toEqual([413, 'PAYLOAD_TOO_LARGE', { limit: 100_000 }]);
    expect(body.message).toContain('100000');
    expect(top).toMatch(/\r\nconnection: close/i);
  });

  it('reaches a stranger, and the connection is used again after a small body', async () => {
    await start();
    expect((await writeAll(900_000, {})).status).toBe(401);
    const socket = open();
    for (let round = 0; round < 2; round += 1) {
      socket.write(
        `${head('POST', '/notes', { 'content-type': 'application/json', 'content-length': 3 })}abc`,
      );
      expect((await answerOn(socket)).status).toBe(401);
    }
    socket.destroy();
  });

  it('does not have the server take in all that a stranger would send', async () => {
    const { app } = await start();
    let taken = 0;
    (app.getHttpServer() as Server).on('connection', (socket: Socket) =>
      socket.once('close', () => (taken = socket.bytesRead)),
    );
    const socket = open().on('error', () => undefined);
    socket.write(
      head('POST', '/files', { 'content-type': 'application/json', 'content-length': 50_000_000 }),
    );
    socket.write(Buffer.alloc(50_000_000, 'a'));
    expect((await answerOn(socket)).status).toBe(401);
    socket.destroy();
    while (taken === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(taken).toBeLessThan(8_000_000);
  });
});
