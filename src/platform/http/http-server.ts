import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import { newId } from '../../kernel/index.js';
import { SECURITY_HEADERS } from './security-headers.js';
import { answerBeforeBody } from './unread-body.js';

/** How long a request may take to arrive, so that one sent a byte at a time does not hold a connection for ever. */
const REQUEST_TIMEOUT_MS = 120_000;
/** Longer than the idle time-outs of common proxies: the proxy closes first, and no request meets a closing socket. */
const KEEP_ALIVE_MS = 75_000;

/** What is fit for a log and a header. */
const SANE_ID = /^[A-Za-z0-9._-]{1,128}$/;
const REQUEST_ID = Symbol('RequestId');

interface Identified extends IncomingMessage {
  [REQUEST_ID]?: string;
}

/** A server whose every answer has a request id and the headers of all answers, also where no route is found for it. */
export function createHttpServer(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const prepared = (request: Identified, response: ServerResponse) => {
    const id = (request[REQUEST_ID] = requestIdFrom(request.headers['x-request-id']));
    response.setHeader('X-Request-Id', id);
    response.setHeaders(SECURITY_HEADERS as Map<string, string>);
    answerBeforeBody(request, response);
    handle(request, response);
  };
  const options = { requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS };
  // Who asks before sending a body is answered like everybody else: told to go on, or why not.
  return createServer(options, prepared).on('checkContinue', prepared);
}

/** The id that the request was given when it came. */
export function requestIdOf(request: Identified): string {
  return request[REQUEST_ID] ?? requestIdFrom(request.headers['x-request-id']);
}

/** Whether another program listens there at this moment; what else may be wrong with the address is not asked. */
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

/** The client's own `X-Request-Id` if it is fit, a new one otherwise. */
function requestIdFrom(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' && SANE_ID.test(header) ? header : newId();
}
