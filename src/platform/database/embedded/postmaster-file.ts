import { readFile, rename, rm, link } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { run } from './run.js';

/** The contents of a running server's `postmaster.pid`. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** Empty when the server has no Unix socket (yet). */
  readonly socketDirectory: string;
}

const NAME = 'postmaster.pid';

/** Parses a `postmaster.pid`; `undefined` if it is invalid or incomplete. */
export function parsePostmasterFile(text: string): Postmaster | undefined {
  const lines = text.split('\n');
  // A starting server writes a partial file, a single-user one a negative number.
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  const port = Number(lines[3]);
  return {
    pid,
    port: Number.isSafeInteger(port) && port > 0 ? port : 5432,
    socketDirectory: (lines[4] ?? '').trim().split(',')[0] ?? '',
  };
}

/** The server that the data directory's file names, alive or not. */
export async function readPostmasterFile(directory: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(directory, NAME), 'utf8').catch(() => '');
  return parsePostmasterFile(text);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether the process is a Postgres over this data directory; `undefined` if the system does not tell. */
export async function servesDirectory(pid: number, directory: string): Promise<boolean | undefined> {
  try {
    return namesDirectory((await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0'), directory);
  } catch {
    // Without /proc: `ps`, which shows the arguments separated by spaces.
    const { code, stdout } = await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)], {});
    return code === 0 ? ` ${stdout.trim()} `.includes(` -D ${directory} `) : undefined;
  }
}

/** Whether a command line starts a server over the directory. */
export function namesDirectory(command: readonly string[], directory: string): boolean {
  return command.some((word, index) => word === '-D' && command[index + 1] === directory);
}

/**
 * Removes a `postmaster.pid` whose process id now belongs to an unrelated process: Postgres would refuse to start. If
 * the file has changed since it was checked, it is another server's and is put back.
 */
export async function removeStaleFile(directory: string, judged: Postmaster): Promise<void> {
  const aside = join(directory, `${NAME}.stale-${randomBytes(4).toString('hex')}`);
  try {
    await rename(join(directory, NAME), aside);
    const moved = parsePostmasterFile(await readFile(aside, 'utf8'));
    if (moved !== undefined && moved.pid !== judged.pid) await link(aside, join(directory, NAME));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
  } finally {
    await rm(aside, { force: true });
  }
}
