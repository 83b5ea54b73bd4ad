import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';

/**
 * Ends the run's hosts and its database server, waits until its databases are gone, and says what held event loops. What
 * uses it without Jest, and so without Jest's configuration, has one size only, and hears nothing of sizes.
 */
export default async function tearDown(jestConfig?: unknown): Promise<void> {
  const { testServer, serverHosts } = globalThis as {
    testServer?: ChildProcess;
    serverHosts?: ChildProcess[];
  };
  await Promise.all((serverHosts ?? []).map(end));
  if (testServer !== undefined) await end(testServer);
  if (jestConfig !== undefined && process.env['TEST_SIZE'] !== 'full') process.stdout.write(SMALL);
  closeLoopReport();
}

const SMALL =
  '\nProcesses were killed, links cut and waits sat out in their small size; `npm run test:full` is all of it, as CI runs it.\n';

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.stdin?.end();
  await exit;
}

/** In CI what was noted fails the run. */
function closeLoopReport(): void {
  const file = process.env['THREADLINE_LOOP_REPORT'];
  if (file === undefined || !existsSync(file)) return;
  const text = readFileSync(file, 'utf8');
  rmSync(file, { force: true });
  const message = `Event loops were held for longer than anybody should wait:\n${text}`;
  if (process.env['CI'] === undefined) process.stdout.write(`\n${message}`);
  else throw new Error(message);
}
