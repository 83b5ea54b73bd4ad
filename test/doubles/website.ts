import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { TEST_CERTIFICATE } from './test-certificate.js';

/** What a website answers: a body, its status and headers, or whatever a function does. */
export type Page =
  | string
  | Buffer
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: string | Buffer }
  | RequestListener;

/** A running stand-in for a site of the web. */
export interface Website {
  readonly url: string;
  readonly port: number;
  /** What was asked for, in order. */
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  /** Sockets that are open. */
  readonly sockets: ReadonlySet<Socket>;
  readonly connections: { readonly total: number };
  /** Adds pages, by path. */
  serve(pages: Readonly<Record<string, Page>>): void;
  close(): Promise<void>;
}

/** Starts a website on a loopback address; what it has no page for is a 404. */
export async function startWebsite({ host = '127.0.0.1', port = 0, tls = false } = {}): Promise<Website> {
  const pages = new Map<string, Page>();
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  const sockets = new Set<Socket>();
  const connections = { total: 0 };
  const answer: RequestListener = (request, response) => {
    const path = request.url ?? '';
    requests.push({ path, headers: request.headers });
    const page = pages.get(path) ?? { status: 404, body: 'nothing here' };
    if (typeof page === 'function') return page(request, response);
    const {
      status = 200,
      headers = {},
      body = '',
    } = typeof page === 'string' || Buffer.isBuffer(page) ? { body: page } : page;
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(body);
  };
  const server: Server = tls ? createTlsServer(TEST_CERTIFICATE, answer) : createServer(answer);
  server.on('connection', (socket: Socket) => {
    connections.total += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(port, host);
  await once(server, 'listening');
  const actual = (server.address() as AddressInfo).port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    port: actual,
    requests,
    sockets,
    connections,
    serve: (more) => Object.entries(more).forEach(([path, page]) => pages.set(path, page)),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
