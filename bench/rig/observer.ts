import { Session } from 'node:inspector/promises';
import { getHeapSpaceStatistics, writeHeapSnapshot } from 'node:v8';
import { writeFileSync } from 'node:fs';
import { answerQuestions } from './worker.ts';

/* Loaded into a measured server before its own code: looks at its processor time, its heap and its event loop from inside. */

/** Where a process's memory is, in bytes. */
export interface MemoryOf {
  readonly usage: NodeJS.MemoryUsage;
  /** The spaces of V8's heap: what they occupy, and what of it is in use. */
  readonly spaces: readonly {
    readonly name: string;
    readonly committed: number;
    readonly used: number;
  }[];
}

const handlers = {
  startProfile,
  stopProfile,
  heapSnapshot: writeHeapSnapshot,
  memory,
  watchLoop,
  loopDelays,
};
export type Observer = typeof handlers;

let session: Session | undefined;

async function startProfile(): Promise<void> {
  session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
}

/** Writes what was seen since to this file. */
async function stopProfile(file: string): Promise<void> {
  if (session === undefined) throw new Error('no profile was started');
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  session = undefined;
  writeFileSync(file, JSON.stringify(profile));
}

function memory(): MemoryOf {
  return {
    usage: process.memoryUsage(),
    spaces: getHeapSpaceStatistics().map((space) => ({
      name: space.space_name,
      committed: space.physical_space_size,
      used: space.space_used_size,
    })),
  };
}

/** How often it is looked whether the event loop is late, in milliseconds. */
const LOOK_MS = 2;
let watching: { readonly delays: number[]; readonly timer: NodeJS.Timeout } | undefined;

function watchLoop(): void {
  const delays: number[] = [];
  let before = performance.now();
  const look = () => {
    const now = performance.now();
    delays.push(Math.max(0, now - before - LOOK_MS));
    before = now;
  };
  watching = { delays, timer: setInterval(look, LOOK_MS) };
}

/** How late the event loop was since, each time that it was looked at, in milliseconds. */
function loopDelays(): readonly number[] {
  if (watching === undefined) throw new Error('nobody watches the event loop');
  clearInterval(watching.timer);
  const { delays } = watching;
  watching = undefined;
  return delays;
}

answerQuestions(handlers);
// The server ends when it wants to, whoever may still ask.
process.channel?.unref();
