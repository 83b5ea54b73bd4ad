import { setTimeout as sleep } from 'node:timers/promises';
import { readPostmasterFile, servesDirectory } from './postmaster-file.js';
import { removeSocketDirectory, type RunningServer } from './server.js';

const FAST_WAIT_MS = 4_000;
const IMMEDIATE_WAIT_MS = 2_000;
const POLL_MS = 20;

/**
 * Stops the server: sessions are terminated and everything is written (SIGINT); after four seconds an immediate
 * shutdown (SIGQUIT), which loses nothing either, but makes the next start replay the log.
 */
export async function stopServer(
  server: RunningServer,
  directory: string,
  log: (line: string) => void,
): Promise<void> {
  if (await isStillOurs(server, directory)) {
    signal(server.pid, 'SIGINT');
    if (!(await hasEndedWithin(server, FAST_WAIT_MS))) {
      log('The embedded Postgres did not stop in time and is cut off; its next start takes a little longer.');
      signal(server.pid, 'SIGQUIT');
      await hasEndedWithin(server, IMMEDIATE_WAIT_MS);
    }
  }
  await removeSocketDirectory(server.endpoint.socketDirectory);
}

/** The process id may have been reused by now; an unrelated process must never get our signal. */
async function isStillOurs(server: RunningServer, directory: string): Promise<boolean> {
  if (server.hasEnded()) return false;
  const serves = await servesDirectory(server.pid, directory);
  return serves ?? (await readPostmasterFile(directory))?.pid === server.pid;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended between the check and the signal.
  }
}

async function hasEndedWithin(server: RunningServer, waitMs: number): Promise<boolean> {
  const deadline = Date.now() + waitMs;
  while (!server.hasEnded()) {
    if (Date.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}
