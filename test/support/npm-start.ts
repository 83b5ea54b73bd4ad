import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { TEST_SECRET } from './secret.js';
import { TestUser, tokenFor } from './test-user.js';
import { until } from './until.js';

/** A server over an embedded database that was started through npm, as a user starts it. */
export interface StartedByNpm {
  /** What was started: npm, or the shell that starts npm; the first of its group of processes. */
  readonly child: ChildProcess;
  readonly url: string;
  /** Where its database is, past it. */
  readonly connectionString: string;
  /** The number of the embedded Postgres's process. */
  readonly postmaster: number;
  readonly output: () => string;
  user(): Promise<TestUser>;
  /** Nobody listens any more, and no Postgres has the data. */
  readonly isOver: () => Promise<boolean>;
}

/** Runs the command line (such as `npm start`) in a shell, or npm alone where there is none; resolves when it listens. */
export async function startByNpm(
  dataDir: string,
  environment: Record<string, string> = {},
  commandLine?: string,
): Promise<StartedByNpm> {
  const { DATABASE_URL: _1, REDIS_URL: _2, ROLE: _3, ...inherited } = process.env;
  const port = await freePort();
  const [command, args] = commandLine === undefined ? ['npm', ['start']] : ['sh', ['-c', commandLine]];
  const child = spawn(command, args, {
    // A group of its own, so that a signal can go to all of it and to nothing else.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...inherited,
      ...{ DATA_DIR: dataDir, PORT: String(port), JWT_SECRET: TEST_SECRET, NODE_ENV: 'development' },
      ...{ LOG_LEVEL: 'warn', RATE_LIMIT: 'off' },
      ...environment,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => (output += data.toString()));
  const url = `http://127.0.0.1:${port}`;
  await until(() => {
    if (child.exitCode !== null) throw new Error(`npm ended with ${child.exitCode}: ${output}`);
    return output.includes(` listens on ${url}`);
  });
  const lines = (await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
  const postmaster = Number(lines[0]);
  const connectionString = `postgresql://threadline@/threadline?host=${encodeURIComponent(lines[4]!)}&sslmode=disable`;
  return {
    ...{ child, url, connectionString, postmaster },
    output: () => output,
    user: async () => new TestUser(url, await tokenFor({})),
    isOver: async () => !isAlive(postmaster) && !(await listens(port)),
  };
}

/** A shell for npm's scripts that stays between npm and the script, as those of many systems do; the answer is its path. */
export async function stayingShell(folder: string): Promise<string> {
  const path = join(folder, 'staying-shell');
  await writeFile(path, '#!/bin/sh\nsh "$@"\nexit $?\n');
  await chmod(path, 0o755);
  return path;
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
