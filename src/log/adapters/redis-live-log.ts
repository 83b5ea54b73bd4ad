import { Logger } from '@nestjs/common';
import { PROCESS_ID } from '../../kernel/index.js';
import type { LoggedEvent } from '../core/logged-event.js';
import type { LiveFollower, LiveLog, LiveLogState } from '../ports/live-log.js';
import { RedisConnection } from './redis-connection.js';
import { RedisLiveReader } from './redis-live-reader.js';
import { RedisLiveWriter } from './redis-live-writer.js';

/** After a fault the others need a moment too: as long as their connections may take to be made again. */
const SETTLE_MS = 1_500;
const FLUSH_MS = 500;
const COMPLAIN_EVERY_MS = 60_000;

/**
 * The live log in Redis: a stream a thread, whose entries have the sequence of their last event as their id. It needs
 * two connections, since a read that waits holds its own. Not for Redis Cluster: one read spans many keys.
 */
export class RedisLiveLog implements LiveLog {
  private readonly logger = new Logger(RedisLiveLog.name);
  private readonly writing: RedisConnection;
  private readonly reading: RedisConnection;
  private readonly writer: RedisLiveWriter;
  private readonly reader: RedisLiveReader;
  private follower: LiveFollower | undefined;
  private settling: NodeJS.Timeout | undefined;
  private current: Exclude<LiveLogState, 'off'> = 'down';
  private isMissed = false;
  private closed = false;
  private complainedAt = -Infinity;

  constructor(url: string, processId: string = PROCESS_ID) {
    this.writing = new RedisConnection(url, 'threadline-live-writer', {
      ready: () => {
        this.writer.resume();
        this.look('');
      },
      lost: (reason) => this.look(reason),
    });
    this.reading = new RedisConnection(url, 'threadline-live-reader', {
      ready: () => void this.reader.run(),
      lost: (reason) => this.reader.lost(reason),
    });
    this.writer = new RedisLiveWriter(this.writing, processId, (reason) => this.complain(reason));
    this.reader = new RedisLiveReader(
      this.reading,
      processId,
      (key, count) => this.writer.wake(key, count),
      (reason) => this.look(reason),
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
    clearTimeout(this.settling);
    this.reader.close();
    await Promise.all([this.writer.close(FLUSH_MS).then(() => this.writing.close()), this.reading.close()]);
  }

  /** Something has changed for the better or the worse. */
  private look(reason: string): void {
    if (this.closed) return;
    if (this.writing.isReady && this.reader.isHealthy) {
      if (this.current === 'up') return;
      if (!this.isMissed) this.current = 'up';
      else this.settling ??= setTimeout(() => this.isBack(), SETTLE_MS);
    } else if (reason !== '') {
      this.isGone(reason);
    }
  }

  private isGone(reason: string): void {
    clearTimeout(this.settling);
    this.settling = undefined;
    const wasUp = this.current === 'up';
    this.current = 'down';
    if (!this.isMissed)
      this.logger.warn(
        `Redis cannot be used (${reason}); until it can, events reach other processes through Postgres.`,
      );
    this.isMissed = true;
    if (wasUp) this.follower?.missed(undefined);
  }

  private isBack(): void {
    this.settling = undefined;
    this.current = 'up';
    this.isMissed = false;
    this.logger.log('Redis is back; events reach other processes through it again.');
  }

  /** It answers, but takes nothing: full, read-only, or somebody else's key. */
  private complain(reason: string): void {
    const now = performance.now();
    if (now - this.complainedAt < COMPLAIN_EVERY_MS) return;
    this.complainedAt = now;
    this.logger.warn(
      `Redis refuses events (${reason}); watchers in other processes read them from Postgres.`,
    );
  }
}
