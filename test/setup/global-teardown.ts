import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

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
  if (jestConfig !== undefined && process.env['TEST_SIZE'] !== 'full') sayWhatWasLeftOut();
  closeLoopReport();
}

function sayWhatWasLeftOut(): void {
  const long = globSync('test/**/*.long.spec.ts').map((file) => basename(file, '.long.spec.ts'));
  process.stdout.write(
    `\nThis was the small size. Left out, since they take long (${long.length} files): ${long.toSorted().join(', ')}.\n` +
      '`npm test -- kill.long` runs one of them; `npm run test:full` runs everything in full size, as CI does.\n',
  );
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.stdin?.end();
  await exit;
}

/** In CI what was noted fails the run, by the exit code: Jest reports nothing of a run whose tear-down throws. */
function closeLoopReport(): void {
  const file = process.env['THREADLINE_LOOP_REPORT'];
  if (file === undefined || !existsSync(file)) return;
  const text = readFileSync(file, 'utf8');
  rmSync(file, { force: true });
  const message = `Event loops were held for longer than anybody should wait:\n${text}`;
  process.stdout.write(`\n${message}`);
  if (process.env['CI'] === undefined) return;
  process.exitCode = 1;
  noteInResults(message);
}

/** Beside what results.mjs has kept. */
function noteInResults(problem: string): void {
  const path = process.env['TEST_RESULTS'];
  if (path === undefined || !existsSync(path)) return;
  const results = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...results, problem }));
}
