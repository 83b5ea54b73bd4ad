import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bystander, Seen } from '../rig/bystander.ts';
import type { Era, McpPeers } from '../rig/mcp-peers.ts';
import { median, quantile, show } from '../rig/numbers.ts';
import type { Effort, Result, Row } from '../rig/result.ts';
import type { Rig } from '../rig/rig.ts';
import { Threadline } from '../rig/threadline.ts';
import { costOf } from '../rig/window.ts';
import { Worker } from '../rig/worker.ts';

/* How soon an MCP server hears that a turn was cancelled in the middle of its call, what others notice of one that has thousands of
   tools, and what a request to our own MCP server costs. */

const ERAS = ['modern', 'legacy'] as const;
/** What nobody should wait longer than until the server has heard, in milliseconds. */
const MOST_MS = 500;
const LANES = 4;
const REVISION = '2026-07-28';
const META = {
  'io.modelcontextprotocol/protocolVersion': REVISION,
  'io.modelcontextprotocol/clientCapabilities': {},
};

type Ask = (method: string, path: string, body?: unknown, headers?: object) => Promise<unknown>;

/** What is asked of the server, over and over. */
const REQUESTS = {
  'GET /chat/threads': (ask: Ask) => ask('GET', '/chat/threads?limit=20'),
  '/mcp: tools/list': (ask: Ask) => rpc(ask, 'tools/list'),
  '/mcp: resources/templates/list': (ask: Ask) => rpc(ask, 'resources/templates/list'),
  '/mcp: list_threads': (ask: Ask) => rpc(ask, 'tools/call', { name: 'list_threads', arguments: {} }),
} as const;

export async function measureMcp(rig: Rig, { isQuick }: Effort): Promise<Result> {
  await rig.recover();
  const dataDir = await mkdtemp(join(tmpdir(), 'threadline-mcp-'));
  await chmod(dataDir, 0o711);
  const peers = await Worker.start<McpPeers>('mcp-peers');
  const bystander = await Worker.start<Bystander>('bystander');
  const { model, ...ports } = await peers.ask('listen');
  const servers = [...ERAS, 'long' as const].map((era) => [
    era,
    { url: `http://127.0.0.1:${ports[era]}/mcp` },
  ]);
  const file = join(dataDir, 'servers.json');
  await writeFile(file, JSON.stringify({ mcpServers: Object.fromEntries(servers) }));
  const server = await Threadline.start({
    ...{ providerPort: model, dataDir, databaseUrl: undefined },
    environment: { MCP_SERVERS_FILE: file, TOOL_APPROVAL: '*=never' },
  });
  try {
    const ask = askerOf(server.port, await server.tokenFor('mcp'));
    const stops: Record<string, readonly number[]> = {};
    for (const era of ERAS) stops[era] = await stopped(ask, peers, era, isQuick ? 5 : 50);
    const alone = await watched(server, bystander, () => sleep(isQuick ? 1_000 : 10_000));
    const listing = await watched(server, bystander, () => list(server, isQuick ? 2 : 20));
    const costs: Record<string, readonly number[]> = {};
    for (let round = 0; round < (isQuick ? 1 : 4); round += 1)
      for (const [name, request] of Object.entries(REQUESTS)) {
        const cost = await costOfEach(server, () => request(ask), isQuick ? 100 : 500);
        // The first round warms up and is forgotten.
        if (round > 0 || isQuick) costs[name] = [...(costs[name] ?? []), cost];
      }
    return report(stops, costs, { alone, listing });
  } finally {
    await server.stop();
    await peers.stop();
    await bystander.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** From the request that cancels a turn to when the server of its call hears of that, each time anew. */
async function stopped(ask: Ask, peers: Worker<McpPeers>, era: Era, times: number): Promise<number[]> {
  const took: number[] = [];
  for (let count = 0; count < times; count += 1) {
    const { thread } = (await ask('POST', '/chat/threads', {})) as { thread: { id: string } };
    const path = `/chat/threads/${thread.id}/turns`;
    const isCalled = peers.ask('called');
    const body = { content: `${era}__endless`, options: { tools: [`${era}__*`] } };
    const { turn } = (await ask('POST', path, body)) as { turn: { id: string } };
    await isCalled;
    const stoppedAt = peers.ask('stopped');
    const at = performance.timeOrigin + performance.now();
    await ask('POST', `${path}/${turn.id}/cancel`);
    took.push((await stoppedAt) - at);
  }
  return took;
}

/** Has the long list read for one user after the other: each has a connection of its own. */
async function list(server: Threadline, times: number): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    const ask = askerOf(server.port, await server.tokenFor(`listing-${count}`));
    const { servers } = (await ask('GET', '/mcp/servers')) as {
      servers: readonly { name: string; tools: number; error?: string }[];
    };
    const long = servers.find(({ name }) => name === 'long');
    if (long?.tools !== 256) throw new Error(`the long list was not read: ${JSON.stringify(long)}`);
  }
}

async function watched(
  server: Threadline,
  bystander: Worker<Bystander>,
  work: () => Promise<void>,
): Promise<Seen> {
  await bystander.ask('start', { port: server.port, token: await server.tokenFor('bystander') });
  await work();
  return bystander.ask('finish');
}

/** Processor milliseconds of the server for each of so many requests. */
async function costOfEach(
  server: Threadline,
  request: () => Promise<unknown>,
  times: number,
): Promise<number> {
  const lane = async () => {
    for (let count = 0; count < times / LANES; count += 1) await request();
  };
  const { processorSeconds } = await costOf(server.pid, undefined, () =>
    Promise.all(Array.from({ length: LANES }, lane)),
  );
  return (processorSeconds * 1_000) / times;
}

function askerOf(port: number, token: string): Ask {
  return async (method, path, body, headers = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${answer}`);
    return answer === '' ? undefined : (JSON.parse(answer) as unknown);
  };
}

async function rpc(ask: Ask, method: string, params: Record<string, unknown> = {}): Promise<void> {
  const name = params['name'];
  const body = { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: META } };
  const answer = (await ask('POST', '/mcp', body, {
    ...{ accept: 'application/json, text/event-stream', 'mcp-protocol-version': REVISION },
    ...{ 'mcp-method': method, ...(typeof name === 'string' && { 'mcp-name': name }) },
  })) as { result?: unknown };
  if (answer.result === undefined) throw new Error(`${method} has failed: ${JSON.stringify(answer)}`);
}

function report(
  stops: Readonly<Record<string, readonly number[]>>,
  costs: Readonly<Record<string, readonly number[]>>,
  seen: { readonly alone: Seen; readonly listing: Seen },
): Result {
  const late = Object.entries(stops).filter(([, took]) => quantile(took, 0.95) > MOST_MS);
  const least = median(costs['GET /chat/threads'] ?? []);
  return {
    rows: [
      ...Object.entries(stops).map(([era, took]): Row => ({
        measure: `From a cancel to when an MCP server of the ${era} era hears of it`,
        threadline: `p50 ${show(quantile(took, 0.5))} ms, p95 ${show(quantile(took, 0.95))} ms, most ${show(Math.max(...took))} ms`,
        ...{ pipe: '', compared: `of ${took.length}` },
      })),
      seenRow('when nothing else happens', seen.alone),
      seenRow('while lists of 5,000 tools are read', seen.listing),
      ...Object.entries(costs).map(([name, each]): Row => ({
        measure: `A request, ${name}`,
        threadline: `${show(median(each))} ms CPU`,
        ...{ pipe: '', compared: `${show(median(each) / least)} × a page of threads` },
      })),
    ],
    details: { stops, costs, seen },
    notes: late.map(
      ([era]) => `**A server of the ${era} era hears of a stop later than ${MOST_MS} ms (p95).**`,
    ),
  };
}

function seenRow(when: string, { times, failures }: Seen): Row {
  return {
    measure: `A page of threads ${when}`,
    threadline: `p50 ${show(quantile(times, 0.5))} ms, p99 ${show(quantile(times, 0.99))} ms, most ${show(Math.max(...times))} ms`,
    ...{ pipe: '', compared: `of ${times.length}, ${failures.length} failed` },
  };
}
