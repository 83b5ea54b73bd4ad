import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { sendsToBackground, type Config } from './platform/config/index.js';

const POLL_MS = 500;
/** Where a program has to be started to inspect a process, it is done less often. */
const POLL_WITH_PS_MS = 2_000;
/** The most nested shells that are followed. */
const MAX_SHELLS = 8;
const ENTRY = /\bdist[/\\]src[/\\](main|worker)\.js\b/;

/**
 * Calls back once when the parent of this process has ended. Only if that is configured, or if npm runs this process in
 * its foreground: any other process may have been sent to the background on purpose, by `nohup` or a service manager.
 * There may be a shell between npm and this process, and one above npm that was given its command line; their ends
 * count as well.
 */
export function onParentEnd({ stopsWith }: Pick<Config, 'stopsWith'>, callback: () => void): void {
  if (stopsWith === 'nobody') return;
  const parent = typeof stopsWith === 'number' ? stopsWith : process.ppid;
  const end = () => {
    clearInterval(timer);
    callback();
  };
  const timer = setInterval(() => {
    if (process.ppid !== parent || (process.platform === 'win32' && !isThere(parent))) end();
  }, POLL_MS);
  timer.unref();
  if (stopsWith === 'npm' && process.platform !== 'win32') void watchNpm(parent, end);
}

/**
 * Calls back when any process has ended of the chain from here up to npm, or to the shell that was given npm's command
 * line.
 */
async function watchNpm(parent: number, end: () => void): Promise<void> {
  const line = await chainFrom(parent);
  if (line === 'orphaned') return end();
  if (line.length < 2) return;
  const timer = setInterval(
    () => {
      void isUnbroken(line).then((whole) => {
        if (whole) return;
        clearInterval(timer);
        end();
      });
    },
    process.platform === 'linux' ? POLL_MS : POLL_WITH_PS_MS,
  );
  timer.unref();
}

/** The chain of processes from our parent upwards whose end ends this process; each is the child of the next. */
async function chainFrom(parent: number): Promise<readonly number[] | 'orphaned'> {
  const line = [parent];
  const own = await infoOf(process.pid);
  let seen = await infoOf(parent);
  while (seen !== undefined && ENTRY.test(seen.command) && line.length < MAX_SHELLS) {
    line.push(seen.parent);
    seen = await infoOf(seen.parent);
  }
  // npm may have ended before this check: orphans are adopted by a process of another session.
  if (own !== undefined && seen?.session !== own.session) return 'orphaned';
  while (seen !== undefined && line.length < MAX_SHELLS) {
    const above = await infoOf(seen.parent);
    if (above === undefined || !isShellFor(above.command)) break;
    line.push(seen.parent);
    seen = above;
  }
  return line;
}

/** A shell with a command line that runs npm in its foreground: `sh -c "npm start"`. */
function isShellFor(command: string): boolean {
  return /^\S*sh\b.*\s-\w*c\s.*\b(npm|pnpm|yarn)\b/s.test(command) && !sendsToBackground(command);
}

async function isUnbroken(line: readonly number[]): Promise<boolean> {
  const seen = await Promise.all(line.slice(0, -1).map(infoOf));
  return seen.every((process, index) => process?.parent === line[index + 1]);
}

interface ProcessInfo {
  readonly parent: number;
  /** The process group where the system does not report the session. */
  readonly session: number;
  readonly command: string;
}

/** The system's data about a process; `undefined` if there are none, or no such process. */
async function infoOf(pid: number): Promise<ProcessInfo | undefined> {
  return process.platform === 'linux' ? infoFromProc(pid) : infoFromPs(pid);
}

async function infoFromProc(pid: number): Promise<ProcessInfo | undefined> {
  try {
    const [stat, command] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    // The name in brackets may contain any characters, brackets included.
    const [, parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(parent), session: Number(session), command: command.replaceAll('\0', ' ') };
  } catch {
    return undefined;
  }
}

function infoFromPs(pid: number): Promise<ProcessInfo | undefined> {
  return new Promise((resolve) => {
    execFile('ps', ['-ww', '-o', 'ppid=,pgid=,command=', '-p', String(pid)], (error, output) => {
      const found = /^\s*(\d+)\s+(\d+)\s+(.*)$/s.exec(output);
      if (error !== null || found === null) return resolve(undefined);
      resolve({ parent: Number(found[1]), session: Number(found[2]), command: found[3] ?? '' });
    });
  });
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
