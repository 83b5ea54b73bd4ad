import { spawn } from 'node:child_process';
import { chmod, chown, mkdtemp, open, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { passes, type ServerAccount } from './account.js';
import type { Binaries } from './binaries.js';
import type { DataLocation } from './data-location.js';
import { startLaunchWatchdog } from './launch-watchdog.js';
import { isAlive, readPostmasterFile, removeStaleFile, servesDirectory } from './postmaster-file.js';
import { serverEnvironment } from './run.js';
import { fitsSocket, serverArguments, SOCKET_PORT, type ServerEndpoint } from './settings.js';

/** A server process over our data directory, launched or taken over. */
export interface RunningServer {
  readonly pid: number;
  readonly endpoint: ServerEndpoint;
  /** It was running before: left behind by a killed process, or in use by another one. */
  readonly reused: boolean;
  hasEnded(): boolean;
  /** Its log output since it was launched, at most 4 kB. */
  logTail(): Promise<string>;
  /** From here on the watchdog inside the server stops it when its owner is gone; the launch watchdog ends. */
  guarded(): void;
}

const SOCKET_PREFIX = 'threadline-pg-';
const LOG_LIMIT_BYTES = 5 * 1_048_576;
const SOCKET_WAIT_MS = 10_000;

/** The server that already runs over the directory, if there is one; leftovers of a dead one are removed. */
export async function findServer({ directory }: DataLocation): Promise<RunningServer | undefined> {
  const deadline = Date.now() + SOCKET_WAIT_MS;
  for (;;) {
    const found = await readPostmasterFile(directory);
    if (found === undefined) return undefined;
    const { pid, port, socketDirectory } = found;
    const alive = isAlive(pid);
    if (!alive || (await servesDirectory(pid, directory)) === false) {
      // Postgres replaces a dead server's file itself, after checking for other leftovers.
      if (alive) await removeStaleFile(directory, found);
      await removeSocketDirectory(socketDirectory);
      return undefined;
    }
    if (socketDirectory !== '' || Date.now() > deadline) {
      const endpoint = { socketDirectory, port };
      return {
        pid,
        endpoint,
        reused: true,
        hasEnded: () => !isAlive(pid),
        logTail: () => Promise.resolve(''),
        guarded: () => undefined,
      };
    }
    await sleep(50);
  }
}

/** Starts a server in its own session, so that Ctrl-C in our terminal does not reach it directly. */
export async function launchServer(
  { directory, logFile, account }: DataLocation,
  binaries: Binaries,
  durable: boolean,
): Promise<RunningServer> {
  const socketDirectory = await makeSocketDirectory(account);
  const { size } = await stat(logFile).catch(() => ({ size: 0 }));
  if (size > LOG_LIMIT_BYTES) await truncate(logFile);
  const start = size > LOG_LIMIT_BYTES ? 0 : size;
  const output = await open(logFile, 'a', 0o600);
  let ended = false;
  try {
    const child = spawn(binaries.postgres, serverArguments(directory, socketDirectory, durable), {
      cwd: '/',
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
      env: serverEnvironment(binaries.libraries),
      ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
    });
    child.once('exit', () => (ended = true));
    const pid = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => resolve(child.pid ?? 0));
    });
    child.on('error', () => undefined);
    child.unref();
    const guarded = startLaunchWatchdog(pid, socketDirectory, account);
    child.once('exit', guarded);
    return {
      pid,
      endpoint: { socketDirectory, port: SOCKET_PORT },
      reused: false,
      hasEnded: () => ended,
      logTail: () => readFrom(logFile, start),
      guarded,
    };
  } catch (error) {
    await removeSocketDirectory(socketDirectory);
    throw error;
  } finally {
    await output.close();
  }
}

async function makeSocketDirectory(account: ServerAccount | undefined): Promise<string> {
  for (const base of [tmpdir(), '/tmp', '/var/tmp']) {
    if (!fitsSocket(join(base, `${SOCKET_PREFIX}XXXXXX`))) continue;
    if (account !== undefined && !(await passes(account, [['-x', base]]))) continue;
    const made = await mkdtemp(join(base, SOCKET_PREFIX)).catch(() => undefined);
    if (made === undefined) continue;
    await chmod(made, 0o700);
    if (account !== undefined) await chown(made, account.uid, account.gid);
    return made;
  }
  throw new Error(
    'There is no folder for the embedded database to listen in: neither TMPDIR nor /tmp is writable and has a short plain path. ' +
      'Mend one of them, or set DATABASE_URL to a Postgres of your own.',
  );
}

/** Removes a socket folder that we created, and no other. */
export async function removeSocketDirectory(path: string): Promise<void> {
  if (basename(path).startsWith(SOCKET_PREFIX)) await rm(path, { recursive: true, force: true });
}

async function readFrom(path: string, start: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(4_096, Math.max(0, size - start)));
    await file.read(buffer, 0, buffer.length, Math.max(start, size - buffer.length));
    return buffer.toString('utf8').trim();
  } finally {
    await file.close();
  }
}
