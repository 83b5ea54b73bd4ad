import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { sendsToBackground, type Config } from './platform/config/index.js';

const LOOK_MS = 500;
/** Where looking takes a program of its own, it is done less often. */
const LOOK_WITH_PROGRAM_MS = 2_000;
/** Shells one above the other; more of them are not looked for. */
const MOST = 8;
const ENTRY = /\bdist[/\\]src[/\\](main|worker)\.js\b/;

/**
 * Calls back once when the process that this one was started by has ended. Only where that was asked for, or where npm
 * runs this process in its foreground: a process that npm has nothing to do with may have been sent to the background
 * on purpose, by `nohup` or a service manager. Between npm and us there may be a shell, and above npm one that was told
 * to run it; their ends count as well.
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
  }, LOOK_MS);
  timer.unref();
  if (stopsWith === 'npm' && process.platform !== 'win32') void watchNpm(parent, end);
}

/** Calls back when the way from here up to npm, or to the shell that was told to run npm, is broken anywhere. */
async function watchNpm(parent: number, end: () => void): Promise<void> {
  const line = await lineTo(parent);
  if (line === 'orphaned') return end();
  if (line.length < 2) return;
  const timer = setInterval(
    () => {
      void isWhole(line).then((whole) => {
        if (whole) return;
        clearInterval(timer);
        end();
      });
    },
    process.platform === 'linux' ? LOOK_MS : LOOK_WITH_PROGRAM_MS,
  );
  timer.unref();
}

/** The processes from our parent upwards whose end is ours, each the child of the next. */
async function lineTo(parent: number): Promise<readonly number[] | 'orphaned'> {
  const line = [parent];
  const own = await lookAt(process.pid);
  let seen = await lookAt(parent);
  while (seen !== undefined && ENTRY.test(seen.command) && line.length < MOST) {
    line.push(seen.parent);
    seen = await lookAt(seen.parent);
  }
  // npm may have died before we came to look: whoever takes orphans in is of another session.
  if (own !== undefined && seen?.session !== own.session) return 'orphaned';
  while (seen !== undefined && line.length < MOST) {
    const above = await lookAt(seen.parent);
    if (above === undefined || !isShellFor(above.command)) break;
    line.push(seen.parent);
    seen = above;
  }
  return line;
}

/** A shell that was given a command line with npm in its foreground: `sh -c "npm start"`. */
function isShellFor(command: string): boolean {
  return /^\S*sh\b.*\s-\w*c\s.*\b(npm|pnpm|yarn)\b/s.test(command) && !sendsToBackground(command);
}

async function isWhole(line: readonly number[]): Promise<boolean> {
  const seen = await Promise.all(line.slice(0, -1).map(lookAt));
  return seen.every((process, index) => process?.parent === line[index + 1]);
}

interface Seen {
  readonly parent: number;
  /** Where the system does not tell that, the group of processes. */
  readonly session: number;
  readonly command: string;
}

/** What the system says of a process; `undefined` when it says nothing, or there is none. */
async function lookAt(pid: number): Promise<Seen | undefined> {
  return process.platform === 'linux' ? inProc(pid) : byProgram(pid);
}

async function inProc(pid: number): Promise<Seen | undefined> {
  try {
    const [stat, command] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    // The name in brackets may hold anything, brackets too.
    const [, parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(parent), session: Number(session), command: command.replaceAll('\0', ' ') };
  } catch {
    return undefined;
  }
}

function byProgram(pid: number): Promise<Seen | undefined> {
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
