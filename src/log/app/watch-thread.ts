import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { isPermanent } from '../../platform/database/index.js';
import { CompactedCursorError } from '../core/errors.js';
import type { LoggedEvent } from '../core/logged-event.js';
import { TURN_EVENT_LOG, type TurnEventLog } from '../ports/turn-event-log.js';
import { LogPages } from './log-pages.js';
import { ThreadFeeds } from './thread-feeds.js';
import type { Feed } from './watched-thread.js';

/** How long a log that cannot be read is waited for; a client that is told then can come back by itself. */
const PATIENCE_MS = 30_000;
const RETRY_MS = 250;

/** Follows a thread's log from any point on. */
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
   * Every event after `after`, in order, without a gap or a double, until the signal aborts or the thread is
   * deleted. Pieces that wait while the consumer is busy come merged. What it gives is shared with others who watch the
   * thread, and of bounded size but for events that are larger by themselves; between two batches it holds nothing.
   * Throws {@link CompactedCursorError} where compaction has overtaken a reader that was behind.
   */
  async *watch(
    threadId: string,
    after: number,
    signal: AbortSignal,
  ): AsyncGenerator<readonly LoggedEvent[], void> {
    const feed = this.feeds.open(threadId);
    const wake = () => feed.wake();
    signal.addEventListener('abort', wake, { once: true });
    try {
      feed.seen = after;
      while (!signal.aborted) {
        const events = feed.behind ? await this.persist(threadId, feed, signal) : feed.take();
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

  /** While the log cannot be read a watcher waits for it, for a while: its stream goes on where it was. */
  private async persist(threadId: string, feed: Feed, signal: AbortSignal): Promise<readonly LoggedEvent[]> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await this.catchUp(threadId, feed);
      } catch (error) {
        const isOver = feed.closed || signal.aborted || performance.now() > deadline;
        if (error instanceof CompactedCursorError || isOver || isPermanent(error)) throw error;
        await pause(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** One batch from the log. The feed is live again once nothing comes after it. */
  private async catchUp(threadId: string, feed: Feed): Promise<readonly LoggedEvent[]> {
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
