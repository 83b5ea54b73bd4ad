import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installPackage } from './install-package.js';

const run = promisify(execFile);
/** A package of its own: what only this suite needs is installed by it, not by `npm start`. */
const PACKAGE = join(process.cwd(), 'test', 'mcp-conformance');
const CLI = join(PACKAGE, 'node_modules', '@modelcontextprotocol', 'conformance', 'dist', 'index.js');
/** What the suite starts for each scenario of a client, and gives the address of a server. */
const CLIENT = [
  process.execPath,
  ...['--import', join(process.cwd(), 'test', 'setup', 'typescript-hooks.mjs')],
  join(process.cwd(), 'test', 'support', 'mcp-conformance-client.ts'),
]
  .map((word) => JSON.stringify(word))
  .join(' ');
const OF_CLIENTS = 'Client scenarios';
const NOT_REQUIRED = 'Run and reported';
const SUITE_MS = 240_000;

/** What the suite found in one scenario. */
export interface Scenario {
  readonly passed: number;
  /** What failed, in the suite's words. */
  readonly failed: readonly string[];
  /** What it would rather have otherwise. */
  readonly warned: readonly string[];
  /** What was not looked at, since the other side did not do it. */
  readonly skipped: readonly string[];
}

/** Installs the suite unless it is there. Throws where it cannot be had. */
export const installConformance = (): Promise<void> => installPackage(PACKAGE, CLI);

/** Runs every scenario of a revision of the protocol against a server; what is not required of one is left out. */
export async function conformanceOf(url: string, revision: string): Promise<ReadonlyMap<string, Scenario>> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-conformance-'));
  try {
    const args = [CLI, 'server', '--url', url, '--requirements', revision, '-o', folder];
    // It ends with an error where anything fails, also what is not required.
    await run(process.execPath, args, { timeout: SUITE_MS }).catch(({ stdout }: { stdout?: string }) => {
      if (!stdout?.includes('=== SUMMARY ==='))
        throw new Error('the conformance suite did not run to its end');
    });
    const required = await requiredServerScenarios(revision);
    const found = new Map<string, Scenario>();
    for (const name of await readdir(folder)) {
      const scenario = /^server-(.+)-\d{4}-\d\d-\d\dT/.exec(name)?.[1];
      if (scenario === undefined || !required.has(scenario)) continue;
      found.set(scenario, outcomeOf(JSON.parse(await readFile(join(folder, name, 'checks.json'), 'utf8'))));
    }
    return found;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs scenarios of a revision of the protocol against the host of MCP servers, one after the other. */
export async function clientConformanceOf(
  revision: string,
  scenarios: Iterable<string>,
): Promise<ReadonlyMap<string, Scenario>> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-conformance-'));
  try {
    const found = new Map<string, Scenario>();
    for (const scenario of scenarios) {
      const into = join(folder, scenario);
      const args = [
        'client',
        '--command',
        CLIENT,
        '--scenario',
        scenario,
        '--spec-version',
        revision,
        '-o',
        into,
      ];
      // It ends with an error where anything fails; what failed is in its file.
      await run(process.execPath, [CLI, ...args], { timeout: SUITE_MS }).catch(() => undefined);
      // In a folder of its own, below those that the scenario's name has.
      const written = (await readdir(into, { recursive: true })).find((path) => path.endsWith('checks.json'));
      found.set(scenario, outcomeOf(JSON.parse(await readFile(join(into, written ?? ''), 'utf8'))));
    }
    return found;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The scenarios that the revision requires of a server, as they were when it was released. */
export async function requiredServerScenarios(revision: string): Promise<ReadonlySet<string>> {
  const [servers = ''] = (await listed(revision)).split(OF_CLIENTS);
  return namesIn(servers);
}

/** The scenarios that the revision requires of a client, as they were when it was released. */
export async function requiredClientScenarios(revision: string): Promise<ReadonlySet<string>> {
  const [, clients = ''] = (await listed(revision)).split(OF_CLIENTS);
  const [required = ''] = clients.split(NOT_REQUIRED);
  return namesIn(required);
}

/** The scenarios of clients that the suite has beyond what the revision requires. */
export async function furtherClientScenarios(revision: string): Promise<ReadonlySet<string>> {
  const [, further = ''] = (await listed(revision)).split(NOT_REQUIRED);
  return new Set([...further.matchAll(/^ {4}- (\S+) \[client\]/gm)].map(([, name]) => name!));
}

async function listed(revision: string): Promise<string> {
  return (await run(process.execPath, [CLI, 'list', '--requirements', revision])).stdout;
}

function namesIn(list: string): ReadonlySet<string> {
  return new Set([...list.matchAll(/^ {2}- (\S+)/gm)].map(([, name]) => name!));
}

interface Check {
  readonly id: string;
  readonly status: string;
  readonly description?: string;
  readonly errorMessage?: string;
}

function outcomeOf(checks: readonly Check[]): Scenario {
  return {
    passed: checks.filter(({ status }) => status === 'SUCCESS').length,
    failed: checks
      .filter(({ status }) => status === 'FAILURE')
      .map(({ id, errorMessage = '' }) => `${id}: ${errorMessage}`),
    warned: checks
      .filter(({ status }) => status === 'WARNING')
      .map(({ id, description = '' }) => `${id}: ${description}`),
    skipped: checks
      .filter(({ status }) => status === 'SKIPPED')
      .map(({ id, description = id }) => description),
  };
}

/** Adds a token to every request, as the suite has no option for one, and changes nothing else. */
export async function withToken(
  url: string,
  token: string,
): Promise<{ readonly url: string; close(): void }> {
  const { hostname, port } = new URL(url);
  const server: Server = createServer((incoming, response) => {
    const headers = { ...incoming.headers, authorization: `Bearer ${token}` };
    const { url: path, method } = incoming;
    const outgoing = request({ hostname, port, path, method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    outgoing.once('error', () => response.destroy());
    response.once('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, close };
}
