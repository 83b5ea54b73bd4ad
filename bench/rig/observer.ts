import { Session } from 'node:inspector/promises';
import { getHeapSpaceStatistics, writeHeapSnapshot } from 'node:v8';
import { writeFileSync } from 'node:fs';
import { answerQuestions } from './worker.ts';

/* Loaded into a measured server before its own code: looks at its processor time and its heap from inside. */

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

const handlers = { startProfile, stopProfile, heapSnapshot: writeHeapSnapshot, memory };
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

answerQuestions(handlers);
// The server ends when it wants to, whoever may still ask.
process.channel?.unref();
