import type { INestApplicationContext } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';
import { JobQueue, type JobKind } from '../../src/platform/jobs/index.js';
import { describeJobQueue } from '../contracts/job-queue.contract.js';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { openJobsProcess, type QueuePlace } from '../support/jobs-process.js';
import { hasRedisServer, startRedisServer } from '../support/redis-server.js';
import { until } from '../support/until.js';

const NO_DATABASE = 'postgres://nobody@127.0.0.1:1/none';

describeJobQueue('Postgres', async () => {
  const database = await freshDatabase();
  return { place: { connectionString: database.connectionString }, end: () => database.drop() };
});

const [red, green] = ['red', 'green'].map((name): JobKind => ({
  name,
  payload: z.object({}),
  concurrency: 2,
  retry: { attempts: 1, delayMs: 0 },
})) as [JobKind, JobKind];

const opened: INestApplicationContext[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((app) => app.close()));
});

/** A process that works two kinds of jobs, and how many of each it was brought. */
async function twoKinds(place: QueuePlace) {
  const taken = { red: 0, green: 0 };
  const app = await openJobsProcess(place, {
    kinds: [red, green],
    onInit: (jobs) => {
      jobs.handle(red, () => Promise.resolve(void (taken.red += 1)));
      jobs.handle(green, () => Promise.resolve(void (taken.green += 1)));
    },
  });
  opened.push(app);
  const jobs = app.get(JobQueue);
  const works = async (kind: JobKind, name: 'red' | 'green') => {
    const before = taken[name];
    await until(() => jobs.add(kind, {}));
    await until(() => taken[name] > before);
  };
  return { app, jobs, works: () => Promise.all([works(red, 'red'), works(green, 'green')]), taken };
}

describe('the connections of jobs in Postgres', () => {
  let database: FreshDatabase;
  let admin: pg.Client;
  beforeEach(async () => {
    database = await freshDatabase();
    admin = new pg.Client({ connectionString: database.connectionString });
    await admin.connect();
  });
  afterEach(async () => {
    await admin.end();
    await database.drop();
  });
  const others =
    "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
  const count = async (which = '') => (await admin.query(`SELECT 1 ${others} ${which}`)).rowCount ?? 0;

  it('are few for all kinds together, work for one when the other has stopped, and end with the process', async () => {
    const { app, jobs, works, taken } = await twoKinds(database);
    await works();
    // Each has waited for a job by then.
    await pause(500);
    expect(await count(`AND query ILIKE '%LISTEN bullmq_jobs%'`)).toBe(1);
    expect(await count()).toBeLessThanOrEqual(4);

    await jobs.stop(red);
    await jobs.add(green, {});
    await until(() => taken.green === 2);

    await app.close();
    await until(async () => (await count()) === 0);
  });

  it('are made anew for every kind when they were cut', async () => {
    const { works } = await twoKinds(database);
    await works();
    for (let times = 0; times < 3; times += 1) {
      await admin.query(`SELECT pg_terminate_backend(pid) ${others}`);
      await works();
    }
  }, 120_000);
});

if (hasRedisServer()) {
  describeJobQueue('Redis', async () => {
    const redis = await startRedisServer({ password: 'open-sesame' });
    const place = { connectionString: NO_DATABASE, redisUrl: redis.url };
    return { place, end: () => redis.close() };
  });

  it('a process has in Redis one connection to add, one to work, and one a kind that waits', async () => {
    const redis = await startRedisServer({ password: 'open-sesame' });
    const count = async () =>
      (await redis.command('CLIENT LIST')).split('\n').filter((line) => line.includes('name=threadline'))
        .length;
    const { app, jobs, works, taken } = await twoKinds({
      connectionString: NO_DATABASE,
      redisUrl: redis.url,
    });
    await works();
    expect(await count()).toBe(4);

    await jobs.stop(red);
    await jobs.add(green, {});
    await until(() => taken.green === 2);
    expect(await count()).toBe(3);

    await app.close();
    await until(async () => (await count()) === 0);
    await redis.close();
  });
}
