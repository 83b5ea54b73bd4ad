import { Agent, createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerParent } from './worker.ts';

/*
 * What everything is compared with: a server that hands the request on and pipes the provider's body back, and
 * does nothing else. Its argument is the provider's port.
 */

const agent = new Agent({ keepAlive: true });
const port = Number(process.argv[2]);

const server = createServer((incoming, outgoing) => {
  const upstream = request(
    { agent, host: '127.0.0.1', port, method: 'POST', path: incoming.url, headers: incoming.headers },
    (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, { 'Content-Type': answer.headers['content-type'] });
      answer.pipe(outgoing);
    },
  );
  upstream.on('error', () => fail(outgoing));
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) upstream.destroy();
  });
  incoming.pipe(upstream);
});

function fail(outgoing: ServerResponse): void {
  if (!outgoing.headersSent) outgoing.writeHead(502);
  outgoing.end();
}

const handlers = {
  listen: () =>
    new Promise<number>((resolve) =>
      server.listen(0, '127.0.0.1', 4_096, () => resolve((server.address() as AddressInfo).port)),
    ),
};
export type RawPipe = typeof handlers;
answerParent(handlers);
