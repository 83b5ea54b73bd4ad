import { setTimeout as sleep } from 'node:timers/promises';
import { residentKilobytes } from '../rig/proc.ts';
import { show } from '../rig/numbers.ts';
import type { Effort, Result } from '../rig/result.ts';
import { USER, type Rig, type Subject } from '../rig/rig.ts';
import type { Job } from '../rig/load.ts';
import type { Plan } from '../rig/stand-in.ts';

/* Resident memory that an open stream costs, in a process of its own each: after some work, then with streams. */

const warmUp: Plan = { tokens: 20, gapMs: null, delayMs: 0 };
/** A token a second, for longer than anybody looks. */
const slow: Plan = { tokens: 100_000, gapMs: 1_000, delayMs: 0 };
const RAMP_MS = 2_000;
const OPEN_LIMIT_MS = 30_000;

interface Memory {
  readonly beforeKilobytes: number;
  readonly afterKilobytes: number;
  readonly perStreamKilobytes: number;
}

export async function measureMemory(rig: Rig, { isQuick }: Effort): Promise<Result> {
  const lanes = isQuick ? 300 : 1_000;
  const idleMs = isQuick ? 3_000 : 10_000;
  const [pipe, stopPipe] = await rig.freshPipe();
  const piped = await grown(rig, pipe, lanes, idleMs, () => slowAnswers(rig, pipe, lanes));
  await stopPipe();
  const idleServer = await subjectOf(rig);
  const idle = await grown(rig, idleServer, lanes, idleMs, () => idleStreams(rig, idleServer, lanes));
  const liveServer = await subjectOf(rig);
  const live = await grown(rig, liveServer, lanes, idleMs, () => slowAnswers(rig, liveServer, lanes));
  // Its turns would go on.
  await rig.freshThreadline();
  const row = (measure: string, memory: Memory) => ({
    measure,
    threadline: `${show(memory.perStreamKilobytes)} kB`,
    pipe: `${show(piped.perStreamKilobytes)} kB`,
    compared: `${show(memory.perStreamKilobytes / piped.perStreamKilobytes)} ×`,
  });
  return {
    rows: [
      row(`Memory per open stream, ${lanes} watchers of idle threads`, idle),
      row(`Memory per open stream, ${lanes} slow answers under way`, live),
    ],
    details: { streams: lanes, pipe: piped, idle, live },
    notes: [],
  };
}

async function subjectOf(rig: Rig): Promise<Subject> {
  await rig.freshThreadline();
  return rig.subject('threadline');
}

async function grown(
  rig: Rig,
  subject: Subject,
  lanes: number,
  idleMs: number,
  job: () => Promise<Job>,
): Promise<Memory> {
  const work = { requests: 500, lanes: 20, counts: true };
  await rig.load.ask('start', await rig.streamJob(subject, warmUp, work));
  await rig.load.ask('finish');
  await rig.counters();
  await sleep(idleMs / 2);
  const before = residentKilobytes(subject.pid);
  await rig.load.ask('start', await job());
  const deadline = Date.now() + OPEN_LIMIT_MS;
  while ((await rig.counters()).opened < lanes) {
    if (Date.now() > deadline) throw new Error(`not all of ${lanes} streams opened`);
    await sleep(100);
  }
  await sleep(idleMs);
  if ((await rig.counters()).activeLanes !== lanes) throw new Error('streams ended while they were measured');
  const after = residentKilobytes(subject.pid);
  await rig.load.ask('close');
  return {
    beforeKilobytes: before,
    afterKilobytes: after,
    perStreamKilobytes: (after - before) / lanes,
  };
}

function slowAnswers(rig: Rig, subject: Subject, lanes: number): Promise<Job> {
  return rig.streamJob(subject, slow, { requests: lanes, lanes, rampMs: RAMP_MS, counts: false });
}

async function idleStreams(rig: Rig, { port }: Subject, lanes: number): Promise<Job> {
  return {
    port,
    method: 'GET',
    path: '/chat/threads/{thread}/stream',
    token: await (await rig.threadline()).tokenFor(USER),
    firstThread: await rig.threads(lanes, USER),
    requests: lanes,
    lanes,
    rampMs: RAMP_MS,
    tokens: 0,
    marksPerToken: 0,
    counts: false,
  };
}
