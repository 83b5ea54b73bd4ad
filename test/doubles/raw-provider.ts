import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { bodyOf } from './stand-in-server.js';

/** An answer byte by byte: what other vendors' servers send where OpenAI's words are expected. */
export interface RawAnswer {
  readonly status: number;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a raw provider was asked for a chat. */
export interface RawRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: unknown; readonly name?: string }[];
}

/** A server under OpenAI's paths that answers with what it is told to; whatever else it is asked it answers shortly. */
export interface RawProvider {
  readonly url: string;
  readonly requests: readonly RawRequest[];
  script(...answers: readonly RawAnswer[]): void;
  close(): Promise<void>;
}

const ANSWER: RawAnswer = {
  status: 200,
  type: 'text/event-stream',
  body: [
    'data: {"choices":[{"index":0,"delta":{"content":"Fine."}}]}',
    'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
    'data: [DONE]',
    '',
  ].join('\n\n'),
};

/** Starts one on a free port of 127.0.0.1. */
export async function startRawProvider(): Promise<RawProvider> {
  const requests: RawRequest[] = [];
  const queue: RawAnswer[] = [];
  const server = createServer((request, response) => {
    if (request.method !== 'POST') return send(response, { status: 200, body: '{"data":[]}' });
    bodyOf<RawRequest>(request).then(
      (body) => {
        requests.push(body);
        send(response, queue.shift() ?? ANSWER);
      },
      () => response.destroy(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    script: (...answers) => void queue.push(...answers),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(
  response: ServerResponse,
  { status, type = 'application/json', headers, body }: RawAnswer,
): void {
  response.writeHead(status, { 'content-type': type, ...headers });
  response.end(body);
}
