import { Logger, type INestApplicationContext } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { newId } from '../../src/kernel/index.js';
import { JobDeferred, JobQueue, type JobHandler, type JobKind } from '../../src/platform/jobs/index.js';
import { Metrics } from '../../src/platform/telemetry/index.js';
import { hearLog, openJobsProcess, type QueuePlace } from '../support/jobs-process.js';
import { until } from '../support/until.js';

/** Where a suite's queues are kept. */
export interface JobsUnderTest {
  readonly place: QueuePlace;
  end(): Promise<void>;
}

interface Numbered {
  readonly number: number;
}

interface Process {
  readonly app: INestApplicationContext;
  readonly jobs: JobQueue;
}

/** Long enough for what must not come to come. */
const A_WHILE_MS = 300;
/** Generous for a machine that does much else; what is promised is about a second. */
const SOON_MS = 4_000;

/** A kind of its own for each test, so that none hears of another. */
function kindOf(changes: Partial<JobKind<Numbered>> = {}): JobKind<Numbered> {
  return {
    name: `numbers-${newId()}`,
    payload: z.object({ number: z.number() }),
    concurrency: 4,
    retry: { attempts: 3, delayMs: 50 },
    ...changes,
  };
}

/** Holds a backend to every promise of {@link JobQueue}. */
export function describeJobQueue(name: string, setUp: () => Promise<JobsUnderTest>): void {
  describe(`jobs in ${name}`, () => {
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

    it('are brought to one of several processes each, also those that came before anybody worked', async () => {
      const kind = kindOf();
      const adder = await serves(kind);
      const numbers = Array.from({ length: 60 }, (_, number) => number);
      for (const number of numbers) expect(await adder.jobs.add(kind, { number })).toBe(true);
      await adder.app.close();

      const processes = [await notes(kind), await notes(kind), await notes(kind)];

      const all = () => processes.flatMap(({ taken }) => taken);
      await until(() => all().length >= numbers.length);
      await pause(A_WHILE_MS);
      expect(all().sort((one, other) => one - other)).toEqual(numbers);
    });

    it('carry what the schema of their kind makes of the payload', async () => {
      const later = kindOf({ payload: z.looseObject({ number: z.number() }) });
      const kind = kindOf({ name: later.name });
      const payloads: Numbered[] = [];
      await works([kind, (payload) => Promise.resolve(void payloads.push(payload))]);
      const more = { number: 1, added: 'by a later release' };

      await (await serves(later)).jobs.add(later, more);

      await until(() => payloads.length > 0);
      expect(payloads).toEqual([{ number: 1 }]);
    });

    it('are given up when the schema does not take their payload, in words that do not repeat it', async () => {
      const wrong = kindOf({ payload: z.any() });
      const kind = kindOf({ name: wrong.name });
      const adder = await serves(wrong);
      const { jobs, taken } = await notes(kind);
      const log = hearLog();

      await adder.jobs.add(wrong, { number: 'a secret' } as unknown as Numbered);
      await until(() => log.lines.some((line) => line.includes('it is given up')));
      await jobs.add(kind, { number: 2 });

      await until(() => taken.length > 0);
      await pause(A_WHILE_MS);
      log.stop();
      expect(taken).toEqual([2]);
      expect(log.lines.filter((line) => line.includes('it is given up'))).toHaveLength(1);
      expect(log.lines.join('\n')).not.toContain('a secret');
    });

    it('carry no more than a job may', async () => {
      const kind = kindOf({ payload: z.any() });
      const { jobs } = await serves(kind);
      const large = { number: 1, text: 'é'.repeat(9_000) };
      await expect(jobs.add(kind, large)).rejects.toThrow('carries more than 16384 bytes');
    });

    it('wait for their time', async () => {
      const kind = kindOf();
      const { jobs, taken } = await notes(kind);
      await jobs.add(kind, { number: 3 }, { delayMs: 60_000 });
      await jobs.add(kind, { number: 2 }, { delayMs: 500 });
      await jobs.add(kind, { number: 1 });

      await until(() => taken.length >= 2);
      await pause(A_WHILE_MS);
      expect(taken).toEqual([1, 2]);
    });

    it('go in the order of their priorities, and first where they have none', async () => {
      const kind = kindOf({ concurrency: 1 });
      const { jobs } = await serves(kind);
      for (const priority of [5, 1, undefined, 3]) {
        await jobs.add(kind, { number: priority ?? 0 }, priority === undefined ? {} : { priority });
      }
      const { taken } = await notes(kind);
      await until(() => taken.length >= 4);
      expect(taken).toEqual([0, 1, 3, 5]);
    });

    it('are worked no more than so many at a time', async () => {
      const kind = kindOf({ concurrency: 2 });
      let atWork = 0;
      let most = 0;
      let ended = 0;
      const { jobs } = await works([
        kind,
        async () => {
          most = Math.max(most, (atWork += 1));
          await pause(50);
          atWork -= 1;
          ended += 1;
        },
      ]);
      for (let number = 0; number < 8; number += 1) await jobs.add(kind, { number });
      await until(() => ended === 8);
      expect(most).toBe(2);
    });

    describe('that have an id', () => {
      it('are added once while one waits or is being worked', async () => {
        const kind = kindOf();
        const adders = [await serves(kind), await serves(kind)];
        for (const { jobs } of [...adders, ...adders])
          expect(await jobs.add(kind, { number: 1 }, { id: 'same' })).toBe(true);
        const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>();
        const taken: number[] = [];
        const { jobs } = await works([
          kind,
          ({ number }) => {
            taken.push(number);
            return mayGoOn;
          },
        ]);
        await until(() => taken.length > 0);

        expect(await jobs.add(kind, { number: 2 }, { id: 'same' })).toBe(true);
        await pause(A_WHILE_MS);
        goOn();

        await pause(A_WHILE_MS);
        expect(taken).toEqual([1]);
      });

      it('are added again while one is being worked, if only those that wait count', async () => {
        const kind = kindOf();
        const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>();
        const taken: number[] = [];
        const { jobs } = await works([
          kind,
          ({ number }) => {
            taken.push(number);
            return mayGoOn;
          },
        ]);
        const add = (number: number) => jobs.add(kind, { number }, { id: 'same', uniqueAmong: 'waiting' });
        await add(1);
        await until(() => taken.length > 0);
        await add(2);
        await until(() => taken.length > 1);
        goOn();
        expect(taken).toEqual([1, 2]);
      });

      it('are added again after the end of one, and not for as long as one is kept', async () => {
        const forgotten = kindOf();
        const kept = kindOf({ keptForMs: 60_000 });
        const taken: string[] = [];
        const { jobs } = await works(
          [forgotten, ({ number }) => Promise.resolve(void taken.push(`forgotten ${number}`))],
          [kept, ({ number }) => Promise.resolve(void taken.push(`kept ${number}`))],
        );
        for (const kind of [kept, forgotten]) {
          for (const number of [1, 2]) {
            await jobs.add(kind, { number }, { id: 'same' });
            await pause(A_WHILE_MS);
          }
        }
        await until(() => taken.length >= 3);
        expect(taken).toEqual(['kept 1', 'forgotten 1', 'forgotten 2']);
      });
    });

    describe('that fail', () => {
      it('are tried again, and given up after so many times, in words that do not repeat what they carry', async () => {
        const kind = kindOf();
        const attempts: string[] = [];
        const { jobs } = await works([
          kind,
          ({ number }, { attempt }) => {
            attempts.push(`${number} ${attempt}`);
            return number === 1 && attempt === 2 ? Promise.resolve() : Promise.reject(new Error('not now'));
          },
        ]);
        const log = hearLog();
        await jobs.add(kind, { number: 1 });
        await until(() => attempts.length === 2);
        await jobs.add(kind, { number: 987_654_321 });
        await until(() => log.lines.some((line) => line.includes('for the last time')));
        await pause(A_WHILE_MS);
        log.stop();
        const last = [1, 2, 3].map((attempt) => `987654321 ${attempt}`);
        expect(attempts).toEqual(['1 1', '1 2', ...last]);
        expect(log.lines.join('\n')).not.toContain('987654321');
      });

      it('are tried again without a word where they were only not taken', async () => {
        const kind = kindOf();
        let attempts = 0;
        const { jobs } = await works([
          kind,
          () => {
            attempts += 1;
            return attempts < 3 ? Promise.reject(new JobDeferred()) : Promise.resolve();
          },
        ]);
        const log = hearLog();
        await jobs.add(kind, { number: 1 });
        await until(() => attempts === 3);
        await pause(A_WHILE_MS);
        log.stop();
        expect(attempts).toBe(3);
        expect(log.lines).toEqual([]);
      });
    });

    it('of a kind that is paused wait, and those of others do not', async () => {
      const [paused, other] = [kindOf(), kindOf()];
      const taken: string[] = [];
      const { jobs } = await works(
        [paused, ({ number }) => Promise.resolve(void taken.push(`paused ${number}`))],
        [other, ({ number }) => Promise.resolve(void taken.push(`other ${number}`))],
      );
      jobs.pause(paused);
      for (const kind of [paused, other]) await jobs.add(kind, { number: 1 });
      await until(() => taken.length > 0);
      await pause(A_WHILE_MS);
      expect(taken).toEqual(['other 1']);

      jobs.resume(paused);

      await until(() => taken.length > 1);
      expect(taken).toEqual(['other 1', 'paused 1']);
    });

    it('of a kind that has stopped are left to other processes, and those of other kinds are not', async () => {
      const [stopped, other] = [kindOf(), kindOf()];
      const taken: string[] = [];
      const here = await works(
        [stopped, ({ number }) => Promise.resolve(void taken.push(`stopped ${number}`))],
        [other, ({ number }) => Promise.resolve(void taken.push(`other ${number}`))],
      );
      const adder = await serves(stopped);
      await here.jobs.add(stopped, { number: 1 });
      await until(() => taken.length > 0);

      await Promise.all([here.jobs.stop(stopped), here.jobs.stop(stopped)]);

      expect(await here.jobs.add(stopped, { number: 2 })).toBe(false);
      expect(await adder.jobs.add(stopped, { number: 3 })).toBe(true);
      for (const number of [4, 5]) expect(await here.jobs.add(other, { number })).toBe(true);
      await until(() => taken.length >= 3);
      await pause(A_WHILE_MS);
      expect(taken).toEqual(['stopped 1', 'other 4', 'other 5']);
      const there = await notes(stopped);
      await until(() => there.taken.length > 0);
      expect(there.taken).toEqual([3]);
    });

    it('hear that their process stops, and what breaks off is brought to another, which is no attempt', async () => {
      const kind = kindOf({ retry: { attempts: 1, delayMs: 0 } });
      let isTaken = false;
      const { app, jobs } = await works([
        kind,
        (_, { signal }) => {
          isTaken = true;
          return pause(60_000, undefined, { signal });
        },
      ]);
      await jobs.add(kind, { number: 1 });
      await until(() => isTaken);

      const log = hearLog();
      await app.close();
      log.stop();

      const attempts: number[] = [];
      await works([kind, (_, { attempt }) => Promise.resolve(void attempts.push(attempt))]);
      await until(() => attempts.length > 0);
      expect(attempts).toEqual([1]);
      expect(log.lines).toEqual([]);
    });

    it('hold up no end of their process, and are brought to another', async () => {
      const kind = kindOf({ lockMs: 1_000 });
      let isTaken = false;
      const { app, jobs } = await works([
        kind,
        () => {
          isTaken = true;
          return new Promise(() => undefined);
        },
      ]);
      await jobs.add(kind, { number: 1 });
      await until(() => isTaken);

      const began = Date.now();
      await app.close();
      expect(Date.now() - began).toBeLessThan(SOON_MS);

      const { taken } = await notes(kind);
      await until(() => taken.length > 0);
      expect(taken).toEqual([1]);
    });

    it('that come by themselves come once a period, however many processes work them', async () => {
      const everyMs = 1_000;
      const kind: JobKind = {
        name: `periodic-${newId()}`,
        payload: z.object({}),
        concurrency: 1,
        retry: { attempts: 1, delayMs: 0 },
        everyMs,
      };
      const periods: number[] = [];
      const handler = () => Promise.resolve(void periods.push(Math.floor(Date.now() / everyMs)));
      for (let process = 0; process < 3; process += 1) {
        opened.push(
          await openJobsProcess(subject.place, {
            kinds: [kind],
            onInit: (jobs) => jobs.handle(kind, handler),
          }),
        );
      }
      await until(() => periods.length >= 4);
      // One may be taken when the next has begun.
      const spanned = periods.at(-1)! - periods[0]! + 1;
      expect(periods.length).toBeLessThanOrEqual(spanned + 1);
    });

    it('are measured by kind and outcome, and those that wait are counted', async () => {
      const kind = kindOf({ retry: { attempts: 2, delayMs: 10 } });
      const { app, jobs } = await works([
        kind,
        ({ number }) => (number === 1 ? Promise.resolve() : Promise.reject(new Error('not now'))),
      ]);
      await jobs.add(kind, { number: 3 }, { delayMs: 60_000 });
      for (const number of [1, 1, 2]) await jobs.add(kind, { number });

      const lines = async () => (await app.get(Metrics).text()).split('\n');
      const line = (name: string, labels: string, value: number) =>
        `threadline_jobs_${name}{job="${kind.name}"${labels}} ${value}`;
      await until(async () => (await lines()).includes(line('total', ',outcome="failed"', 1)));
      expect(await lines()).toEqual(
        expect.arrayContaining([
          line('total', ',outcome="completed"', 2),
          line('total', ',outcome="retried"', 1),
          line('duration_seconds_count', '', 4),
          line('active', '', 0),
          line('waiting', '', 1),
        ]),
      );
    });

    it('that nobody works fail the start of a process that works jobs, in words', async () => {
      const kind = kindOf();
      await expect(openJobsProcess(subject.place, { kinds: [kind] })).rejects.toThrow(
        `Nothing in this process works jobs of the kind "${kind.name}"`,
      );
      expect(await (await serves(kind)).jobs.add(kind, { number: 1 })).toBe(true);
    });

    it('have one handler a kind, and one kind a name, which was declared', async () => {
      const kind = kindOf();
      const { jobs } = await notes(kind);
      expect(() => jobs.handle(kind, () => Promise.resolve())).toThrow('has two handlers');
      expect(() => jobs.declare(kind)).toThrow('Two job kinds have the name');
      expect(() => jobs.add(kindOf(), { number: 1 })).toThrow('is not declared');
    });
  });
}
