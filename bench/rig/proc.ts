import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).trim());

interface Stat {
  readonly name: string;
  readonly parent: number;
  /** Of the process itself, all threads, in seconds. */
  readonly own: number;
  /** Of its children that have ended, in seconds. */
  readonly reaped: number;
}

/** Processor seconds a process has used so far: user and system time of all its threads. */
export function processorSeconds(pid: number): number {
  return statOf(pid)?.own ?? 0;
}

/** The same for a process with all its children, those that have ended included: Postgres is a family. */
export function familySeconds(pid: number): number {
  const parent = statOf(pid);
  if (parent === undefined) return 0;
  return childrenOf(pid).reduce((sum, child) => sum + processorSeconds(child), parent.own + parent.reaped);
}

export function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((candidate) => statOf(candidate)?.parent === pid);
}

/** The process that started this one and its program's name, if it is on this machine. */
export function parentOf(pid: number): { readonly pid: number; readonly name: string } | undefined {
  const parent = statOf(pid)?.parent;
  const name = parent === undefined ? undefined : statOf(parent)?.name;
  return parent === undefined || name === undefined ? undefined : { pid: parent, name };
}

/**
 * What all processes together, other machines on the same host included, have used of a core, in seconds; without a
 * core, of all of them.
 */
export function coreSeconds(core = ''): number {
  const line = readFileSync('/proc/stat', 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`cpu${core} `));
  const [, user = 0, nice = 0, system = 0, , , , , steal = 0] = (line ?? '').split(/ +/).map(Number);
  return (user + nice + system + steal) / TICKS_PER_SECOND;
}

/** Resident memory of a process in kB (1,024 bytes). */
export function residentKilobytes(pid: number): number {
  const found = statusOf(pid, 'VmRSS');
  if (found === undefined) throw new Error(`/proc/${pid}/status does not say VmRSS`);
  return found;
}

/**
 * Memory in kB that a process and its children have for themselves. What they share, as Postgres does its buffers, is not in
 * it: its size is a setting.
 */
export function anonymousKilobytes(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, each) => sum + (statusOf(each, 'RssAnon') ?? 0), 0);
}

function statusOf(pid: number, name: string): number | undefined {
  try {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(
      readFileSync(`/proc/${pid}/status`, 'utf8'),
    );
    return found?.[1] === undefined ? undefined : Number(found[1]);
  } catch {
    return undefined;
  }
}

function statOf(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  const end = text.lastIndexOf(')');
  // The name may hold spaces; what follows it starts with field 3 of proc(5).
  const fields = text.slice(end + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3] ?? 0);
  return {
    name: text.slice(text.indexOf('(') + 1, end),
    parent: field(4),
    own: (field(14) + field(15)) / TICKS_PER_SECOND,
    reaped: (field(16) + field(17)) / TICKS_PER_SECOND,
  };
}
