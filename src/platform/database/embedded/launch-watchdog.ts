import { spawn } from 'node:child_process';
import type { ServerAccount } from './account.js';
import { serverEnvironment } from './run.js';

/** Reads one word; without it, ends the server and waits up to ten seconds to clear its socket's folder away. */
const WATCH = [
  'read -r word; [ "$word" = over ] && exit; kill -INT "$1" || exit',
  'n=0; while kill -0 "$1" && [ $n -lt 100 ]; do n=$((n+1)); sleep 0.1; done; rmdir "$2"',
].join('; ');

/**
 * Ends a server that is coming up if this process is killed meanwhile, before anything inside the server can do so: a
 * shell reads from us, and the end of its input without a word is our end. Call the answer when that is over.
 */
export function startLaunchWatchdog(
  pid: number,
  socketDirectory: string,
  account: ServerAccount | undefined,
): () => void {
  const shell = spawn('/bin/sh', ['-c', WATCH, 'sh', String(pid), socketDirectory], {
    cwd: '/',
    // A signal to our group of processes must not reach it.
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
