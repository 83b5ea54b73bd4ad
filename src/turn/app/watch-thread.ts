import { Inject, Injectable } from '@nestjs/common';
import { mergePieces, type LoggedEvent } from '../core/logged-event.js';
import { TURN_EVENT_LOG, type TurnEventLog } from '../ports/turn-event-log.js';
import { ThreadFeeds, type Feed } from './thread-feeds.js';

const PAGE = 500;

/** Follows a thread's log from any point on. */
@Injectable()
export class WatchThread {
  constructor(
    @Inject(TURN_EVENT_LOG) private readonly log: TurnEventLog,
    private readonly feeds: ThreadFeeds,
  ) {}

  /**
   * Every event after `after`, in order, without a gap or a double, until the signal aborts or the thread is
   * deleted. Pieces that wait while the consumer is busy come merged. Holds a bounded number of events.
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
      let cursor = (feed.seen = after);
      while (!signal.aborted) {
        const events = feed.behind ? await this.catchUp(threadId, cursor, feed) : following(feed, cursor);
        const last = events.at(-1);
        if (last === undefined) {
          if (feed.closed) return;
          await feed.wait(signal);
          continue;
        }
        cursor = feed.seen = last.seq;
        yield mergePieces(events);
      }
    } finally {
      signal.removeEventListener('abort', wake);
      this.feeds.release(threadId, feed);
    }
  }

  /** One page from the log. The feed is live again once a page was the last. */
  private async catchUp(threadId: string, cursor: number, feed: Feed): Promise<readonly LoggedEvent[]> {
    feed.behind = false;
    try {
      const page = await this.log.read(threadId, cursor, PAGE);
      if (page.more) feed.fallBehind();
      return page.events;
    } catch (error) {
      feed.fallBehind();
      throw error;
    }
  }
}

/** What the feed holds after the cursor; nothing, and the feed behind, when there is a gap between them. */
function following(feed: Feed, cursor: number): readonly LoggedEvent[] {
  const taken = feed.take();
  if (taken.length === 0) return taken;
  const events = taken[0]!.seq > cursor ? taken : taken.filter(({ seq }) => seq > cursor);
  if (events.length > 0 && events[0]!.seq !== cursor + 1) {
    feed.fallBehind();
    return [];
  }
  return events;
}
