import { Logger } from '@nestjs/common';
import pg from 'pg';
import { newId } from '../../src/kernel/index.js';
import { Database, type Sql } from '../../src/platform/database/index.js';
import { PostgresInFlightAttempts } from '../../src/usage/adapters/postgres-in-flight-attempts.js';
import { PostgresUsageLedger } from '../../src/usage/adapters/postgres-usage-ledger.js';
import { BEGIN } from '../../src/usage/adapters/usage-statements.js';
import { testDatabase } from '../setup/test-database.js';
import { attemptOf, begunOf, turnCause } from '../support/attempts.js';
import { until } from '../support/until.js';

let pool: pg.Pool;

beforeAll(async () => {
  pool = new pg.Pool(await testDatabase());
});

afterAll(() => pool.end());

/** A database that can be away, hang, and count what it is asked. */
class Unsteady extends Database {
  away = false;
  hanging: Promise<void> | undefined;
  /** How many attempts each statement has recorded. */
  readonly sizes: number[] = [];
  /** How many each statement has begun. */
  readonly begun: number[] = [];

  override async query<Row>(statement: Sql, values: readonly unknown[] = []): Promise<Row[]> {
    (statement === BEGIN ? this.begun : this.sizes).push((values[0] as readonly unknown[]).length);
    await this.hanging;
    if (this.away) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    return super.query<Row>(statement, values);
  }
}

const stored = async (org: string): Promise<number> => {
  const { rows } = await pool.query<{ count: number }>(
    'SELECT count(*)::integer AS count FROM llm_attempts WHERE org_id = $1',
    [org],
  );
  return rows[0]!.count;
};

const inFlight = async (org: string): Promise<number> => {
  const { rows } = await pool.query<{ count: number }>(
    'SELECT count(*)::integer AS count FROM llm_attempts_under_way WHERE org_id = $1',
    [org],
  );
  return rows[0]!.count;
};

const inNextTurn = async <Value>(work: () => Value): Promise<Value> => {
  await new Promise(setImmediate);
  return work();
};

describe('the ledger in Postgres', () => {
  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(['log', 'error', 'warn']));

  it('keeps every field as it was told', async () => {
    const org = newId();
    const ids = { threadId: newId(), turnId: newId() };
    const { cause: _cause, ...attempt } = attemptOf(org, 'ada', {
      cause: turnCause(ids),
      cost: 0.000000001,
      retries: 2,
      errorCode: 'PROVIDER_TIMEOUT',
    });
    await new PostgresUsageLedger(new Database(pool)).record({ ...attempt, cause: turnCause(ids) });
    const { rows } = await pool.query(
      `SELECT id, org_id AS org, user_id AS "user", thread_id AS "threadId", turn_id AS "turnId", job_id AS "jobId",
         operation, provider, model, input_tokens::integer AS "inputTokens", output_tokens::integer AS "outputTokens",
         cached_tokens::integer AS "cachedTokens", reasoning_tokens::integer AS "reasoningTokens", estimated,
         cost::float8 AS cost, first_token_ms AS "firstTokenMs", duration_ms AS "durationMs", retries, outcome,
         error_code AS "errorCode", started_at AS at
       FROM llm_attempts WHERE org_id = $1`,
      [org],
    );
    expect(rows).toEqual([{ ...attempt, ...ids, jobId: null, at: new Date(attempt.at) }]);
  });

  it('inserts together what comes at once, and all that comes meanwhile', async () => {
    const org = newId();
    const database = new Unsteady(pool);
    const ledger = new PostgresUsageLedger(database);
    const insert = Promise.withResolvers<void>();
    database.hanging = insert.promise;
    const several = (length: number) => Array.from({ length }, () => ledger.record(attemptOf(org, 'ada')));
    const first = several(40);
    await until(() => database.sizes.length === 1);
    const second = [...several(2), ...(await inNextTurn(() => several(3)))];
    insert.resolve();
    await Promise.all([...first, ...second]);
    expect(database.sizes).toEqual([40, 5]);
    expect(await stored(org)).toBe(45);
  });

  it('has stored an attempt when it says so, and those that come at once together', async () => {
    const org = newId();
    const database = new Unsteady(pool);
    const ledger = new PostgresUsageLedger(database);
    const attempts = Array.from({ length: 40 }, () => attemptOf(org, 'ada'));
    await Promise.all(attempts.map((attempt) => ledger.begin(begunOf(attempt))));
    expect(await inFlight(org)).toBe(40);
    expect(database.begun).toEqual([40]);
    await Promise.all(attempts.map((attempt) => ledger.record(attempt)));
    expect([await stored(org), await inFlight(org)]).toEqual([40, 0]);
  });

  it('lets an attempt go on without a row while the database is away, and stores those that begin after that', async () => {
    const org = newId();
    const database = new Unsteady(pool);
    database.away = true;
    const ledger = new PostgresUsageLedger(database);
    const attempt = attemptOf(org, 'ada');
    await ledger.begin(begunOf(attempt));
    database.away = false;
    await ledger.begin(begunOf(attemptOf(org, 'ada')));
    await ledger.record(attempt);
    expect([await stored(org), await inFlight(org)]).toEqual([1, 1]);
  });

  it('lets an attempt go on without a row while the database hangs, and one that has ended leaves nothing', async () => {
    const org = newId();
    const database = new Unsteady(pool);
    let goOn = () => undefined as void;
    database.hanging = new Promise((resolve) => (goOn = resolve));
    const ledger = new PostgresUsageLedger(database);
    const cause = turnCause();
    const [first, second] = [attemptOf(org, 'ada'), attemptOf(org, 'ada', { cause })];
    await Promise.all([ledger.begin(begunOf(first)), ledger.begin(begunOf(second))]);
    const recorded = ledger.record(second);
    goOn();
    await recorded;
    await until(async () => (await inFlight(org)) === 1);
    expect(await new PostgresInFlightAttempts(new Database(pool)).ofTurn(cause.turnId)).toEqual([]);
  });

  it('loses a beginning that Postgres cannot take, and nothing beside it', async () => {
    const org = newId();
    const ledger = new PostgresUsageLedger(new Database(pool));
    const attempts = [
      attemptOf(org, 'ada'),
      attemptOf(org, 'ada', { cause: turnCause({ turnId: 'no uuid' }) }),
      attemptOf(org, 'ada'),
    ];
    await Promise.all(attempts.map((attempt) => ledger.begin(begunOf(attempt))));
    await ledger.record(attemptOf(org, 'ada'));
    expect([await stored(org), await inFlight(org)]).toEqual([1, 2]);
  });

  it('has one row for each of many attempts whose process and whose heir write at the same time', async () => {
    const org = newId();
    const database = new Database(pool);
    const ledger = new PostgresUsageLedger(database);
    const heir = new PostgresInFlightAttempts(database);
    const attempts = Array.from({ length: 100 }, () => attemptOf(org, 'ada', { inputTokens: 5 }));
    await Promise.all(attempts.map((attempt) => ledger.begin(begunOf(attempt))));
    await Promise.all(
      attempts.flatMap((attempt) => [
        heir.close([{ ...attempt, inputTokens: 9, outcome: 'failed' }]),
        ledger.record(attempt),
      ]),
    );
    expect([await stored(org), await inFlight(org)]).toEqual([100, 0]);
    const { rows } = await pool.query(
      'SELECT DISTINCT input_tokens::int AS i FROM llm_attempts WHERE org_id = $1',
      [org],
    );
    expect(rows).toEqual([{ i: 5 }]);
  });

  it('holds nobody up while the database is away, and stores everything when it is back', async () => {
    const org = newId();
    const database = new Unsteady(pool);
    const ledger = new PostgresUsageLedger(database);
    database.away = true;
    await Promise.all([ledger.record(attemptOf(org, 'ada')), ledger.record(attemptOf(org, 'ada'))]);
    expect(await stored(org)).toBe(0);
    database.away = false;
    await until(async () => (await stored(org)) === 2);
  });

  it('holds nobody up while the database hangs', async () => {
    const org = newId();
    const database = new Unsteady(pool);
    let goOn = () => undefined as void;
    database.hanging = new Promise((resolve) => (goOn = resolve));
    const ledger = new PostgresUsageLedger(database);
    await ledger.record(attemptOf(org, 'ada'));
    expect(await stored(org)).toBe(0);
    goOn();
    await until(async () => (await stored(org)) === 1);
  });

  it('keeps ten thousand while the database is away, and no more', async () => {
    const org = newId();
    const database = new Unsteady(pool);
    database.away = true;
    const ledger = new PostgresUsageLedger(database);
    const attempt = attemptOf(org, 'ada');
    const recorded = Promise.all(
      Array.from({ length: 10_050 }, () => ledger.record({ ...attempt, id: newId() })),
    );
    await recorded;
    database.away = false;
    // Not left to the end of the process, which waits for a moment only.
    await until(async () => (await stored(org)) >= 10_000);
    await ledger.beforeApplicationShutdown();
    expect(await stored(org)).toBe(10_000);
  });

  it('loses a row that Postgres cannot take, and none beside it', async () => {
    const org = newId();
    const ledger = new PostgresUsageLedger(new Database(pool));
    await Promise.all([
      ledger.record(attemptOf(org, 'ada')),
      ledger.record(attemptOf(org, 'ada')),
      ledger.record(attemptOf(org, 'ada', { cause: turnCause({ turnId: 'no uuid' }) })),
      ledger.record(attemptOf(org, 'ada', { cost: 1e12 })),
      ledger.record(attemptOf(org, 'ada')),
    ]);
    expect(await stored(org)).toBe(3);
    await ledger.record(attemptOf(org, 'ada'));
    expect(await stored(org)).toBe(4);
  });

  it('stores what it kept before the process ends, and does not hold that up for long', async () => {
    const org = newId();
    const database = new Unsteady(pool);
    database.away = true;
    const ledger = new PostgresUsageLedger(database);
    await ledger.record(attemptOf(org, 'ada'));
    database.away = false;
    await ledger.beforeApplicationShutdown();
    expect(await stored(org)).toBe(1);
    database.away = true;
    await ledger.record(attemptOf(org, 'ada'));
    await ledger.beforeApplicationShutdown();
    expect(await stored(org)).toBe(1);
  });

  it('says nothing of who asked what when it cannot store it', async () => {
    const lines: unknown[] = [];
    const note = (...parts: unknown[]) => void lines.push(parts);
    Logger.overrideLogger({ log: note, warn: note, error: note });
    const ledger = new PostgresUsageLedger(new Database(pool));
    await ledger.record(
      attemptOf('secret-org', 'secret-user', {
        cause: turnCause({ turnId: 'no uuid' }),
        model: 'secret-model',
      }),
    );
    Logger.overrideLogger(false);
    expect(lines).toHaveLength(1);
    const { message: _, ...error } = (lines[0] as [{ err: Error }])[0].err;
    expect(JSON.stringify([lines, error])).not.toContain('secret');
  });
});
