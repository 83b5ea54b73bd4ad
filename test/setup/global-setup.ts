import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

interface Report {
  readonly connectionString?: string;
  readonly template?: string;
  readonly home?: string;
  readonly description?: string;
  readonly refused?: string;
}

/**
 * Brings up the one database server of this run, and a host of servers for each of its workers; see test-server.ts and
 * server-host.ts, which run as processes of their own.
 */
export default async function setUp(
  options: { readonly maxWorkers: number } | undefined,
  { rootDir }: { readonly rootDir: string },
): Promise<void> {
  if (process.env['npm_lifecycle_event'] !== undefined) endWithParent();
  openLoopReport();
  // Every process that tests start compiles the same: done once, the next one is up sooner.
  process.env['NODE_COMPILE_CACHE'] = join(rootDir, 'node_modules', '.cache', 'compiled');
  const folder = join(rootDir, 'test', 'setup');
  const server = start(
    rootDir,
    '--import',
    join(folder, 'typescript-hooks.mjs'),
    join(folder, 'test-server.ts'),
  );
  const hosts = Array.from({ length: options?.maxWorkers ?? 0 }, () =>
    start(rootDir, join(folder, 'server-host.ts')),
  );
  const ended = once(server, 'exit').then(() => '{"refused":"The test server ended before it was up."}');
  const line = await Promise.race([firstLine(server), ended]);
  const report = JSON.parse(line) as Report;
  if (report.refused !== undefined) throw new Error(report.refused);
  const ports = await Promise.all(hosts.map(firstLine));
  process.env['THREADLINE_TEST_SERVER'] = report.connectionString;
  process.env['THREADLINE_TEST_TEMPLATE'] = report.template;
  process.env['THREADLINE_TEST_HOME'] = report.home;
  process.env['THREADLINE_TEST_HOSTS'] = ports.join(',');
  Object.assign(globalThis, { testServer: server, serverHosts: hosts });
  process.stdout.write(`\n${report.description}\n`);
}

/** A process of the set-up, which ends when its standard input does. */
function start(cwd: string, ...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, args, { cwd, stdio: ['pipe', 'pipe', 'inherit'] });
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  const [line] = (await once(createInterface(stdout!), 'line')) as [string];
  return line;
}

/** A signal that npm gets may end its shell and never arrive here: the run ends then too, and all that it started. */
function endWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
  }, 500).unref();
}

/** Where the server processes of this run note what holds their event loops; see test/support/loop-watch.mjs. */
function openLoopReport(): void {
  const file = join(tmpdir(), `threadline-loops-${process.pid}.txt`);
  rmSync(file, { force: true });
  process.env['THREADLINE_LOOP_REPORT'] = file;
}
