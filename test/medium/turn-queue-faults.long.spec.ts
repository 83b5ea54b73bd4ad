import pg from 'pg';
import { SCHEMA } from '../../migrations/index.js';
import { newId } from '../../src/kernel/index.js';
import { migrate } from '../../src/platform/database/index.js';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { startPostgresServer, type PostgresServer } from '../support/postgres-server.js';
import { consume, queueProcesses, works } from '../support/queue-processes.js';
import { until } from '../support/until.js';

const { open, end } = queueProcesses();

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
    const answer = await queue.offer(newId());
    await postgres.start();

    expect(answer).toBe(false);
    await works(queue, taken);
  });

  it('answers an offer soon while it hangs, closes soon, and works again when it goes on', async () => {
    const staying = await open(postgres.connectionString);
    const leaving = await open(postgres.connectionString);
    const taken = await consume(staying);
    await works(staying, taken);
    await consume(leaving);

    postgres.freeze();
    // Both are over while it hangs.
    const answer = await staying.offer(newId());
    await end(leaving);
    postgres.thaw();

    expect(answer).toBe(false);
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
          WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND backend_type = 'client backend'`,
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
