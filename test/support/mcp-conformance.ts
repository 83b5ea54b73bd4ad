import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** A package of its own: what only this suite needs is installed by it, not by `npm start`. */
const PACKAGE = join(process.cwd(), 'test', 'mcp-conformance');
const CLI = join(PACKAGE, 'node_modules', '@modelcontextprotocol', 'conformance', 'dist', 'index.js');
const SUITE_MS = 240_000;

/** What the suite found in one scenario. */
export interface Scenario {
  readonly passed: number;
  /** What failed, in the suite's words. */
  readonly failed: readonly string[];
}

/** Installs the suite unless it is there. Throws where it cannot be had. */
export async function installConformance(): Promise<void> {
  if (existsSync(CLI)) return;
  await run('npm', ['ci', '--no-audit', '--loglevel=error'], { cwd: PACKAGE });
}

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

/** The scenarios that the revision requires of a server, as they were when it was released. */
export async function requiredServerScenarios(revision: string): Promise<ReadonlySet<string>> {
  const { stdout } = await run(process.execPath, [CLI, 'list', '--requirements', revision]);
  const [servers = ''] = stdout.split('Client scenarios');
  return new Set([...servers.matchAll(/^ {2}- (\S+)/gm)].map(([, name]) => name!));
}

interface Check {
  readonly id: string;
  readonly status: string;
  readonly errorMessage?: string;
}

function outcomeOf(checks: readonly Check[]): Scenario {
  return {
    passed: checks.filter(({ status }) => status === 'SUCCESS').length,
    failed: checks
      .filter(({ status }) => status === 'FAILURE')
      .map(({ id, errorMessage = '' }) => `${id}: ${errorMessage}`),
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
