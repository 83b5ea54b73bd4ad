import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { isPermanent } from '../../platform/database/index.js';
import { CompactedCursorError } from '../core/errors.js';
import type { LoggedEvent } from '../core/logged-event.js';
import { TURN_EVENT_LOG, type TurnEventLog } from '../ports/turn-event-log.js';
import { LogPages } from './log-pages.js';
import { ThreadFeeds } from './thread-feeds.js';
import type { Feed } from './watched-thread.js';

/** How long a watch waits for an unreachable log; after that the stream fails, and its client can reconnect. */
const GIVE_UP_MS = 30_000;
const RETRY_MS = 250;

/** A place among a thread's watchers that is taken before it is known where the watch begins. */
export interface PreparedWatch {
  /** Gives the place back; has no effect on a watch that has ended. */
  release(): void;
}

class Prepared implements PreparedWatch {
  constructor(
    readonly feed: Feed,
    readonly release: () => void,
  ) {
    feed.goLive();
  }
}

/** Follows a thread's log from any position. */
@Injectable()
export class WatchThread {
  private readonly pages: LogPages;

  constructor(
    @Inject(TURN_EVENT_LOG) log: TurnEventLog,
    private readonly feeds: ThreadFeeds,
  ) {
    this.pages = new LogPages(log);
  }

  /**
   * Notes from now on what is written to the thread, for one watch that begins later: it need not read what it was given
   * meanwhile. To be released by whoever prepares it, also when no watch comes of it.
   */
  prepare(threadId: string): PreparedWatch {
    const feed = this.feeds.open(threadId);
    return new Prepared(feed, () => this.feeds.release(threadId, feed));
  }

  /**
   * Yields every event after `after`, in order, without a gap or a duplicate, until the signal aborts or the thread is
   * deleted. Pieces that wait while the consumer is busy are merged. Batches are shared with the thread's other
   * watchers and bounded in size, unless a single event is larger; nothing is held between two batches. Throws {@link
   * CompactedCursorError} where compaction has overtaken a reader that was behind.
   */
  async *watch(
    threadId: string,
    after: number,
    signal: AbortSignal,
    prepared?: PreparedWatch,
  ): AsyncGenerator<readonly LoggedEvent[], void> {
    const feed = prepared instanceof Prepared ? prepared.feed : this.feeds.open(threadId);
    const wake = () => feed.wake();
    signal.addEventListener('abort', wake, { once: true });
    try {
      feed.startAfter(after);
      if (!feed.behind) this.feeds.caughtUp(threadId, after);
      while (!signal.aborted) {
        const events = feed.behind ? await this.catchUp(threadId, feed, signal) : feed.next();
        const last = events.at(-1);
        if (last === undefined) {
          if (feed.closed && !feed.behind) return;
          await feed.wait(signal);
          continue;
        }
        feed.seen = last.seq;
        yield events;
      }
    } finally {
      signal.removeEventListener('abort', wake);
      this.feeds.release(threadId, feed);
    }
  }

  /** Reads from the log. While it is unreachable the watcher waits, and its stream then continues where it was. */
  private async catchUp(threadId: string, feed: Feed, signal: AbortSignal): Promise<readonly LoggedEvent[]> {
    const deadline = performance.now() + GIVE_UP_MS;
    for (;;) {
      try {
        return await this.readBatch(threadId, feed);
      } catch (error) {
        const isOver = feed.closed || signal.aborted || performance.now() > deadline;
        if (error instanceof CompactedCursorError || isOver || isPermanent(error)) throw error;
        await pause(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Reads one batch. The feed is live again once nothing comes after it. */
  private async readBatch(threadId: string, feed: Feed): Promise<readonly LoggedEvent[]> {
    feed.goLive();
    try {
      const { events, more } = await this.pages.after(threadId, feed.seen, feed.version);
      if (more) feed.fallBehind();
      else this.feeds.caughtUp(threadId, events.at(-1)?.seq ?? feed.seen);
      return events;
    } catch (error) {
      feed.fallBehind();
      throw error;
    }
  }
}
