import type { LoggedEvent } from '../core/logged-event.js';
import type { LiveFollower } from '../ports/live-log.js';
import { codeOf, type RedisConnection } from './redis-connection.js';
import { entryId, readEntry, threadKey, threadOf } from './redis-live-entry.js';
import { OwnThreads } from './own-threads.js';

/** How long one read blocks. */
const BLOCK_MS = 1_000;
const ANSWER_MS = BLOCK_MS + 1_500;
const RETRY_MS = 1_000;

/** How many entries one read returns: of one thread, and approximately of all threads. */
const MAX_PER_THREAD = 64;
const MAX_PER_READ = 2_048;

/**
 * Every read names every thread, which costs about 1.3 µs per thread here and as much in Redis. The pause after a read grows
 * with the number of threads, so that naming them takes neither side more than about 6 % of a core; what is written
 * meanwhile arrives together.
 */
const PAUSE_PER_THREAD_MS = 0.02;

type Reply = readonly (readonly [key: string, entries: readonly (readonly [id: string, string[]])[]])[];

/**
 * Reads the streams of all followed threads on one connection, and delivers what other processes have written. When the
 * set of followed threads changes, the read in flight is ended by an entry in a stream that only this process reads.
 */
export class RedisLiveReader {
  private readonly followed = new Map<string, number>();
  private readonly own = new OwnThreads();
  private readonly wakeKey: string;
  private wakes = 0;
  private follower: LiveFollower | undefined;
  private isReading = false;
  private healthy = false;
  private closed = false;

  constructor(
    private readonly connection: RedisConnection,
    private readonly origin: string,
    private readonly wakeUp: (key: string, count: number) => void,
    private readonly changed: (reason: string) => void,
  ) {
    this.wakeKey = `threadline:process:{${origin}}:wake`;
  }

  /** Whether the last read succeeded. */
  get isHealthy(): boolean {
    return this.healthy;
  }

  start(follower: LiveFollower): void {
    this.follower = follower;
  }

  follow(threadId: string, after: number): void {
    if (this.followed.has(threadId)) return;
    this.followed.set(threadId, after);
    if (!this.own.has(threadId, performance.now())) this.wake();
  }

  unfollow(threadId: string): void {
    this.followed.delete(threadId);
  }

  /** Notes that this process has written to the thread: its own watchers have the events already. */
  wrote(threadId: string, events: readonly LoggedEvent[]): void {
    const now = performance.now();
    const last = events.at(-1)!;
    const cursor = this.followed.get(threadId);
    if (cursor !== undefined && cursor < last.seq) this.followed.set(threadId, last.seq);
    const isLast = last.type === 'done';
    const wasOwn = this.own.has(threadId, now);
    this.own.wrote(threadId, isLast, now);
    if (wasOwn && isLast && cursor !== undefined) this.wake();
  }

  /** Called when the connection is ready; reads until it is lost. */
  async run(): Promise<void> {
    if (this.isReading || this.closed) return;
    this.isReading = true;
    while (this.connection.isReady && !this.closed) await this.readOnce();
    this.isReading = false;
  }

  /** The connection is lost. */
  lost(reason: string): void {
    this.healthy = false;
    this.changed(reason);
  }

  close(): void {
    this.closed = true;
    this.healthy = false;
    this.followed.clear();
  }

  private wake(): void {
    if (this.healthy) this.wakeUp(this.wakeKey, this.wakes + 1);
  }

  private async readOnce(): Promise<void> {
    const keys = [this.wakeKey];
    const ids = [entryId(this.wakes)];
    const now = performance.now();
    for (const [threadId, cursor] of this.followed) {
      if (this.own.has(threadId, now)) continue;
      keys.push(threadKey(threadId));
      ids.push(entryId(cursor));
    }
    try {
      const reply = await this.connection.answered(ANSWER_MS, this.read(keys, ids));
      if (!this.healthy) {
        this.healthy = true;
        this.changed('');
      }
      if (reply === null || this.closed) return;
      this.deliver(reply);
      await pause(keys.length * PAUSE_PER_THREAD_MS);
    } catch (error) {
      if (this.connection.isReady) {
        this.lost(codeOf(error));
        await pause(RETRY_MS);
      }
    }
  }

  /** The first read after an outage does not block: its reply shows that reading works. */
  private read(keys: readonly string[], ids: readonly string[]): Promise<Reply | null> {
    const count = Math.max(1, Math.min(MAX_PER_THREAD, Math.floor(MAX_PER_READ / keys.length)));
    const { redis } = this.connection;
    return this.healthy
      ? redis.xread('COUNT', count, 'BLOCK', BLOCK_MS, 'STREAMS', ...keys, ...ids)
      : redis.xread('COUNT', count, 'STREAMS', ...keys, ...ids);
  }

  private deliver(reply: Reply): void {
    for (const [key, entries] of reply) {
      if (key === this.wakeKey) this.wakes = Math.max(this.wakes, parseInt(entries.at(-1)![0], 10));
      else this.deliverThread(threadOf(key), entries);
    }
  }

  private deliverThread(threadId: string, entries: Reply[number][1]): void {
    const cursor = this.followed.get(threadId);
    if (cursor === undefined) return;
    const last = parseInt(entries.at(-1)![0], 10);
    if (last > cursor) this.followed.set(threadId, last);
    try {
      const events: LoggedEvent[] = [];
      let isWhole = true;
      for (const [id, fields] of entries) {
        const entry = readEntry(id, fields);
        if (entry.origin === this.origin) continue;
        if (entry.events === undefined) isWhole = false;
        else events.push(...entry.events);
      }
      if (!isWhole) this.follower?.missed(threadId);
      else if (events.length > 0) this.follower?.received(threadId, events);
    } catch {
      this.follower?.missed(threadId);
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return milliseconds < 1
    ? Promise.resolve()
    : new Promise((resolve) => {
        setTimeout(resolve, milliseconds);
      });
}
