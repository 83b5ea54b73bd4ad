import { Inject, Injectable } from '@nestjs/common';
import { TURN_EVENT_LOG, type TurnEventLog } from '../ports/turn-event-log.js';
import { EventWatch } from './event-watch.js';
import { LogPages } from './log-pages.js';
import { ThreadFeeds } from './thread-feeds.js';
import type { Feed } from './watched-thread.js';

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
  watch(threadId: string, after: number, signal: AbortSignal, prepared?: PreparedWatch): EventWatch {
    const feed = prepared instanceof Prepared ? prepared.feed : undefined;
    return new EventWatch(this.pages, this.feeds, { threadId, after, signal, feed });
  }
}
