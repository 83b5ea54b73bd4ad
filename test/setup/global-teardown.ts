import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Ends the run's database server and waits until its databases are gone. */
export default async function tearDown(): Promise<void> {
  const { testServer } = globalThis as { testServer?: ChildProcess };
  if (testServer === undefined || testServer.exitCode !== null || testServer.signalCode !== null) return;
  const exit = once(testServer, 'exit');
  testServer.stdin?.end();
  await exit;
}
