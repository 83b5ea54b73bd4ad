import { Logger } from '@nestjs/common';
import { PROCESS_ID } from '../../kernel/index.js';
import type { LoggedEvent } from '../core/logged-event.js';
import type { LiveFollower, LiveLog, LiveLogState } from '../ports/live-log.js';
import { RedisConnection } from './redis-connection.js';
import { RedisLiveReader } from './redis-live-reader.js';
import { RedisLiveWriter } from './redis-live-writer.js';

/** After an outage the other processes need time to reconnect, too. */
const RECOVERY_MS = 1_500;
const FLUSH_MS = 500;
const WARN_EVERY_MS = 60_000;

/**
 * The live log in Redis: one stream per thread; the id of an entry is the sequence of its last event. It needs two
 * connections, since a read that waits blocks its own. Not for Redis Cluster: one read spans many keys.
 */
export class RedisLiveLog implements LiveLog {
  private readonly logger = new Logger(RedisLiveLog.name);
  private readonly writing: RedisConnection;
  private readonly reading: RedisConnection;
  private readonly writer: RedisLiveWriter;
  private readonly reader: RedisLiveReader;
  private follower: LiveFollower | undefined;
  private recovering: NodeJS.Timeout | undefined;
  private current: Exclude<LiveLogState, 'off'> = 'down';
  private hasFailed = false;
  private closed = false;
  private warnedAt = -Infinity;

  constructor(url: string, processId: string = PROCESS_ID) {
    this.writing = new RedisConnection(url, 'threadline-live-writer', {
      ready: () => {
        this.writer.resume();
        this.checkState('');
      },
      lost: (reason) => this.checkState(reason),
    });
    this.reading = new RedisConnection(url, 'threadline-live-reader', {
      ready: () => void this.reader.run(),
      lost: (reason) => this.reader.lost(reason),
    });
    this.writer = new RedisLiveWriter(this.writing, processId, (reason) => this.warnRefused(reason));
    this.reader = new RedisLiveReader(
      this.reading,
      processId,
      (key, count) => this.writer.wake(key, count),
      (reason) => this.checkState(reason),
    );
  }

  get state(): LiveLogState {
    return this.current;
  }

  start(follower: LiveFollower): void {
    if (this.closed || this.follower !== undefined) return;
    this.follower = follower;
    this.reader.start(follower);
    this.writing.connect();
    this.reading.connect();
  }

  publish(threadId: string, events: readonly LoggedEvent[]): void {
    if (this.closed || events.length === 0) return;
    this.reader.wrote(threadId, events);
    this.writer.publish(threadId, events);
  }

  follow(threadId: string, after: number): void {
    if (!this.closed) this.reader.follow(threadId, after);
  }

  unfollow(threadId: string): void {
    this.reader.unfollow(threadId);
  }

  forget(threadId: string): void {
    this.reader.unfollow(threadId);
    if (!this.closed) this.writer.forget(threadId);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.current = 'down';
    clearTimeout(this.recovering);
    this.reader.close();
    await Promise.all([this.writer.close(FLUSH_MS).then(() => this.writing.close()), this.reading.close()]);
  }

  /** Called when a connection has become usable (without a reason), or unusable. */
  private checkState(reason: string): void {
    if (this.closed) return;
    if (this.writing.isReady && this.reader.isHealthy) {
      if (this.current === 'up') return;
      if (!this.hasFailed) this.current = 'up';
      else this.recovering ??= setTimeout(() => this.cameBack(), RECOVERY_MS);
    } else if (reason !== '') {
      this.wentDown(reason);
    }
  }

  private wentDown(reason: string): void {
    clearTimeout(this.recovering);
    this.recovering = undefined;
    const wasUp = this.current === 'up';
    this.current = 'down';
    if (!this.hasFailed)
      this.logger.warn(
        `Redis cannot be used (${reason}); until it can, events reach other processes through Postgres.`,
      );
    this.hasFailed = true;
    if (wasUp) this.follower?.missed(undefined);
  }

  private cameBack(): void {
    this.recovering = undefined;
    this.current = 'up';
    this.hasFailed = false;
    this.logger.log('Redis is back; events reach other processes through it again.');
  }

  /** Redis responds but does not store: it is out of memory, read-only, or the key has another type. */
  private warnRefused(reason: string): void {
    const now = performance.now();
    if (now - this.warnedAt < WARN_EVERY_MS) return;
    this.warnedAt = now;
    this.logger.warn(
      `Redis refuses events (${reason}); watchers in other processes read them from Postgres.`,
    );
  }
}
