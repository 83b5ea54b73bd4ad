import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { isTimeout } from './cause.js';
import { HttpConnections, httpFetch } from './http-fetch.js';
import type { ByteReader } from './upstream-call.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const servers: (Server | TcpServer)[] = [];
const sockets = new Set<Socket>();

async function listening(server: Server | TcpServer): Promise<number> {
  servers.push(server);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function serving(answer: Answer): Promise<string> {
  return `http://127.0.0.1:${await listening(createServer(answer))}`;
}

/** A server that is told of each connection and of each request in it, by their numbers from 1. */
async function speaking(answer: (connection: number, request: number, socket: Socket) => void) {
  const seen = { connections: 0, requests: 0 };
  const server = createTcpServer((socket) => {
    const connection = (seen.connections += 1);
    socket.on('data', () => {
      seen.requests += 1;
      answer(connection, seen.requests, socket);
    });
  });
  return { seen, url: `http://127.0.0.1:${await listening(server)}` };
}

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

function fetcher(connectTimeoutMs = 5_000) {
  return httpFetch(new HttpConnections({ connectTimeoutMs }));
}

function readerOf(response: Response): ByteReader {
  return response.body as unknown as ByteReader;
}

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

describe('the fetch over node:http', () => {
  it('sends what it is given, and gives what the SDKs read of an answer', async () => {
    const url = await serving((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        response.writeHead(201, 'Made', { 'x-request-id': 'req_1', 'set-cookie': ['a=1', 'b=2'] });
        const { method, headers } = request;
        response.end(JSON.stringify({ method, headers, body: Buffer.concat(pieces).toString() }));
      });
    });
    const headers = new Headers({ authorization: 'Bearer key' });
    const response = await fetcher()(url, { method: 'POST', headers, body: '東京' });
    expect([response.ok, response.status, response.statusText]).toEqual([true, 201, 'Made']);
    expect(response.headers.get('x-request-id')).toBe('req_1');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await response.json()).toMatchObject({
      method: 'POST',
      body: '東京',
      headers: { authorization: 'Bearer key', 'accept-encoding': 'identity', 'content-length': '6' },
    });
  });

  it.each([
    { method: 'POST', body: new Uint8Array([1, 2, 3]), length: '3' },
    { method: 'POST', body: undefined, length: '0' },
    { method: 'GET', body: undefined, length: undefined },
  ])('says how much it sends, and to whom: $method, $length', async ({ method, body, length }) => {
    const url = await serving(({ headers, rawHeaders }, response) => {
      response.end(JSON.stringify({ headers, names: rawHeaders.filter((_, index) => index % 2 === 0) }));
    });
    const response = await fetcher()(url.replace('//', '//user:secret@'), { method, body: body ?? null });
    const { headers, names } = (await response.json()) as {
      readonly headers: Readonly<Record<string, string>>;
      readonly names: readonly string[];
    };
    expect([headers['content-length'], headers['transfer-encoding']]).toEqual([length, undefined]);
    expect([headers['host'], headers['connection']]).toEqual([new URL(url).host, 'keep-alive']);
    expect(headers['authorization']).toBe(`Basic ${btoa('user:secret')}`);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
  });

  it('gives a redirect as it is', async () => {
    const asked: (string | undefined)[] = [];
    const url = await serving((request, response) => {
      asked.push(request.url);
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    const response = await fetcher()(url, { method: 'POST', body: 'my words' });
    expect([response.status, response.ok]).toEqual([307, false]);
    expect(asked).toEqual(['/']);
  });

  it('keeps 64 kB of the body of an error, and closes the connection that brings more', async () => {
    const closed = Promise.withResolvers<void>();
    const url = await serving((_request, response) => {
      response.writeHead(500).write('x'.repeat(1_000_000));
      response.once('close', () => closed.resolve());
    });
    const response = await fetcher()(url);
    expect(await response.text()).toHaveLength(65_536);
    await closed.promise;
  });

  it('refuses an answer of more than 64 MB', async () => {
    const url = await serving((_request, response) => {
      const megabyte = Buffer.alloc(1_048_576, 'x');
      for (let count = 0; count < 66; count += 1) response.write(megabyte);
      response.end();
    });
    const response = await fetcher()(url);
    await expect(response.text()).rejects.toThrow(RangeError);
  });

  it('gives up a connection that is not made in time, in a way that is told from a refusal', async () => {
    // It takes the connection and never answers the greeting of TLS.
    const { url } = await speaking(() => undefined);
    const asked = fetcher(200)(url.replace('http:', 'https:'));
    const error: unknown = await asked.catch((thrown: unknown) => thrown);
    expect(isTimeout(error)).toBe(true);
  });

  it('waits longer for an answer than for a connection', async () => {
    const url = await serving((_request, response) => void setTimeout(() => response.end('late'), 400));
    const response = await fetcher(100)(url);
    expect(await response.text()).toBe('late');
  });

  it('gives what came before the connection broke, and then says that it did', async () => {
    const url = await serving((_request, response) => {
      response.write('half');
      setTimeout(() => response.destroy(), 50);
    });
    const reader = readerOf(await fetcher()(url));
    const { value } = await reader.read();
    expect(Buffer.from(value!).toString()).toBe('half');
    await expect(reader.read()).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('makes the provider wait for a reader that does not read', async () => {
    let written = 0;
    const url = await serving((_request, response) => {
      const block = Buffer.alloc(65_536);
      const more = () => {
        while (response.write(block)) written += block.length;
        response.once('drain', more);
      };
      more();
    });
    const response = await fetcher()(url);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = written;
    await new Promise((resolve) => setTimeout(resolve, 200));
    // No more than what the system keeps for both ends of a connection.
    expect(written).toBe(before);
    expect(written).toBeLessThan(32_000_000);
    await response.body!.cancel();
  });

  describe('when it is aborted', () => {
    const reason = new Error('enough');

    it('asks nothing when it is so from the start', async () => {
      const { seen, url } = await speaking(() => undefined);
      await expect(fetcher()(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect(seen.connections).toBe(0);
    });

    it.each(['before the head', 'in the body'])('closes the connection at once, %s', async (stage) => {
      const closed = Promise.withResolvers<void>();
      const url = await serving((_request, response) => {
        response.once('close', () => closed.resolve());
        if (stage === 'in the body') response.write('half');
        else setTimeout(() => controller.abort(reason), 50);
      });
      const controller = new AbortController();
      const asked = fetcher()(url, { signal: controller.signal });
      if (stage === 'before the head') await expect(asked).rejects.toBe(reason);
      else {
        const reader = readerOf(await asked);
        await reader.read();
        const pending = reader.read();
        controller.abort(reason);
        await expect(pending).rejects.toThrow();
      }
      await closed.promise;
    });

    it('leaves a connection alone that serves another request by then', async () => {
      const { seen, url } = await speaking((_connection, _request, socket) => socket.write(OK));
      const fetch = fetcher();
      const controller = new AbortController();
      const first = await fetch(url, { signal: controller.signal });
      await first.text();
      await new Promise((resolve) => setTimeout(resolve, 20));
      const second = fetch(url);
      controller.abort(reason);
      expect(await (await second).text()).toBe('ok');
      expect(seen.connections).toBe(1);
    });
  });

  describe('over a connection it has already', () => {
    it('asks once more, over a new one, when the old one turns out to be dead', async () => {
      const { seen, url } = await speaking((connection, request, socket) => {
        if (connection === 1 && request > 1) socket.destroy();
        else socket.write(OK);
      });
      const fetch = fetcher();
      await (await fetch(url)).text();
      await new Promise((resolve) => setTimeout(resolve, 20));
      const response = await fetch(url, { method: 'POST', body: 'again' });
      expect(await response.text()).toBe('ok');
      expect(seen).toEqual({ connections: 2, requests: 3 });
    });

    it('asks no third time', async () => {
      const { seen, url } = await speaking((_connection, request, socket) => {
        if (request > 1) socket.destroy();
        else socket.write(OK);
      });
      const fetch = fetcher();
      await (await fetch(url)).text();
      await new Promise((resolve) => setTimeout(resolve, 20));
      await expect(fetch(url)).rejects.toMatchObject({ code: 'ECONNRESET' });
      expect(seen.requests).toBe(3);
    });

    it('does not ask again when the provider has worked on the request for a while', async () => {
      const { seen, url } = await speaking((_connection, request, socket) => {
        if (request > 1) setTimeout(() => socket.destroy(), 2_300);
        else socket.write(OK);
      });
      const fetch = fetcher();
      await (await fetch(url)).text();
      await new Promise((resolve) => setTimeout(resolve, 20));
      await expect(fetch(url)).rejects.toMatchObject({ code: 'ECONNRESET' });
      expect(seen.requests).toBe(2);
    });
  });

  it('does not ask again over a new connection that breaks', async () => {
    const { seen, url } = await speaking((_connection, _request, socket) => socket.destroy());
    await expect(fetcher()(url)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(seen.requests).toBe(1);
  });

  it('serves both SDKs, for answers and for errors', async () => {
    const url = await serving((request, response) => {
      const status = request.headers['x-fail'] === undefined ? 200 : 400;
      response.writeHead(status, {
        'content-type': 'application/json',
        'request-id': 'req_1',
        'x-request-id': 'req_1',
      });
      response.end(
        JSON.stringify(
          status === 200 ? { data: [{ id: 'm' }], has_more: false } : { error: { type: 'bad' } },
        ),
      );
    });
    const settings = { apiKey: 'key', baseURL: url, maxRetries: 0, fetch: fetcher() };
    const openAi = new OpenAI(settings);
    const anthropic = new Anthropic(settings);
    for (const { data } of [await openAi.models.list(), await anthropic.models.list()]) {
      expect(data).toEqual([{ id: 'm' }]);
    }
    const fail = { headers: { 'x-fail': 'yes' } };
    for (const ask of [() => openAi.models.list(fail), () => anthropic.models.list({}, fail)]) {
      await expect(ask()).rejects.toMatchObject({ status: 400, requestID: 'req_1' });
    }
  });
});
