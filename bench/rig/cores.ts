import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { childrenOf, coreSeconds } from './proc.ts';

const count = availableParallelism();
const MEASURED = '0';
const OTHERS = count > 2 ? `1-${count - 1}` : '1';

let possible = count > 1;

/** Whether processes could be given cores of their own so far. */
export function isPinned(): boolean {
  return possible;
}

/** What everybody together has used of the measured process's core, in seconds; `undefined` when it has none. */
export function measuredCoreSeconds(): number | undefined {
  return possible ? coreSeconds(MEASURED) : undefined;
}

/** Gives the measured process the first core, where nothing else of the bench runs. */
export function pinMeasured(pid: number): void {
  pin(pid, MEASURED);
}

/** Keeps a process off the measured one's core. */
export function pinOther(pid: number): void {
  pin(pid, OTHERS);
}

/** Keeps a process and its children off the measured one's core; children to come inherit it. */
export function pinFamily(pid: number): void {
  pinOther(pid);
  for (const child of childrenOf(pid)) pinOther(child);
}

function pin(pid: number, cores: string): void {
  if (!possible) return;
  try {
    execFileSync('taskset', ['-a', '-c', '-p', cores, String(pid)], { stdio: 'ignore' });
  } catch (error) {
    // A process of a moment ago may be gone; a system without taskset has no cores to give.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') possible = false;
  }
}
