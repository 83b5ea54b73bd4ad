import pg from 'pg';
import { PostgresThreadStore } from '../../src/thread/adapters/postgres-thread-store.js';
import { Database } from '../../src/platform/database/index.js';
import { PostgresEventRetention } from '../../src/log/adapters/postgres-event-retention.js';
import { PostgresTurnEventLog } from '../../src/log/adapters/postgres-turn-event-log.js';
import { complete, done, piece, saved, status } from '../contracts/event-retention.contract.js';
import globalSetup from '../setup/global-setup.js';
import globalTeardown from '../setup/global-teardown.js';
import { freshDatabase } from '../setup/test-database.js';
import { newUser } from '../support/callers.js';
import { ENDED, FOREIGN } from '../support/foreign-sql.js';
import { tellThread, tellTurn } from '../support/logged-turns.js';
import { inParallel } from './outcome.js';
import { NO_LISTENER, NO_NOTIFIER } from '../support/turns.js';

/*
 * What compaction saves and costs: node --import ./test/setup/typescript-hooks.mjs test/chaos/retention.ts [turns] [pieces]
 * Ratios say more than times do on a machine that others use as well.
 */

const TURNS_PER_ROUND = 20;
const WORDS = 'some words of it, ';
const alice = newUser();

interface Size {
  readonly rows: number;
  readonly bytes: number;
  readonly data: number;
}

async function main(turns: number, pieces: number): Promise<void> {
  await globalSetup(undefined, { rootDir: process.cwd() });
  const fresh = await freshDatabase();
  const pool = new pg.Pool({ connectionString: fresh.connectionString });
  try {
    const threads = await seed(pool, turns, pieces);
    const before = await sizeOf(pool);
    print('before', before);
    const rounds = await compact(new Database(pool));
    print('after, vacuumed', await sizeOf(pool));
    await pool.query('VACUUM FULL turn_events');
    const after = await sizeOf(pool);
    print('after, rewritten', after);
    print('share of the rows that is left', `${((after.rows / before.rows) * 100).toFixed(2)} %`);
    print('share of the bytes that is left', `${((after.bytes / before.bytes) * 100).toFixed(2)} %`);
    print('milliseconds a turn', (sum(rounds) / turns).toFixed(2));
    print('longest statement, ms', Math.max(...rounds).toFixed(0));
    await compareReads(pool, threads);
  } finally {
    await pool.end();
    await fresh.drop();
    await globalTeardown();
  }
}

/** Ten turns a thread, each of so many pieces. */
async function seed(pool: pg.Pool, turns: number, pieces: number): Promise<readonly string[]> {
  const threads = await Promise.all(
    Array.from({ length: Math.ceil(turns / 10) }, () => tellThread(pool, alice)),
  );
  const text = WORDS.repeat(pieces);
  await inParallel(threads, 4, async (threadId, index) => {
    for (let turn = index * 10; turn < Math.min(turns, index * 10 + 10); turn += 1) {
      await tellTurn(
        pool,
        threadId,
        (id) => [
          saved,
          status,
          ...Array.from({ length: pieces }, () => piece(id, WORDS)),
          complete(id, text),
          status,
          done,
        ],
        { endedMsAgo: 60_000, text },
      );
    }
  });
  return threads;
}

/** Everything that is due, as `CompactEvents` does it; how long each statement took. */
async function compact(database: Database): Promise<number[]> {
  const retention = new PostgresEventRetention(database, ENDED);
  const rounds: number[] = [];
  for (let found = TURNS_PER_ROUND; found === TURNS_PER_ROUND;) {
    const began = performance.now();
    found = await retention.compact(1_000, TURNS_PER_ROUND);
    rounds.push(performance.now() - began);
  }
  print(
    'a call when nothing is due, ms',
    (await timed(200, () => retention.compact(1_000, TURNS_PER_ROUND))).toFixed(2),
  );
  return rounds;
}

/** What a client's return costs. */
async function compareReads(pool: pg.Pool, threadIds: readonly string[]): Promise<void> {
  const store = new PostgresThreadStore(new Database(pool), FOREIGN);
  const log = new PostgresTurnEventLog(new Database(pool), new Database(pool), NO_LISTENER, NO_NOTIFIER);
  const threadId = threadIds[0]!;
  const head = (await store.head(alice, threadId))!;
  print('head, ms', (await timed(1_000, () => store.head(alice, threadId))).toFixed(3));
  print('place at the head, ms', (await timed(1_000, () => store.place(alice, threadId, head))).toFixed(3));
  print('place inside, ms', (await timed(1_000, () => store.place(alice, threadId, 10))).toFixed(3));
  print('snapshot, ms', (await timed(200, () => store.answerPast(alice, threadId, 10))).toFixed(3));
  print('read at the head, ms', (await timed(1_000, () => log.read(threadId, head, 500))).toFixed(3));
}

async function sizeOf(pool: pg.Pool): Promise<Size> {
  await pool.query('VACUUM (ANALYZE) turn_events');
  const { rows } = await pool.query<Size>(
    `SELECT count(*)::float8 AS rows, pg_total_relation_size('turn_events')::float8 AS bytes,
       sum(octet_length(data::text))::float8 AS data FROM turn_events`,
  );
  return rows[0]!;
}

async function timed(times: number, work: () => Promise<unknown>): Promise<number> {
  for (let warm = 0; warm < 20; warm += 1) await work();
  const began = performance.now();
  for (let turn = 0; turn < times; turn += 1) await work();
  return (performance.now() - began) / times;
}

function print(name: string, value: string | Size): void {
  const shown =
    typeof value === 'string'
      ? value
      : `${value.rows.toLocaleString('en-GB')} rows, ${megabytes(value.bytes)} on disk, ${megabytes(value.data)} of text`;
  console.log(`| ${name} | ${shown} |`);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

const [turns = 200, pieces = 500] = process.argv.slice(2).map(Number);
main(turns, pieces).then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
