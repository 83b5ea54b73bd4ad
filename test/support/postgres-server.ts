import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { findBinaries } from '../../src/platform/database/embedded/binaries.js';
import { locateData } from '../../src/platform/database/embedded/data-location.js';
import { serverEnvironment } from '../../src/platform/database/embedded/run.js';
import {
  APPLICATION,
  connectionString,
  serverArguments,
} from '../../src/platform/database/embedded/settings.js';
import { putPreparedData } from './prepared-data.js';

/** A Postgres of a test's own, always at the same address, that can be stopped, killed, frozen and started again. */
export interface PostgresServer {
  readonly connectionString: string;
  /** `fast` ends sessions in order, `immediate` as a crash would. */
  stop(how: 'fast' | 'immediate'): Promise<void>;
  start(): Promise<void>;
  /** Stops all its processes in mid-breath: connections stay, and nothing answers. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

const SOCKET_PORT = 5432;
const START_LIMIT_MS = 20_000;

/** Starts one with the programs that npm installed. */
export async function startPostgresServer(): Promise<PostgresServer> {
  // Named so that the next run clears it away, server and all, if this one is cut off.
  const home = await mkdtemp(join(tmpdir(), `threadline-test-${process.pid}-`));
  await chmod(home, 0o711);
  const dataDir = join(home, 'data');
  await putPreparedData(dataDir);
  const location = await locateData(dataDir);
  const binaries = await findBinaries(location.account, () => undefined);
  const sockets = await mkdtemp(join('/tmp', 'threadline-test-pg-'));
  if (location.account !== undefined) await chown(sockets, location.account.uid, location.account.gid);
  const address = connectionString({ socketDirectory: sockets, port: SOCKET_PORT }, APPLICATION, APPLICATION);
  let server: ChildProcess | undefined;

  const start = async () => {
    // Durable: what was committed outlives a crash, or the servers under test would be told lies.
    server = spawn(binaries.postgres, serverArguments(location.directory, sockets, true), {
      cwd: '/',
      detached: true,
      stdio: 'ignore',
      env: serverEnvironment(binaries.libraries),
      ...(location.account === undefined ? {} : { uid: location.account.uid, gid: location.account.gid }),
    });
    await untilItAnswers(address);
  };
  const end = async (signal: NodeJS.Signals) => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  };
  const signalAll = (signal: NodeJS.Signals) => {
    for (const pid of familyOf(server?.pid)) signalOne(pid, signal);
  };
  await start();
  return {
    connectionString: address,
    stop: (how) => end(how === 'fast' ? 'SIGINT' : 'SIGQUIT'),
    start,
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
    async close() {
      signalAll('SIGCONT');
      await end('SIGQUIT');
      if (!location.directory.startsWith(home))
        await rm(dirname(location.directory), { recursive: true, force: true });
      await rm(home, { recursive: true, force: true });
      await rm(sockets, { recursive: true, force: true });
    },
  };
}

async function untilItAnswers(address: string): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS;
  for (;;) {
    const client = new pg.Client({ connectionString: address });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** The server and its sessions; the first is stopped first, so that no more come while the others are. */
function familyOf(pid: number | undefined): readonly number[] {
  if (pid === undefined) return [];
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const children = table
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child!);
  return [pid, ...children];
}

function signalOne(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
