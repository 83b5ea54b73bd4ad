import { spawn } from 'node:child_process';
import type { ServerAccount } from './account.js';
import { serverEnvironment } from './run.js';

/**
 * Reads one word; at the end of input it stops the server and waits up to ten seconds to remove its socket's folder.
 */
const WATCH = [
  'read -r word; [ "$word" = over ] && exit; kill -INT "$1" || exit',
  'n=0; while kill -0 "$1" && [ $n -lt 100 ]; do n=$((n+1)); sleep 0.1; done; rmdir "$2"',
].join('; ');

/**
 * Stops a starting server if this process is killed before the watchdog inside the server runs: a shell reads from this
 * process, and an end of input without a word means that it died. Call the result when the start is complete.
 */
export function startLaunchWatchdog(
  pid: number,
  socketDirectory: string,
  account: ServerAccount | undefined,
): () => void {
  const shell = spawn('/bin/sh', ['-c', WATCH, 'sh', String(pid), socketDirectory], {
    cwd: '/',
    // Signals to our process group must not reach it.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: serverEnvironment(),
    ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
  });
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();
  (shell.stdin as typeof shell.stdin & { unref(): void }).unref();
  return () => {
    if (!shell.stdin.writableEnded) shell.stdin.end('over\n');
  };
}
