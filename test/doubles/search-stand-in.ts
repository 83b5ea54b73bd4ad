import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { markerIn, type SearchBehaviour } from './search-faults.js';
import { answerOf, limitHeaders, refusalOf, type SearchWireName } from './search-wires.js';

/** One search that was asked for. */
export interface RecordedSearch {
  readonly wire: SearchWireName;
  /** As it stood in the request line. */
  readonly target: string;
  readonly query: string;
  /** The parameters of the address, or the members of the body. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly headers: IncomingHttpHeaders;
  /** Resolves when its connection is gone or its answer is whole. */
  readonly ended: Promise<void>;
}

/** A running stand-in for the search services: SearXNG, Brave and Tavily on one port. */
export interface SearchStandIn {
  readonly url: string;
  readonly requests: readonly RecordedSearch[];
  readonly connections: { readonly open: number };
  /** How the next searches are answered, one each. */
  script(...behaviours: readonly SearchBehaviour[]): void;
  close(): Promise<void>;
}

/** The key that it takes; any other is refused. SearXNG has none. */
export const SEARCH_KEY = 'search-key-of-the-operator';

/**
 * Starts the stand-in. A query may say how it is answered, `cats [[fault=rate_limit times=1]]`; see `search-faults.ts` for
 * what there is.
 */
export async function startSearchStandIn(): Promise<SearchStandIn> {
  const requests: RecordedSearch[] = [];
  const scripted: SearchBehaviour[] = [];
  const connections = { open: 0 };
  /** How often each query has met its fault. */
  const met = new Map<string, number>();
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = await searchIn(request);
    if (asked === undefined) return void response.writeHead(404).end();
    requests.push({
      ...asked,
      headers: request.headers,
      ended: once(response, 'close').then(() => undefined),
    });
    const behaviour = scripted.shift() ?? markerIn(asked.query);
    const times = (met.get(asked.query) ?? 0) + 1;
    met.set(asked.query, times);
    const isOver = behaviour.times !== undefined && times > behaviour.times;
    await give(asked, isOver ? { ...behaviour, fault: undefined } : behaviour, request, response);
  }

  server.on('connection', (socket: Socket) => {
    connections.open += 1;
    socket.once('close', () => (connections.open -= 1));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    connections,
    script: (...behaviours) => void scripted.push(...behaviours),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

type AskedSearch = Omit<RecordedSearch, 'headers' | 'ended'>;

async function searchIn(request: IncomingMessage): Promise<AskedSearch | undefined> {
  const target = request.url ?? '';
  const url = new URL(target, 'http://stand-in');
  const parameters = Object.fromEntries(url.searchParams);
  const query = parameters['q'] ?? '';
  switch (`${request.method} ${url.pathname.replace(/^\/moved/, '')}`) {
    case 'GET /res/v1/web/search':
      return { wire: 'brave', target, query, parameters };
    case 'GET /search':
      return { wire: 'searxng', target, query, parameters };
    case 'POST /search': {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
      return { wire: 'tavily', target, query: body['query'] as string, parameters: body };
    }
    default:
      return undefined;
  }
}

async function give(
  asked: AskedSearch,
  behaviour: SearchBehaviour,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { wire, target } = asked;
  const { fault } = behaviour;
  const refusal = isKnown(wire, request.headers) ? refusalOf(wire, fault) : refusalOf(wire, 'unauthorized');
  if (refusal !== undefined) {
    const headers = { 'content-type': refusal.type, ...limitHeaders(wire, behaviour) };
    return void response.writeHead(refusal.status, headers).end(refusal.body);
  }
  switch (fault) {
    case 'hang':
      return;
    case 'cut_before_headers':
      return void response.destroy();
    case 'moved':
      // Elsewhere on the same server, once.
      if (target.startsWith('/moved')) break;
      return void response.writeHead(302, { location: `/moved${target}` }).end();
    case 'moved_away':
      // The same server by another name is another origin.
      return void response
        .writeHead(307, { location: `http://localhost:${request.socket.localPort}${target}` })
        .end();
    case 'moved_forever':
      return void response.writeHead(302, { location: target }).end();
    default:
  }
  await write(answerOf(wire, asked.query, asked.parameters, behaviour), behaviour, response);
}

async function write(body: string, { fault }: SearchBehaviour, response: ServerResponse): Promise<void> {
  const half = body.slice(0, body.length / 2);
  response.writeHead(200, { 'content-type': fault === 'html' ? 'text/html' : 'application/json' });
  switch (fault) {
    case 'stall':
      return void response.write(half);
    case 'cut':
      response.write(half);
      // What was written has to leave the process before the socket is destroyed.
      await pause(20);
      return void response.destroy();
    case 'malformed':
      return void response.end(half);
    case 'html':
      return void response.end('<!doctype html><title>Sign in</title><p>secret words of a page');
    case 'endless':
      while (!response.closed) {
        if (!response.write(BLANKS)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
      }
      return;
    default:
      return void response.end(body);
  }
}

const BLANKS = ' '.repeat(65_536);

function isKnown(wire: SearchWireName, headers: IncomingHttpHeaders): boolean {
  if (wire === 'brave') return headers['x-subscription-token'] === SEARCH_KEY;
  return wire === 'searxng' || headers.authorization === `Bearer ${SEARCH_KEY}`;
}
