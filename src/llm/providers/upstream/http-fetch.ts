import { Agent as HttpAgent, request as httpRequest, type ClientRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { urlToHttpOptions } from 'node:url';
import { HttpResponse } from './http-response.js';

/** The `fetch` that an SDK is given. */
export type HttpFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

interface Connections {
  readonly agent: HttpAgent;
  readonly request: typeof httpRequest;
}

/** A request as node:http takes it. */
export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Outgoing extends HttpRequest, Connections {
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
  private readonly plain: Connections;
  private readonly secure: Connections;
  private readonly connectTimeoutMs: number;

  constructor({ connectTimeoutMs }: { readonly connectTimeoutMs: number }) {
    const keeping = { keepAlive: true, maxFreeSockets: MAX_IDLE, timeout: MAX_IDLE_MS } as const;
    this.plain = { agent: new HttpAgent(keeping), request: httpRequest };
    this.secure = { agent: new HttpsAgent(keeping), request: httpsRequest };
    this.connectTimeoutMs = connectTimeoutMs;
  }

  /** Resolves with the response's headers; the signal closes the connection until the body has ended. */
  async send({ url, method, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
    signal?.throwIfAborted();
    const { agent, request } = url.protocol === 'https:' ? this.secure : this.plain;
    const { connectTimeoutMs } = this;
    const complete = {
      ...headers,
      'accept-encoding': 'identity',
      ...(typeof body === 'string' ? { 'content-length': String(Buffer.byteLength(body)) } : {}),
    };
    return ask({ agent, request, url, method, headers: complete, body, signal, connectTimeoutMs });
  }
}

/** A `fetch` for the SDKs. Its result has only those members of a `Response` that `HttpResponse` lists. */
export function httpFetch(connections: HttpConnections): HttpFetch {
  return async (input, init = {}) => {
    const url = new URL(typeof input === 'object' && 'url' in input ? input.url : input);
    const headers = Object.fromEntries(new Headers(init.headers));
    const { method = 'GET', signal } = init;
    const request = { url, method, headers, body: bodyOf(init), signal: signal ?? undefined };
    // The SDKs expect the type of the global fetch, but use no more of a response than this.
    return (await connections.send(request)) as unknown as Response;
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

  constructor(private readonly outgoing: Outgoing) {
    const { url, method, headers, agent, body, signal } = outgoing;
    this.request = outgoing.request({ ...urlToHttpOptions(url), method, headers, agent });
    const onAbort = () => this.request.destroy(reasonOf(signal));
    signal?.addEventListener('abort', onAbort, { once: true });
    this.request.once('close', () => {
      clearTimeout(this.connecting);
      signal?.removeEventListener('abort', onAbort);
    });
    this.answer = new Promise((resolve, reject) => {
      // Listeners are added at once, so that no error goes unhandled.
      this.request.once('response', (message) => resolve(new HttpResponse(message, url.href)));
      // Errors after the headers are reported by the message itself.
      this.request.on('error', reject);
    });
    this.request.once('socket', (socket) => this.awaitConnection(socket));
    this.request.end(body);
  }

  get wasReused(): boolean {
    return this.request.reusedSocket;
  }

  private awaitConnection(socket: Socket): void {
    if (!socket.connecting) return;
    const expired = Object.assign(new Error('connecting timed out'), { code: 'ETIMEDOUT' });
    this.connecting = setTimeout(() => this.request.destroy(expired), this.outgoing.connectTimeoutMs);
    const done = () => clearTimeout(this.connecting);
    socket.once(this.outgoing.url.protocol === 'https:' ? 'secureConnect' : 'connect', done);
  }
}

function isBroken(error: unknown): boolean {
  return BROKEN_CODES.includes(String((error as { code?: unknown } | undefined)?.code));
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new DOMException('This operation was aborted', 'AbortError');
}

function bodyOf({ body }: RequestInit): string | Uint8Array | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string' || ArrayBuffer.isView(body)) return body as string | Uint8Array;
  throw new TypeError('only texts and bytes can be sent');
}
