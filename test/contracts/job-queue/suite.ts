import { Logger, type INestApplicationContext } from '@nestjs/common';
import { z } from 'zod';
import { newId } from '../../../src/kernel/index.js';
import { JobQueue, type JobHandler, type JobKind } from '../../../src/platform/jobs/index.js';
import { openJobsProcess, type QueuePlace } from '../../support/jobs-process.js';

/** Where a suite's queues are kept. */
export interface JobsUnderTest {
  readonly place: QueuePlace;
  end(): Promise<void>;
}

/** What the jobs carry. */
export interface Numbered {
  readonly number: number;
}

interface Process {
  readonly app: INestApplicationContext;
  readonly jobs: JobQueue;
}

/** Long enough for what must not come to come. */
export const A_WHILE_MS = 300;

/** A kind of its own for each test, so that none hears of another. */
export function kindOf(changes: Partial<JobKind<Numbered>> = {}): JobKind<Numbered> {
  return {
    name: `numbers-${newId()}`,
    payload: z.object({ number: z.number() }),
    concurrency: 4,
    retry: { attempts: 3, delayMs: 50 },
    ...changes,
  };
}

/** A queue under test, and processes over it that end with their test. */
export type JobQueueSuite = ReturnType<typeof jobQueueSuite>;

/** What all suites of a queue have in common. */
export function jobQueueSuite(setUp: () => Promise<JobsUnderTest>) {
  let subject: JobsUnderTest;
  const opened: INestApplicationContext[] = [];

  beforeAll(async () => {
    subject = await setUp();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((app) => app.close()));
  });
  afterAll(async () => {
    Logger.overrideLogger(false);
    await subject.end();
  });

  /** A process that works the kinds, each by its handler. */
  async function works(...kinds: readonly [JobKind<Numbered>, JobHandler<Numbered>][]): Promise<Process> {
    const app = await openJobsProcess(subject.place, {
      kinds: kinds.map(([kind]) => kind),
      onInit: (jobs) => kinds.forEach(([kind, handler]) => jobs.handle(kind, handler)),
    });
    opened.push(app);
    return { app, jobs: app.get(JobQueue) };
  }

  /** A process that adds jobs of the kind, and works none. */
  async function serves(kind: JobKind<Numbered>): Promise<Process> {
    const app = await openJobsProcess(subject.place, { role: 'api', kinds: [kind] });
    opened.push(app);
    return { app, jobs: app.get(JobQueue) };
  }

  /** A process that notes what it is brought. */
  async function notes(kind: JobKind<Numbered>): Promise<Process & { readonly taken: number[] }> {
    const taken: number[] = [];
    const process = await works([kind, ({ number }) => Promise.resolve(void taken.push(number))]);
    return { ...process, taken };
  }

  return {
    get subject() {
      return subject;
    },
    opened,
    works,
    serves,
    notes,
  };
}
