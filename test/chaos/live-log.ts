import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { newId } from '../../src/kernel/index.js';
import { PostgresTurnEventLog } from '../../src/log/adapters/postgres-turn-event-log.js';
import { threadKey } from '../../src/log/adapters/redis-live-entry.js';
import { RedisLiveLog } from '../../src/log/adapters/redis-live-log.js';
import { Database, Listener } from '../../src/platform/database/index.js';
import { PostgresThreadStore } from '../../src/thread/adapters/postgres-thread-store.js';
import { PostgresTurnStore } from '../../src/turn/adapters/postgres-turn-store.js';
import { Heard, until } from '../contracts/live-log.contract.js';
import globalSetup from '../setup/global-setup.js';
import globalTeardown from '../setup/global-teardown.js';
import { freshDatabase } from '../setup/test-database.js';
import { newUser } from '../support/callers.js';
import { ALONG, FOREIGN, NO_ATTEMPTS } from '../support/foreign-sql.js';
import { startRedisServer, type RedisServer } from '../support/redis-server.js';
import { LEASES, newTurn, NO_NOTIFIER } from '../support/turns.js';
import { now, type Order, piece, redisCpu, whileWriting, write } from './live-log-writer.js';

/*
 * What the live log costs and gains: node --import ./test/setup/typescript-hooks.mjs test/chaos/live-log.ts
 * Prints ratios too: they say more than times do on a machine that others use as well.
 */

const caller = newUser('live');

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

const fixed = (value: number, digits = 1) => value.toFixed(digits);

/** What publishing costs the process that does it. */
async function writing(server: RedisServer): Promise<void> {
  console.log(
    '\n## Writing: one event of 200 bytes a batch\n\n| threads a tick | own CPU µs a batch | Redis µs a batch | arrived |',
  );
  console.log('| --- | --- | --- | --- |');
  for (const threads of [1, 10, 100]) {
    const log = new RedisLiveLog(server.url, newId());
    log.start(new Heard());
    await until(() => log.state === 'up');
    const ids = Array.from({ length: threads }, () => newId());
    const rounds = 30_000 / threads;
    const before = { own: process.cpuUsage(), redis: await redisCpu(server) };
    for (let seq = 1; seq <= rounds; seq += 1) {
      for (const id of ids) log.publish(id, [piece(seq, 'turn')]);
      await pause(1);
    }
    const own = process.cpuUsage(before.own);
    const idle = await idleCpu(rounds);
    const redis = (await redisCpu(server)) - before.redis;
    await log.close();
    const batches = rounds * threads;
    const client = new Redis(server.url);
    let entries = 0;
    for (const id of ids) {
      const [newest] = await client.xrevrange(threadKey(id), '+', '-', 'COUNT', 1);
      entries += parseInt(newest?.[0] ?? '0', 10);
    }
    client.disconnect();
    const micros = own.user + own.system - idle;
    console.log(
      `| ${threads} | ${fixed(micros / batches)} | ${fixed((redis * 1_000) / batches)} | ${entries === batches} |`,
    );
  }
}

/** What the pauses alone cost. */
async function idleCpu(rounds: number): Promise<number> {
  const before = process.cpuUsage();
  for (let round = 0; round < rounds; round += 1) await pause(1);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** What following costs, by how many threads are followed. */
async function reading(server: RedisServer): Promise<void> {
  console.log('\n## Following: 500 events a second on random threads of those followed\n');
  console.log(
    '| threads | own CPU % of a core | Redis % | delay ms p50 | p99 | heard |\n| --- | --- | --- | --- | --- | --- |',
  );
  for (const threads of [1, 10, 100, 1_000, 3_000]) {
    const turns = Array.from({ length: threads }, () => ({ threadId: newId(), turnId: 'turn' }));
    const delays: number[] = [];
    const log = new RedisLiveLog(server.url, newId());
    log.start({
      received: (_, events) => events.forEach(({ at }) => delays.push(now() - Number(at))),
      missed: () => undefined,
    });
    await until(() => log.state === 'up');
    for (const { threadId } of turns) log.follow(threadId, 0);
    const order = {
      redisUrl: server.url,
      connectionString: undefined,
      turns,
      fromSeq: 0,
      rounds: 1_500,
      threadsARound: 2,
      everyMs: 4,
    };
    const { seconds, ownMs, redisMs } = await whileWriting(order, server);
    await pause(300);
    await log.close();
    const share = (milliseconds: number) => fixed(milliseconds / seconds / 10);
    console.log(
      `| ${threads} | ${share(ownMs)} | ${share(redisMs)} | ${fixed(percentile(delays, 0.5), 2)} | ${fixed(percentile(delays, 0.99), 2)} | ${delays.length} |`,
    );
  }
}

/** How long an event takes from one process to a watcher in another, from before it is stored. */
async function crossing(server: RedisServer): Promise<void> {
  console.log('\n## From another process, before storing to the watcher: 20 threads, 400 events a second\n');
  console.log(
    '| way | delay ms p50 | p95 | p99 | own CPU µs an event | heard |\n| --- | --- | --- | --- | --- | --- |',
  );
  const postgres = await cross(server, false);
  const redis = await cross(server, true);
  console.log(
    `\nRedis against Postgres: delay p50 × ${fixed(redis.p50 / postgres.p50, 2)}, p95 × ${fixed(redis.p95 / postgres.p95, 2)}, ` +
      `own CPU × ${fixed(redis.micros / postgres.micros, 2)}`,
  );
}

async function cross(server: RedisServer, overRedis: boolean) {
  const fresh = await freshDatabase();
  const { connectionString } = fresh;
  const pool = new pg.Pool({ connectionString });
  const database = new Database(pool);
  const turns = await openTurns(database, pool, 20);
  const delays: number[] = [];
  const heard = (data: string) => delays.push(now() - Number((JSON.parse(data) as { at: string }).at));
  const listener = new Listener(connectionString);
  const log = new PostgresTurnEventLog(database, database, listener, NO_NOTIFIER);
  const live = new RedisLiveLog(server.url, newId());
  if (overRedis) {
    live.start({
      received: (_, events) => events.forEach(({ data }) => heard(data)),
      missed: () => undefined,
    });
    await until(() => live.state === 'up');
    for (const { threadId } of turns) live.follow(threadId, 0);
  } else {
    await readWhenNotified(log, heard);
  }
  const order = {
    redisUrl: overRedis ? server.url : undefined,
    connectionString,
    turns,
    fromSeq: 0,
    rounds: 1_000,
    threadsARound: 4,
    everyMs: 10,
  };
  const { ownMs } = await whileWriting(order, server);
  await pause(300);
  await Promise.all([live.close(), listener.close()]);
  await pool.end();
  await fresh.drop();
  const figures = {
    p50: percentile(delays, 0.5),
    p95: percentile(delays, 0.95),
    micros: (ownMs * 1_000) / delays.length,
  };
  console.log(
    `| ${overRedis ? 'Redis' : 'NOTIFY and a read'} | ${fixed(figures.p50, 2)} | ${fixed(figures.p95, 2)} | ` +
      `${fixed(percentile(delays, 0.99), 2)} | ${fixed(figures.micros, 0)} | ${delays.length} |`,
  );
  return figures;
}

/** What the server does without Redis: a wake-up, then one read at a time and thread. */
async function readWhenNotified(log: PostgresTurnEventLog, heard: (data: string) => void): Promise<void> {
  const cursors = new Map<string, number>();
  const woken = new Set<string>();
  const reading = new Set<string>();
  const read = async (threadId: string) => {
    reading.add(threadId);
    while (woken.delete(threadId)) {
      const { events } = await log.read(threadId, cursors.get(threadId) ?? 0, 500);
      cursors.set(threadId, events.at(-1)?.seq ?? cursors.get(threadId) ?? 0);
      for (const { data } of events) heard(data);
    }
    reading.delete(threadId);
  };
  await log.onAppended((threadId) => {
    if (threadId === undefined) return;
    woken.add(threadId);
    if (!reading.has(threadId)) void read(threadId);
  });
}

async function openTurns(database: Database, pool: pg.Pool, count: number) {
  const threads = new PostgresThreadStore(database, FOREIGN);
  const store = new PostgresTurnStore(database, LEASES, ALONG, NO_ATTEMPTS, NO_NOTIFIER);
  const turns = Array.from({ length: count }, () => newTurn(caller, newId()));
  for (const turn of turns) {
    const { threadId } = turn.userMessage;
    const createdAt = new Date().toISOString();
    await threads.create(caller, {
      id: threadId,
      title: null,
      workflow: 'chat',
      workflowVersion: 1,
      metadata: {},
      createdAt,
    });
    await store.accept(turn);
  }
  await pool.query('DELETE FROM turn_events');
  await pool.query('UPDATE thread_heads SET last_seq = 0');
  return turns.map(({ turnId, userMessage }) => ({ threadId: userMessage.threadId, turnId }));
}

async function main(): Promise<void> {
  if (process.argv[2] === 'write') {
    let text = '';
    for await (const chunk of process.stdin) text += String(chunk);
    return write(JSON.parse(text) as Order);
  }
  await globalSetup(undefined, { rootDir: process.cwd() });
  const server = await startRedisServer();
  try {
    const wanted = process.argv.slice(2);
    for (const measure of [writing, reading, crossing])
      if (wanted.length === 0 || wanted.includes(measure.name)) await measure(server);
  } finally {
    await server.close();
    await globalTeardown();
  }
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
