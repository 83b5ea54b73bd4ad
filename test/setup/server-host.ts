/**
 * A process with the built server loaded, which starts servers in itself as the suites of one jest worker ask for them over
 * HTTP: `POST /` with their settings, `DELETE /<id>?graceMs=…` to stop one. Loading takes many times as long as starting.
 * Answers with what a process of its own would print on its start. Says its port on its standard output, and ends with its
 * standard input.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type * as config from '../../src/platform/config/index.js';
import type * as server from '../../src/server.js';
import type * as words from '../../src/operator-message.js';

/** A module of the built server; its types are those of its source. */
const built = (path: string): Promise<unknown> =>
  import(new URL(`../../dist/src/${path}`, import.meta.url).href);

async function load() {
  const { startServer, startWorker } = (await built('server.js')) as typeof server;
  const { loadConfig } = (await built('platform/config/index.js')) as typeof config;
  const { operatorMessage } = (await built('operator-message.js')) as typeof words;
  return { startServer, startWorker, loadConfig, operatorMessage };
}

let loaded: ReturnType<typeof load> | undefined;
const servers = new Map<number, server.Server | server.Worker>();
let started = 0;

async function start(settings: Record<string, string>): Promise<object> {
  const { startServer, startWorker, loadConfig, operatorMessage } = await (loaded ??= load());
  let said = '';
  const say = (line: string) => void (said += `${line}\n`);
  try {
    const config = loadConfig(settings);
    const server = await (config.ROLE === 'worker' ? startWorker : startServer)(config, say);
    started += 1;
    servers.set(started, server);
    return { id: started, url: 'url' in server ? server.url : '', said };
  } catch (error) {
    return { refused: `${said}${operatorMessage(error)}\n` };
  }
}

async function answer(request: IncomingMessage): Promise<object> {
  if (request.method === 'POST') return start(JSON.parse(await text(request)) as Record<string, string>);
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://host');
  const id = Number(pathname.slice(1));
  await servers.get(id)?.stop(Number(searchParams.get('graceMs')));
  servers.delete(id);
  return {};
}

const host = createServer((request, response) => {
  answer(request).then(
    (body) => response.end(JSON.stringify(body)),
    (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.stack : String(error)),
  );
});
host.requestTimeout = 0;
await once(host.listen(0, '127.0.0.1'), 'listening');
process.stdout.write(`${(host.address() as AddressInfo).port}\n`);
// Ctrl-C reaches the whole group of processes; this one ends with whoever started it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.stdin.resume();
process.stdin.once('close', () => process.exit());
