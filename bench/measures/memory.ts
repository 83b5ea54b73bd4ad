import { setTimeout as sleep } from 'node:timers/promises';
import { anonymousKilobytes, residentKilobytes } from '../rig/proc.ts';
import { show } from '../rig/numbers.ts';
import type { Effort, Result } from '../rig/result.ts';
import { USER, type Rig } from '../rig/rig.ts';
import type { Job } from '../rig/load.ts';
import type { Plan } from '../rig/stand-in.ts';
import { hasDatabase, type Subject } from '../rig/subject.ts';

/* Resident memory that an open stream costs, in a process of its own each: after some work, then with streams. */

const someWork: Plan = { tokens: 20, gapMs: null, delayMs: 0 };
/** A token a second, for longer than anybody looks. */
const slow: Plan = { tokens: 100_000, gapMs: 1_000, delayMs: 0 };
const RAMP_MS = 2_000;
const OPEN_LIMIT_MS = 30_000;

interface Memory {
  readonly beforeKilobytes: number;
  readonly afterKilobytes: number;
  readonly perStreamKilobytes: number;
  /** What all processes of Postgres have grown by; `undefined` without one on this machine. */
  readonly databaseKilobytes: number | undefined;
}

export async function measureMemory(rig: Rig, { isQuick }: Effort): Promise<Result> {
  const lanes = isQuick ? 300 : 1_000;
  const idleMs = isQuick ? 2_000 : 8_000;
  const answering = (subject: Subject) =>
    grown(rig, subject, lanes, idleMs, () => slowAnswers(rig, subject, lanes));
  const beside = async ([subject, stop]: readonly [Subject, () => Promise<void>]) => {
    const memory = await answering(subject);
    await stop();
    return memory;
  };
  const pipe = await beside(await rig.freshPipe());
  const naive = await beside(await rig.freshNaive());
  const idleServer = await fresh(rig, 'threadline');
  const idle = await grown(rig, idleServer, lanes, idleMs, () => idleStreams(rig, idleServer, lanes));
  const gateway = await answering(await fresh(rig, 'gateway'));
  const live = await answering(await fresh(rig, 'threadline'));
  // Its turns would go on.
  await rig.freshThreadline();
  const row = (measure: string, memory: Memory) => ({
    measure: `Memory per open stream, ${lanes.toLocaleString('en-GB')} ${measure}`,
    threadline: `${show(memory.perStreamKilobytes)} kB${ofPostgres(memory, lanes)}`,
    pipe: `${show(pipe.perStreamKilobytes)} kB`,
    naive: `${show(naive.perStreamKilobytes)} kB`,
    compared: `${show(memory.perStreamKilobytes / pipe.perStreamKilobytes)} × pipe`,
  });
  return {
    rows: [
      row('watchers of idle threads', idle),
      row('slow answers under way, stored turns', live),
      row('slow answers under way, `/v1`', gateway),
    ],
    details: { streams: lanes, pipe, naive, idle, live, gateway },
    notes: [],
  };
}

function ofPostgres({ databaseKilobytes: kilobytes }: Memory, lanes: number): string {
  return kilobytes === undefined ? '' : ` (Postgres ${show(kilobytes / lanes)} beside it)`;
}

async function fresh(rig: Rig, name: 'threadline' | 'gateway'): Promise<Subject> {
  await rig.freshThreadline();
  return rig.subject(name);
}

async function grown(
  rig: Rig,
  subject: Subject,
  lanes: number,
  idleMs: number,
  job: () => Promise<Job>,
): Promise<Memory> {
  await warmUp(rig, subject);
  await sleep(idleMs / 2);
  const before = residentKilobytes(subject.pid);
  const postmaster = hasDatabase(subject) ? (await rig.threadline()).database.postmaster : undefined;
  const ofDatabase = () => (postmaster === undefined ? undefined : anonymousKilobytes(postmaster));
  const databaseBefore = ofDatabase();
  await openStreams(rig, lanes, job);
  await sleep(idleMs);
  if ((await rig.counters()).activeLanes !== lanes) throw new Error('streams ended while they were measured');
  const after = residentKilobytes(subject.pid);
  const databaseAfter = ofDatabase();
  await rig.load.ask('close');
  return {
    beforeKilobytes: before,
    afterKilobytes: after,
    perStreamKilobytes: (after - before) / lanes,
    databaseKilobytes:
      databaseAfter === undefined || databaseBefore === undefined
        ? undefined
        : databaseAfter - databaseBefore,
  };
}

/** Some work, so that what a server needs once is there. */
export async function warmUp(rig: Rig, subject: Subject): Promise<void> {
  const work = { requests: 500, lanes: 20, counts: true };
  await rig.load.ask('start', await rig.streamJob(subject, someWork, work));
  await rig.load.ask('finish');
  await rig.counters();
}

/** Resolves when so many streams are open. */
export async function openStreams(rig: Rig, lanes: number, job: () => Promise<Job>): Promise<void> {
  await rig.load.ask('start', await job());
  const deadline = Date.now() + OPEN_LIMIT_MS;
  while ((await rig.counters()).opened < lanes) {
    if (Date.now() > deadline) throw new Error(`not all of ${lanes} streams opened`);
    await sleep(100);
  }
}

/** Answers that get a token a second. */
export function slowAnswers(rig: Rig, subject: Subject, lanes: number): Promise<Job> {
  return rig.streamJob(subject, slow, { requests: lanes, lanes, rampMs: RAMP_MS, counts: false });
}

/** Watchers of threads in which nothing happens. */
export async function idleStreams(rig: Rig, { port }: Subject, lanes: number): Promise<Job> {
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
