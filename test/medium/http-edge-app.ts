import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { startTestApp, type TestApp } from './http-test-app.js';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly code?: string;
    readonly message?: string;
    readonly details?: Readonly<Record<string, unknown>>;
    readonly [key: string]: unknown;
  };
}

/** An application with small limits, with requests to it, for the specs of this file. */
export function edgeApp() {
  let edge: TestApp;
  let token: string;

  beforeAll(async () => {
    edge = await startTestApp({ BODY_LIMIT: '2000', MAX_DOCUMENT_BYTES: '4000', RATE_LIMIT: 'off' });
    token = await edge.token();
  });

  afterAll(() => edge.app.close());

  async function call(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await edge.fetch(path, { token, ...init });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Answer['body'],
    };
  }

  function post(path: string, body?: string | FormData | Blob, type?: string): Promise<Answer> {
    return call(path, {
      method: 'POST',
      ...(body === undefined ? {} : { body }),
      ...(type === undefined ? {} : { headers: { 'content-type': type } }),
    });
  }

  /** Sends bytes as they are and reads what comes until the connection ends. */
  async function raw(text: string): Promise<string> {
    const socket = connect(Number(new URL(edge.origin).port), '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString()));
    socket.write(text);
    await once(socket, 'close');
    return received;
  }

  /** fetch always sends its own Host header. */
  async function withHost(host: string): Promise<number> {
    const sent = httpRequest(`${edge.origin}/health`, { headers: { host } }).end();
    const [response] = (await once(sent, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    return response.statusCode;
  }

  return {
    get edge() {
      return edge;
    },
    get token() {
      return token;
    },

    call,
    post,
    raw,
    withHost,
  };
}
