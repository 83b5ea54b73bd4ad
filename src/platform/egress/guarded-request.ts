import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { isIP, type LookupFunction, type TcpSocketConnectOpts } from 'node:net';
import { plainHost } from './egress-allow.js';
import type { EgressTarget } from './egress-target.js';

const MAX_HEADER_BYTES = 32_768;
/** How long one of several addresses is tried before the next one. */
const ATTEMPT_MS = 1_000;

/** What is passed on to the socket. */
type Attempts = Pick<TcpSocketConnectOpts, 'autoSelectFamily' | 'autoSelectFamilyAttemptTimeout'>;

export interface RequestSettings {
  /** Absent: it is a GET. */
  readonly method?: string | undefined;
  readonly body?: string | undefined;
  /** `accept` and `accept-encoding` among them, where the caller reads answers in its own way. */
  readonly headers: Readonly<Record<string, string>>;
  readonly ca?: string | undefined;
}

export interface OpenedRequest {
  /** Its status and headers; rejects when the connection fails, and with the signal's reason. */
  readonly response: Promise<IncomingMessage>;
  /** Whether there was a connection: without one the server has got nothing of it. */
  readonly isConnected: () => boolean;
  /** Closes the socket, whatever is still to come. */
  close(): void;
}

/** Sends a request over a connection of its own to one of the target's addresses; the name is only what TLS and Host say. */
export function openRequest(
  { url, addresses }: EgressTarget,
  settings: RequestSettings,
  signal: AbortSignal,
): OpenedRequest {
  signal.throwIfAborted();
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const request = send(optionsOf(url, addresses, settings));
  const stop = () => request.destroy(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  let isConnected = false;
  const connected = url.protocol === 'https:' ? 'secureConnect' : 'connect';
  request.once('socket', (socket) => socket.once(connected, () => (isConnected = true)));
  return {
    response: responseOf(request, settings.body),
    isConnected: () => isConnected,
    close: () => {
      signal.removeEventListener('abort', stop);
      request.destroy();
    },
  };
}

function responseOf(request: ClientRequest, body: string | undefined): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request.on('response', resolve);
  // It stays, as an error after the response is the body's to tell.
  request.on('error', reject);
  // Without either, where the server switches protocols.
  request.on('close', () => reject(new Error('closed without a response')));
  request.end(body);
  return promise;
}

function optionsOf(
  url: URL,
  addresses: readonly string[],
  settings: RequestSettings,
): RequestOptions & Attempts {
  return {
    method: settings.method ?? 'GET',
    protocol: url.protocol,
    hostname: plainHost(url.hostname),
    port: url.port,
    path: url.pathname + url.search,
    headers: settings.headers,
    // A connection of its own: none that was opened for another address.
    agent: false,
    lookup: always(addresses),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    ...(settings.ca === undefined ? {} : { ca: settings.ca }),
  };
}

/** Gives the checked addresses for any name, so that it is not resolved again. */
function always(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, options, done) => {
    const [first] = found;
    if (first === undefined) done(new Error('no address'), '');
    else if (options.all === true) done(null, found);
    else done(null, first.address, first.family);
  };
}
