import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Behaviour } from './stand-in-behaviour.js';
import type { Recorded, Records } from './stand-in-records.js';

/** A running stand-in for a provider. */
export interface StandIn<Body = unknown> {
  /** What to set as the provider's URL. */
  readonly url: string;
  readonly port: number;
  /** What was asked of a model, in order; the oldest go when there are very many. */
  readonly requests: readonly Recorded<Body>[];
  readonly connections: { readonly open: number; readonly total: number };
  /** How the next requests are answered, one each, before markers and the default count again. */
  script(...behaviours: readonly Partial<Behaviour>[]): void;
  close(): Promise<void>;
}

/** How any stand-in is started: on a free port of 127.0.0.1, by default. */
export interface StandInOptions {
  readonly port?: number;
  readonly behaviour?: Partial<Behaviour>;
}

const LARGEST_BODY = 33_554_432;

/** Starts a stand-in; an answer that throws takes its connection with it. */
export async function startStandIn<Body>(
  records: Records<Body>,
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  port = 0,
): Promise<StandIn<Body>> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
  server.on('connection', (socket) => records.connected(socket));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${actual}`,
    port: actual,
    requests: records.requests,
    connections: records.connections,
    script: (...behaviours) => void records.queue.push(...behaviours),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The JSON that was sent. */
export async function bodyOf<Body>(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) throw new Error('the body is too large for the stand-in');
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Body;
}

/** A server of any kind, for as long as it is used. */
export async function withServer(
  answer: RequestListener,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }
}

/** An address where nobody listens. */
export async function deadAddress(): Promise<string> {
  let address = '';
  await withServer(
    () => undefined,
    (url) => {
      address = url;
      return Promise.resolve();
    },
  );
  return address;
}
