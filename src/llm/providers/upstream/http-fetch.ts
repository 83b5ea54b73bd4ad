import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { urlToHttpOptions } from 'node:url';
import { HttpResponse } from './http-response.js';

/** The `fetch` that an SDK is given. */
export type HttpFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** Where requests go, and with which headers. */
interface Target {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A request as node:http takes it, but for its body: made once for all that go to the same place. */
export interface PreparedRequest {
  /** The address, as responses report it. */
  readonly href: string;
  readonly isSecure: boolean;
  readonly options: Pick<RequestOptions, 'protocol' | 'hostname' | 'port' | 'path' | 'method'>;
  /** Names and values in turn, `host` among them: Node.js stores these as they are. */
  readonly headers: readonly string[];
}

type Body = string | Uint8Array | undefined;

interface Outgoing {
  readonly prepared: PreparedRequest;
  readonly body: Body;
  readonly signal: AbortSignal | undefined;
  readonly agent: HttpAgent;
  readonly connectTimeoutMs: number;
}

/** Providers and proxies drop idle connections, often without closing them. */
const MAX_IDLE_MS = 30_000;
const MAX_IDLE = 256;

/** A dropped connection is reset within its round trip; a later reset hits a request that was being processed. */
const STALE_WITHIN_MS = 2_000;
const BROKEN_CODES = ['ECONNRESET', 'EPIPE'];

/**
 * A pool of connections over node:http; per token it costs a fraction of the global `fetch`. It follows no redirect,
 * requests no compression, and gives up on a connection that is not established within `connectTimeoutMs` (`ETIMEDOUT`).
 */
export class HttpConnections {
  private readonly plain: HttpAgent;
  private readonly secure: HttpsAgent;
  private readonly connectTimeoutMs: number;

  constructor({ connectTimeoutMs }: { readonly connectTimeoutMs: number }) {
    const keeping = { keepAlive: true, maxFreeSockets: MAX_IDLE, timeout: MAX_IDLE_MS } as const;
    this.plain = new HttpAgent(keeping);
    this.secure = new HttpsAgent(keeping);
    this.connectTimeoutMs = connectTimeoutMs;
  }

  /** Resolves with the response's headers; the signal closes the connection until the body has ended. */
  async send(prepared: PreparedRequest, body: Body, signal: AbortSignal | undefined): Promise<HttpResponse> {
    signal?.throwIfAborted();
    const agent = prepared.isSecure ? this.secure : this.plain;
    return ask({ prepared, body, signal, agent, connectTimeoutMs: this.connectTimeoutMs });
  }
}

/** The target as {@link HttpConnections.send} takes it. */
export function prepareRequest({ url, method, headers }: Target): PreparedRequest {
  const { protocol, hostname, port, path, auth } = urlToHttpOptions(url);
  const own = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-length');
  const isNamed = own.some(([name]) => name.toLowerCase() === 'authorization');
  const named = !auth || isNamed ? [] : ['authorization', `Basic ${Buffer.from(auth).toString('base64')}`];
  return {
    href: url.href,
    isSecure: protocol === 'https:',
    options: { protocol, hostname, port, path, method },
    headers: [...own.flat(), ...named, 'accept-encoding', 'identity', 'host', url.host],
  };
}

/** A `fetch` for the SDKs. Its result has only those members of a `Response` that `HttpResponse` lists. */
export function httpFetch(connections: HttpConnections): HttpFetch {
  return async (input, init = {}) => {
    const url = new URL(typeof input === 'object' && 'url' in input ? input.url : input);
    const headers = Object.fromEntries(new Headers(init.headers));
    const prepared = prepareRequest({ url, method: init.method ?? 'GET', headers });
    // The SDKs expect the type of the global fetch, but use no more of a response than this.
    return (await connections.send(prepared, bodyOf(init), init.signal ?? undefined)) as unknown as Response;
  };
}

async function ask(outgoing: Outgoing): Promise<HttpResponse> {
  const sentAt = performance.now();
  const first = new Exchange(outgoing);
  try {
    return await first.answer;
  } catch (error) {
    const isStale = first.wasReused && isBroken(error) && performance.now() - sentAt < STALE_WITHIN_MS;
    if (!isStale) throw error;
    outgoing.signal?.throwIfAborted();
    // Other idle connections are likely as old: the second attempt opens a new one.
    for (const idle of Object.values(outgoing.agent.freeSockets).flat()) idle?.destroy();
    return new Exchange(outgoing).answer;
  }
}

/** One request up to the response's headers; the signal closes its connection until the body has ended. */
class Exchange {
  readonly answer: Promise<HttpResponse>;
  private readonly request: ClientRequest;
  private connecting: NodeJS.Timeout | undefined;

  constructor({ prepared, body, signal, agent, connectTimeoutMs }: Outgoing) {
    const { isSecure, options, href } = prepared;
    const send = isSecure ? httpsRequest : httpRequest;
    this.request = send({ ...options, headers: headersWith(body, prepared), agent });
    const onAbort = () => this.request.destroy(reasonOf(signal));
    signal?.addEventListener('abort', onAbort, { once: true });
    this.request.once('close', () => {
      clearTimeout(this.connecting);
      signal?.removeEventListener('abort', onAbort);
    });
    this.answer = new Promise((resolve, reject) => {
      // Listeners are added at once, so that no error goes unhandled.
      this.request.once('response', (message) => resolve(new HttpResponse(message, href)));
      // Errors after the headers are reported by the message itself.
      this.request.on('error', reject);
    });
    this.request.once('socket', (socket) => this.awaitConnection(socket, connectTimeoutMs, isSecure));
    this.request.end(body);
  }

  get wasReused(): boolean {
    return this.request.reusedSocket;
  }

  private awaitConnection(socket: Socket, connectTimeoutMs: number, isSecure: boolean): void {
    if (!socket.connecting) return;
    const expired = Object.assign(new Error('connecting timed out'), { code: 'ETIMEDOUT' });
    this.connecting = setTimeout(() => this.request.destroy(expired), connectTimeoutMs);
    socket.once(isSecure ? 'secureConnect' : 'connect', () => clearTimeout(this.connecting));
  }
}

/** Node.js asks for the size of a body with headers that are not set one by one. */
function headersWith(body: Body, { headers, options: { method } }: PreparedRequest): readonly string[] {
  if (body === undefined && (method === 'GET' || method === 'HEAD')) return headers;
  const size = typeof body === 'string' ? Buffer.byteLength(body) : (body?.byteLength ?? 0);
  return [...headers, 'content-length', String(size)];
}

function isBroken(error: unknown): boolean {
  return BROKEN_CODES.includes(String((error as { code?: unknown } | undefined)?.code));
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new DOMException('This operation was aborted', 'AbortError');
}

function bodyOf({ body }: RequestInit): Body {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string' || ArrayBuffer.isView(body)) return body as string | Uint8Array;
  throw new TypeError('only texts and bytes can be sent');
}
