import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import { newId } from '../../kernel/index.js';
import { withRequestId } from '../logging/index.js';
import { SECURITY_HEADERS } from './security-headers.js';
import { answerBeforeBody } from './unread-body.js';

/** How long a request may take to arrive, so that a slow one does not occupy a connection for ever. */
const REQUEST_TIMEOUT_MS = 120_000;
/** Longer than the idle time-outs of common proxies: the proxy closes first, so no request meets a closing socket. */
const KEEP_ALIVE_MS = 75_000;

/** Request ids that are safe in logs and headers. */
const VALID_ID = /^[A-Za-z0-9._-]{1,128}$/;
const REQUEST_ID = Symbol('RequestId');

interface Identified extends IncomingMessage {
  [REQUEST_ID]?: string;
}

/** A server whose every response has a request id and the common headers, even without a matching route. */
export function createHttpServer(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const prepared = (request: Identified, response: ServerResponse) => {
    const id = (request[REQUEST_ID] = requestIdFrom(request.headers['x-request-id']));
    response.setHeader('X-Request-Id', id);
    response.setHeaders(SECURITY_HEADERS as Map<string, string>);
    answerBeforeBody(request, response);
    withRequestId(id, () => handle(request, response));
  };
  const options = { requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS };
  // A client with `Expect: 100-continue` is handled like any other: told to continue, or rejected.
  return createServer(options, prepared).on('checkContinue', prepared);
}

/** The id that the request was given on arrival. */
export function requestIdOf(request: Identified): string {
  return request[REQUEST_ID] ?? requestIdFrom(request.headers['x-request-id']);
}

/** Whether another program listens on the port now; other problems with the address are ignored. */
export async function isPortTaken(port: number, host: string): Promise<boolean> {
  const probe = createSocketServer();
  try {
    await once(probe.listen(port, host), 'listening');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
  }
  probe.close();
  await once(probe, 'close');
  return false;
}

/** The client's own `X-Request-Id` if it is valid, a new one otherwise. */
function requestIdFrom(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' && VALID_ID.test(header) ? header : newId();
}
