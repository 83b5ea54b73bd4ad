import { Logger } from '@nestjs/common';
import pg from 'pg';
import { SCHEMA } from '../../migrations/index.js';
import { newId } from '../../src/kernel/index.js';
import { migrate } from '../../src/platform/database/index.js';
import type { TurnQueue } from '../../src/turn/ports/turn-queue.js';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { hearLog, openTurnQueueProcess, type TurnQueueProcess } from '../support/jobs-process.js';
import { hasRedisServer, startRedisServer, type RedisServer } from '../support/redis-server.js';
import { startPostgresServer, type PostgresServer } from '../support/postgres-server.js';
import { until } from '../support/until.js';

/** Generous for a machine that does much else; what is promised is about a second. */
const SOON_MS = 4_000;
const NO_DATABASE = 'postgres://nobody@127.0.0.1:1/none';

afterAll(() => Logger.overrideLogger(false));

const opened: TurnQueueProcess[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ app }) => app.close()));
});

async function open(connectionString: string, redisUrl?: string): Promise<TurnQueue> {
  const process = await openTurnQueueProcess({ connectionString, redisUrl });
  opened.push(process);
  return process.queue;
}

/** Ends the process whose queue it is. */
async function end(queue: TurnQueue): Promise<void> {
  await opened.find((process) => process.queue === queue)?.app.close();
}

async function consume(queue: TurnQueue): Promise<string[]> {
  const taken: string[] = [];
  await queue.consume((turnId) => Promise.resolve(void taken.push(turnId)));
  return taken;
}

/** Offers a turn until it could be put into the queue, and waits until it was brought. */
async function works(queue: TurnQueue, taken: readonly string[]): Promise<void> {
  const turnId = newId();
  await until(() => queue.offer(turnId));
  await until(() => taken.includes(turnId));
}

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const start = Date.now();
  await work();
  return Date.now() - start;
}

(hasRedisServer() ? describe : describe.skip)('the turn queue in a Redis that fails', () => {
  let redis: RedisServer;
  beforeEach(async () => {
    redis = await startRedisServer({ password: 'open-sesame' });
  });
  afterEach(() => redis.close());

  it('goes on when Redis was killed and is back, and says both once, without the password', async () => {
    const queue = await open(NO_DATABASE, redis.url);
    const log = hearLog();
    const taken = await consume(queue);
    await works(queue, taken);

    await redis.kill();
    const answers: boolean[] = [];
    for (let times = 0; times < 3; times += 1) {
      const turnId = newId();
      expect(await elapsed(async () => answers.push(await queue.offer(turnId)))).toBeLessThan(SOON_MS);
    }
    await redis.restart();
    await works(queue, taken);

    expect(answers).toEqual([false, false, false]);
    log.stop();
    expect(log.lines.filter((line) => line.includes('cannot be used'))).toHaveLength(1);
    expect(log.lines.filter((line) => line.includes('can be used again'))).toHaveLength(1);
    expect(log.lines.join('\n')).not.toContain('sesame');
  });

  it('goes on after everything in Redis was removed', async () => {
    const queue = await open(NO_DATABASE, redis.url);
    const taken = await consume(queue);
    await works(queue, taken);

    await redis.flush();

    await works(queue, taken);
  });

  it('goes on after everything was removed while turns were being taken', async () => {
    const queue = await open(NO_DATABASE, redis.url);
    const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>();
    const taken: string[] = [];
    await queue.consume(async (turnId) => {
      taken.push(turnId);
      if (taken.length <= 5) await mayGoOn;
    });
    for (let turn = 0; turn < 5; turn += 1) await queue.offer(newId());
    await until(() => taken.length === 5);

    await redis.flush();
    goOn();

    await works(queue, taken);
  });

  it('answers an offer soon while Redis hangs, closes soon, and works again when it goes on', async () => {
    const staying = await open(NO_DATABASE, redis.url);
    const leaving = await open(NO_DATABASE, redis.url);
    const taken = await consume(staying);
    await works(staying, taken);
    await consume(leaving);

    redis.freeze();
    let answer: boolean | undefined;
    const offering = await elapsed(async () => (answer = await staying.offer(newId())));
    const closing = await elapsed(() => end(leaving));
    redis.thaw();

    expect(answer).toBe(false);
    expect(offering).toBeLessThan(SOON_MS);
    expect(closing).toBeLessThan(SOON_MS);
    await works(staying, taken);
  });

  it('starts while Redis is down, and consumes when it is up', async () => {
    await redis.kill();
    const queue = await open(NO_DATABASE, redis.url);
    const taken = await consume(queue);
    expect(await queue.offer(newId())).toBe(false);

    await redis.restart();

    await works(queue, taken);
  });

  it('closes soon when Redis was never there', async () => {
    await redis.kill();
    const queue = await open(NO_DATABASE, redis.url);
    await consume(queue);
    expect(await elapsed(() => end(queue))).toBeLessThan(SOON_MS);
  });

  it('leaves no connection when its process ends, and has but one while it only offers', async () => {
    const connections = async () =>
      (await redis.command('CLIENT LIST'))
        .split('\n')
        .filter((line) => line.includes('name=threadline-queue') || line.includes('name=threadline:')).length;
    const queue = await open(NO_DATABASE, redis.url);
    await queue.offer(newId());
    expect(await connections()).toBe(1);
    const taken = await consume(queue);
    await works(queue, taken);
    expect(await connections()).toBe(3);

    await end(queue);

    await until(async () => (await connections()) === 0);
  });

  it('keeps everything under its own prefix', async () => {
    const queue = await open(NO_DATABASE, redis.url);
    await queue.offer(newId());
    const keys = (await redis.command('KEYS *')).split('\r\n').filter((line) => /^[a-z]/.test(line));
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.filter((key) => !key.startsWith('threadline:turns:'))).toEqual([]);
  });
});

describe('the turn queue in a Postgres that restarts', () => {
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await startPostgresServer();
    await migrate(postgres.connectionString, SCHEMA);
  }, 120_000);
  afterAll(() => postgres.close());

  it.each(['fast', 'immediate'] as const)('goes on when it is back after a stop that was %s', async (how) => {
    const queue = await open(postgres.connectionString);
    const taken = await consume(queue);
    await works(queue, taken);

    await postgres.stop(how);
    let answer: boolean | undefined;
    const offering = await elapsed(async () => (answer = await queue.offer(newId())));
    await postgres.start();

    expect(answer).toBe(false);
    expect(offering).toBeLessThan(SOON_MS);
    await works(queue, taken);
  });

  it('answers an offer soon while it hangs, closes soon, and works again when it goes on', async () => {
    const staying = await open(postgres.connectionString);
    const leaving = await open(postgres.connectionString);
    const taken = await consume(staying);
    await works(staying, taken);
    await consume(leaving);

    postgres.freeze();
    let answer: boolean | undefined;
    const offering = await elapsed(async () => (answer = await staying.offer(newId())));
    const closing = await elapsed(() => end(leaving));
    postgres.thaw();

    expect(answer).toBe(false);
    expect(offering).toBeLessThan(SOON_MS);
    expect(closing).toBeLessThan(SOON_MS);
    await works(staying, taken);
  });
});

describe('the turn queue in a Postgres that fails', () => {
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

  async function connections(): Promise<number> {
    const { rows } = await admin.query<{ count: string }>(
      `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    return Number(rows[0]?.count);
  }

  it('goes on after all its connections were cut, again and again', async () => {
    const queue = await open(database.connectionString);
    const taken = await consume(queue);
    await works(queue, taken);

    for (let times = 0; times < 5; times += 1) {
      await admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
      await works(queue, taken);
    }
    // A job that was being taken over a connection that was cut comes back when its lock is found to be old.
  }, 240_000);

  it('brings a turn to others whose process died while it took it', async () => {
    const dying = await open(database.connectionString);
    let isTaken = false;
    await dying.consume(() => {
      isTaken = true;
      return new Promise(() => undefined);
    });
    const turnId = newId();
    await dying.offer(turnId);
    await until(() => isTaken);
    await end(dying);
    const queue = await open(database.connectionString);
    const taken = await consume(queue);

    // What the dead one left behind does not swallow the offer.
    expect(await queue.offer(turnId)).toBe(true);

    await until(() => taken.includes(turnId));
  });

  it.each(['completed', 'failed'] as const)('brings a turn whose old job lies around %s', async (state) => {
    const queue = await open(database.connectionString);
    const turnId = newId();
    await queue.offer(turnId);
    await admin.query(`UPDATE bullmq.job SET state = $2 WHERE id = $1`, [turnId, state]);

    expect(await queue.offer(turnId)).toBe(true);

    const taken = await consume(queue);
    await until(() => taken.includes(turnId));
  });

  it('leaves nothing of a turn that was taken, and no reason of one that was not', async () => {
    const queue = await open(database.connectionString);
    let attempts = 0;
    await queue.consume(() => {
      attempts += 1;
      return attempts === 1 ? Promise.reject(new Error('a secret of the user')) : Promise.resolve();
    });
    await queue.offer(newId());
    await until(() => attempts === 1);
    const { rows: waiting } = await admin.query<{ job: string }>(
      'SELECT to_json(job)::text AS job FROM bullmq.job',
    );
    await until(() => attempts === 2);

    await until(async () => (await admin.query('SELECT 1 FROM bullmq.job')).rowCount === 0);
    expect(JSON.stringify(waiting)).not.toContain('secret');
  });

  it('leaves no connection when its process ends, and none listens while it only offers', async () => {
    // Those that made the database have told it that they go, which takes it a while.
    await until(async () => (await connections()) === 0);
    const queue = await open(database.connectionString);
    await queue.offer(newId());
    expect(await connections()).toBeLessThanOrEqual(2);
    const { rows } = await admin.query(
      `SELECT 1 FROM pg_stat_activity
        WHERE query ILIKE '%LISTEN bullmq_jobs%' AND datname = current_database() AND pid <> pg_backend_pid()`,
    );
    expect(rows).toEqual([]);
    const taken = await consume(queue);
    await Promise.all(Array.from({ length: 50 }, () => queue.offer(newId())));
    await until(() => taken.length >= 50);
    expect(await connections()).toBeLessThanOrEqual(4);

    await end(queue);

    await until(async () => (await connections()) === 0);
  });

  it('keeps few of the events that nobody reads', async () => {
    const queue = await open(database.connectionString);
    const taken = await consume(queue);
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(Array.from({ length: 30 }, () => queue.offer(newId())));
    }
    await until(() => taken.length >= 300);
    const { rows } = await admin.query<{ count: string }>('SELECT count(*) FROM bullmq.event');
    expect(Number(rows[0]?.count)).toBeLessThan(100 + 2 * 256);
  });
});
