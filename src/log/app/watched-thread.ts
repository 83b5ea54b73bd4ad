import type { LoggedEvent } from '../core/logged-event.js';
import { ThreadTail } from './thread-tail.js';

/**
 * One watcher's place in a thread. It holds no events: what is new waits once for all watchers, and who is too far
 * behind for that reads the log.
 */
export class Feed {
  private wakeUp: (() => void) | undefined;
  /** Whether the log has to be read before anything that comes live counts. */
  behind = true;
  closed = false;
  /** Whether something waits that this watcher has not looked at. */
  isOwed = false;
  /** The newest sequence that went to the watcher. */
  seen = 0;

  constructor(private readonly thread: WatchedThread) {}

  /** What waits after {@link seen}, merged and of bounded size; the feed is behind when it is not here any more. */
  take(): readonly LoggedEvent[] {
    return this.thread.after(this);
  }

  /** Changes whenever something may have been written to the thread. */
  get version(): number {
    return this.thread.version;
  }

  /** From now on, what comes counts. */
  goLive(): void {
    this.behind = false;
  }

  /** Something may have been written that did not come this way. */
  fallBehind(): void {
    this.behind = true;
    this.thread.settle(this);
    this.wake();
  }

  /** Resolves when there may be something new, or the signal aborts. */
  wait(signal: AbortSignal): Promise<void> {
    if (this.behind || this.closed || this.isOwed || signal.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.wakeUp = resolve;
    return promise;
  }

  wake(): void {
    this.wakeUp?.();
    this.wakeUp = undefined;
  }

  release(): void {
    this.thread.release(this);
  }
}

/** So many watchers are told at once; then everything else has its turn, the next pieces' way to the log first of all. */
const TOLD_AT_ONCE = 64;

/** Never the same twice in a process, so that a thread which is watched again is not taken for what it was. */
let lastVersion = 0;

/** A thread that is watched in this process. */
export class WatchedThread {
  private readonly feeds = new Set<Feed>();
  private readonly tail = new ThreadTail();
  /** How many feeds have not looked at all that waits; for nobody, nothing is kept. */
  private owed = 0;
  /** Those that are still to be told what came; what comes meanwhile is told to all once more. */
  private untold: IteratorObject<Feed, undefined> | undefined;
  private cameMeanwhile = false;
  private isTelling = false;
  /** Where the log ended when a watcher was found beyond its end. */
  private beyond: number | undefined;
  version = ++lastVersion;

  open(): Feed {
    const feed = new Feed(this);
    this.feeds.add(feed);
    return feed;
  }

  release(feed: Feed): void {
    this.settle(feed);
    this.feeds.delete(feed);
  }

  get isWatched(): boolean {
    return this.feeds.size > 0;
  }

  take(events: readonly LoggedEvent[]): void {
    if (!this.tail.add(events)) return;
    this.version = ++lastVersion;
    if (this.tail.isFull) this.leaveBehind();
    for (const feed of this.feeds) {
      if (feed.behind || feed.isOwed) continue;
      feed.isOwed = true;
      this.owed += 1;
    }
    if (this.owed === 0) this.tail.clear();
    this.cameMeanwhile = true;
    if (!this.isTelling) this.tell();
  }

  /** Tells one watcher after the other, each once before any is told again: nobody is left out when pieces come fast. */
  private tell(): void {
    this.isTelling = true;
    for (let told = 0; told < TOLD_AT_ONCE; told += 1) {
      if (this.untold === undefined) {
        this.isTelling = this.cameMeanwhile;
        if (!this.isTelling) return;
        this.cameMeanwhile = false;
        this.untold = this.feeds.values();
      }
      const next = this.untold.next();
      if (next.done === true) this.untold = undefined;
      else next.value.wake();
    }
    setImmediate(() => this.tell());
  }

  after(feed: Feed): readonly LoggedEvent[] {
    const events = this.tail.after(feed.seen);
    if (events === undefined) {
      feed.fallBehind();
      return [];
    }
    if ((events.at(-1)?.seq ?? this.tail.head) >= this.tail.head) this.settle(feed);
    return events;
  }

  wake(): void {
    this.version = ++lastVersion;
    for (const feed of this.feeds) feed.fallBehind();
  }

  /**
   * The log ends at `head`: feeds that have not got there read on. One that is beyond it, and still is when asked again,
   * stands over a database that was put back: it ends, and whoever comes back is told so.
   */
  nudge(head: number): void {
    const isBeyond = [...this.feeds].some((feed) => feed.seen > head);
    if (isBeyond && this.beyond === head) this.close();
    this.beyond = isBeyond ? head : undefined;
    const late = [...this.feeds].filter(
      (feed) => head > (feed.isOwed ? Math.max(feed.seen, this.tail.head) : feed.seen),
    );
    if (late.length === 0) return;
    this.version = ++lastVersion;
    for (const feed of late) feed.fallBehind();
  }

  close(): void {
    for (const feed of this.feeds) {
      feed.closed = true;
      feed.wake();
    }
  }

  /** The feed waits for nothing that is here. */
  settle(feed: Feed): void {
    if (!feed.isOwed) return;
    feed.isOwed = false;
    this.owed -= 1;
    if (this.owed === 0) this.tail.clear();
  }

  /** Too much waits: who has not looked at it reads the log from now on. */
  private leaveBehind(): void {
    this.tail.clear();
    for (const feed of this.feeds) if (!feed.behind) feed.fallBehind();
  }
}
