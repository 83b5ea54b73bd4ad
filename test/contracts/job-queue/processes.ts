import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { newId } from '../../../src/kernel/index.js';
import type { JobKind } from '../../../src/platform/jobs/index.js';
import { Metrics } from '../../../src/platform/telemetry/index.js';
import { hearLog, openJobsProcess } from '../../support/jobs-process.js';
import { until } from '../../support/until.js';
import { A_WHILE_MS, kindOf, type JobQueueSuite } from './suite.js';

/** What becomes of jobs when processes pause, stop and end, and by what they are known from outside. */
export function describeJobsOfProcesses(on: JobQueueSuite): void {
  const { works, serves, notes } = on;

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

    // The job is never over.
    await app.close();

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
      on.opened.push(
        await openJobsProcess(on.subject.place, {
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
    await expect(openJobsProcess(on.subject.place, { kinds: [kind] })).rejects.toThrow(
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
}
