import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

interface Report {
  readonly connectionString?: string;
  readonly template?: string;
  readonly description?: string;
  readonly refused?: string;
}

/** Brings up the one database server of this run; see test-server.ts, which runs as a process of its own. */
export default async function setUp(
  _options: unknown,
  { rootDir }: { readonly rootDir: string },
): Promise<void> {
  if (process.env['npm_lifecycle_event'] !== undefined) endWithParent();
  openLoopReport();
  const folder = join(rootDir, 'test', 'setup');
  const server = spawn(
    process.execPath,
    ['--import', join(folder, 'typescript-hooks.mjs'), join(folder, 'test-server.ts')],
    { cwd: rootDir, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const ended = once(server, 'exit').then(() => ['{"refused":"The test server ended before it was up."}']);
  const [line] = (await Promise.race([once(createInterface(server.stdout), 'line'), ended])) as [string];
  const report = JSON.parse(line) as Report;
  if (report.refused !== undefined) throw new Error(report.refused);
  process.env['THREADLINE_TEST_SERVER'] = report.connectionString;
  process.env['THREADLINE_TEST_TEMPLATE'] = report.template;
  (globalThis as { testServer?: unknown }).testServer = server;
  process.stdout.write(`\n${report.description}\n`);
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
