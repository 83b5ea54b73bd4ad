import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { JobDeferred } from '../../src/platform/jobs/index.js';
import { hearLog } from '../support/jobs-process.js';
import { until } from '../support/until.js';
import { describeJobsOfProcesses } from './job-queue/processes.js';
import { A_WHILE_MS, jobQueueSuite, kindOf, type JobsUnderTest, type Numbered } from './job-queue/suite.js';

/** Holds a backend to every promise of `JobQueue`. */
export function describeJobQueue(name: string, setUp: () => Promise<JobsUnderTest>): void {
  describe(`jobs in ${name}`, () => {
    const on = jobQueueSuite(setUp);
    const { works, serves, notes } = on;

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

    describeJobsOfProcesses(on);
  });
}
