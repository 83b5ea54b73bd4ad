import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { newId } from '../../src/kernel/index.js';
import { PostgresTurnEventLog } from '../../src/log/adapters/postgres-turn-event-log.js';
import { RedisLiveLog } from '../../src/log/adapters/redis-live-log.js';
import { Database, Notifier } from '../../src/platform/database/index.js';
import { Heard, until } from '../contracts/live-log.contract.js';
import type { RedisServer } from '../support/redis-server.js';
import { NO_LISTENER } from '../support/turns.js';

const PIECE = JSON.stringify({
  messageId: newId(),
  content: 'some words of an answer, '.repeat(6),
  isComplete: false,
});

/** What a writing process is told to do, and says when it has done it. */
export interface Order {
  readonly redisUrl: string | undefined;
  readonly connectionString: string | undefined;
  readonly turns: readonly { readonly threadId: string; readonly turnId: string }[];
  readonly fromSeq: number;
  readonly rounds: number;
  readonly threadsARound: number;
  readonly everyMs: number;
}

/** The time, which two processes can compare. */
export const now = () => performance.timeOrigin + performance.now();
/** An event of an answer, with the time it was made. */
export const piece = (seq: number, turnId: string) => ({
  seq,
  turnId,
  type: 'ai_response' as const,
  data: PIECE,
  at: String(now()),
});

/** The other process: stores events when it has a database, and publishes them when it has a Redis. */
export async function write(order: Order): Promise<void> {
  const pool =
    order.connectionString === undefined
      ? undefined
      : new pg.Pool({ connectionString: order.connectionString });
  const database = pool === undefined ? undefined : new Database(pool);
  const log =
    database === undefined
      ? undefined
      : new PostgresTurnEventLog(database, database, NO_LISTENER, new Notifier(database));
  const live = order.redisUrl === undefined ? undefined : new RedisLiveLog(order.redisUrl, newId());
  live?.start(new Heard());
  if (live !== undefined) await until(() => live.state === 'up');
  const seqs = new Map<string, number>();
  for (let round = 0; round < order.rounds; round += 1) {
    const due = performance.now() + order.everyMs;
    const requests = Array.from({ length: order.threadsARound }, (_, index) => {
      const { threadId, turnId } = order.turns[(round * order.threadsARound + index) % order.turns.length]!;
      const fromSeq = seqs.get(threadId) ?? order.fromSeq;
      seqs.set(threadId, fromSeq + 1);
      return { threadId, turnId, epoch: 1, fromSeq, events: [piece(fromSeq + 1, turnId)] };
    });
    // The time that is measured from goes with the event, where Postgres would keep its milliseconds only.
    await log?.append(
      requests.map((request) => ({
        ...request,
        events: request.events.map((event) => ({
          ...event,
          data: JSON.stringify({ at: event.at }),
          at: new Date().toISOString(),
        })),
      })),
    );
    for (const { threadId, events } of requests)
      live?.publish(
        threadId,
        log === undefined
          ? events
          : events.map((event) => ({ ...event, data: JSON.stringify({ at: event.at }) })),
      );
    await pause(Math.max(0, due - performance.now()));
  }
  await live?.close();
  await pool?.end();
}

/** Has another process write, and measures this one and Redis meanwhile. */
export async function whileWriting(order: Order, server: RedisServer) {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, 'write'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(order));
  const lines = createInterface({ input: child.stdout });
  const before = { own: process.cpuUsage(), redis: await redisCpu(server), at: performance.now() };
  await new Promise((resolve) => lines.once('close', resolve));
  const own = process.cpuUsage(before.own);
  const seconds = (performance.now() - before.at) / 1_000;
  return {
    seconds,
    ownMs: (own.user + own.system) / 1_000,
    redisMs: (await redisCpu(server)) - before.redis,
  };
}

export async function redisCpu(server: RedisServer): Promise<number> {
  const info = await server.command('INFO cpu');
  const used = (name: string) => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1] ?? 0);
  return (used('used_cpu_sys') + used('used_cpu_user')) * 1_000;
}
