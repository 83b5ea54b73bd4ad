import { setTimeout as pause } from 'node:timers/promises';
import { isPermanent } from '../../platform/database/index.js';
import { CompactedCursorError } from '../core/errors.js';
import type { LoggedEvent } from '../core/logged-event.js';
import type { LogPages } from './log-pages.js';
import type { ThreadFeeds } from './thread-feeds.js';
import type { Feed } from './watched-thread.js';

/** How long a watch waits for an unreachable log; after that the stream fails, and its client can reconnect. */
const GIVE_UP_MS = 30_000;
const RETRY_MS = 250;

/** What a watch reads, and from where. */
export interface WatchStart {
  readonly threadId: string;
  /** The sequence after which it begins. */
  readonly after: number;
  readonly signal: AbortSignal;
  /** Where it was opened before; a feed of its own by default. */
  readonly feed: Feed | undefined;
}

type Events = readonly LoggedEvent[];
type Result = IteratorResult<Events, void>;

const OVER: IteratorReturnResult<void> = { done: true, value: undefined };

/**
 * One watcher's way through a thread's log. It begins with the first read. It is no generator function: most watchers
 * wait most of the time, and one of those would keep its variables, its queue and three promises meanwhile.
 */
export class EventWatch implements AsyncIterableIterator<Events, void> {
  private feed: Feed | undefined;
  private reader:
    { readonly resolve: (result: Result) => void; readonly reject: (error: unknown) => void } | undefined;
  private isReading = false;
  private isOver = false;

  constructor(
    private readonly pages: LogPages,
    private readonly feeds: ThreadFeeds,
    private readonly start: WatchStart,
  ) {}

  /** One read at a time. */
  next(): Promise<Result> {
    if (this.isOver) return Promise.resolve(OVER);
    return new Promise((resolve, reject) => {
      this.reader = { resolve, reject };
      this.advance();
    });
  }

  /** Ends the watch, a read that waits with it. */
  return(): Promise<IteratorReturnResult<void>> {
    this.end(OVER);
    return Promise.resolve(OVER);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private begin(): Feed {
    const { feed: opened, threadId, after, signal } = this.start;
    const feed = opened ?? this.feeds.open(threadId);
    this.feed = feed;
    signal.addEventListener('abort', this.leave, { once: true });
    feed.startAfter(after);
    if (!feed.behind) this.feeds.caughtUp(threadId, after);
    return feed;
  }

  /** Looks for what comes next, as long as somebody wants it. */
  private readonly advance = (): void => {
    if (this.isOver) return;
    try {
      const feed = this.feed ?? this.begin();
      if (this.start.signal.aborted) this.end(OVER);
      else if (!feed.behind) this.give(feed.next());
      else {
        this.isReading = true;
        void this.catchUp(feed).then(this.give, this.fail);
      }
    } catch (error) {
      this.fail(error);
    }
  };

  private readonly give = (events: Events): void => {
    const { feed, isOver } = this;
    this.isReading = false;
    if (isOver || feed === undefined) return;
    const last = events.at(-1);
    if (last !== undefined) {
      feed.seen = last.seq;
      return this.settle({ done: false, value: events });
    }
    if (feed.closed && !feed.behind) return this.end(OVER);
    void feed.wait(this.start.signal).then(this.advance);
  };

  private readonly fail = (error: unknown): void => {
    const { reader } = this;
    this.reader = undefined;
    this.end(OVER);
    reader?.reject(error);
  };

  /** What is being read from the log is still given, or why it cannot be read. */
  private readonly leave = (): void => {
    if (!this.isReading) this.end(OVER);
  };

  private end(result: Result): void {
    if (!this.isOver && this.feed !== undefined) {
      this.start.signal.removeEventListener('abort', this.leave);
      this.feeds.release(this.start.threadId, this.feed);
    }
    this.isOver = true;
    this.settle(result);
  }

  private settle(result: Result): void {
    const { reader } = this;
    this.reader = undefined;
    reader?.resolve(result);
  }

  /** Reads from the log. While it is unreachable the watcher waits, and its stream then continues where it was. */
  private async catchUp(feed: Feed): Promise<Events> {
    const { signal } = this.start;
    const deadline = performance.now() + GIVE_UP_MS;
    for (;;) {
      try {
        return await this.readBatch(feed);
      } catch (error) {
        const isOver = feed.closed || signal.aborted || performance.now() > deadline;
        if (error instanceof CompactedCursorError || isOver || isPermanent(error)) throw error;
        await pause(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Reads one batch. The feed is live again once nothing comes after it. */
  private async readBatch(feed: Feed): Promise<Events> {
    const { threadId } = this.start;
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
