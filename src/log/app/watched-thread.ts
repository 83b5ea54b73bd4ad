import type { LoggedEvent } from '../core/logged-event.js';
import { ThreadTail } from './thread-tail.js';

/**
 * One watcher's position in a thread. It holds no events: new ones are held once for all watchers, and a watcher that
 * is too far behind for those reads the log.
 */
export class Feed {
  private wakeUp: (() => void) | undefined;
  /** Whether the log has to be read before live events can be delivered. */
  behind = true;
  closed = false;
  /** Whether there are events that this watcher has not read. */
  hasUnread = false;
  /** The newest sequence delivered to the watcher. */
  seen = 0;

  constructor(private readonly thread: WatchedThread) {}

  /** The events after {@link seen}, merged and of bounded size; falls behind when they are no longer held here. */
  next(): readonly LoggedEvent[] {
    return this.thread.nextFor(this);
  }

  /** Changes whenever something may have been written to the thread. */
  get version(): number {
    return this.thread.version;
  }

  /** From now on live events are delivered. */
  goLive(): void {
    this.behind = false;
  }

  /**
   * Begins after the sequence. One that was live before that goes on so if it was given what comes next; otherwise the log has
   * to be read.
   */
  startAfter(seq: number): void {
    this.seen = seq;
    if (!this.behind && !this.thread.holdsAfter(seq)) this.fallBehind();
  }

  /** Something may have been written that did not arrive here. */
  fallBehind(): void {
    this.behind = true;
    this.thread.markRead(this);
    this.wake();
  }

  /** Resolves when there may be something new, or the signal aborts. */
  wait(signal: AbortSignal): Promise<void> {
    if (this.behind || this.closed || this.hasUnread || signal.aborted) return Promise.resolve();
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

/** How many watchers are woken at once before other work, such as writing the next pieces to the log, gets its turn. */
const WOKEN_AT_ONCE = 64;

/** Unique in the process, so that a thread which is watched again is not mistaken for its former state. */
let lastVersion = 0;

/** A thread that is watched in this process. */
export class WatchedThread {
  private readonly feeds = new Set<Feed>();
  private readonly tail = new ThreadTail();
  /** How many feeds have unread events; while none has, nothing is kept. */
  private unread = 0;
  /** The feeds that are still to be woken in this round; events that arrive meanwhile start another one. */
  private toWake: IteratorObject<Feed, undefined> | undefined;
  private needsAnotherRound = false;
  private isWaking = false;
  /** Where the log ended when a watcher was last found beyond its end. */
  private beyond: number | undefined;
  version = ++lastVersion;

  open(): Feed {
    const feed = new Feed(this);
    this.feeds.add(feed);
    return feed;
  }

  release(feed: Feed): void {
    this.markRead(feed);
    this.feeds.delete(feed);
  }

  get isWatched(): boolean {
    return this.feeds.size > 0;
  }

  deliver(events: readonly LoggedEvent[]): void {
    if (!this.tail.add(events)) return;
    this.version = ++lastVersion;
    if (this.tail.isFull) this.discardTail();
    for (const feed of this.feeds) {
      if (feed.behind || feed.hasUnread) continue;
      feed.hasUnread = true;
      this.unread += 1;
    }
    if (this.unread === 0) this.tail.clear();
    this.needsAnotherRound = true;
    if (!this.isWaking) this.wakeSome();
  }

  /**
   * Wakes the feeds in rounds, each once before any is woken again, so that none is skipped when pieces arrive fast.
   */
  private wakeSome(): void {
    this.isWaking = true;
    for (let woken = 0; woken < WOKEN_AT_ONCE; woken += 1) {
      if (this.toWake === undefined) {
        this.isWaking = this.needsAnotherRound;
        if (!this.isWaking) return;
        this.needsAnotherRound = false;
        this.toWake = this.feeds.values();
      }
      const next = this.toWake.next();
      if (next.done === true) this.toWake = undefined;
      else next.value.wake();
    }
    setImmediate(() => this.wakeSome());
  }

  nextFor(feed: Feed): readonly LoggedEvent[] {
    const events = this.tail.after(feed.seen);
    if (events === undefined) {
      feed.fallBehind();
      return [];
    }
    if ((events.at(-1)?.seq ?? this.tail.head) >= this.tail.head) this.markRead(feed);
    return events;
  }

  holdsAfter(seq: number): boolean {
    return this.tail.holdsAfter(seq);
  }

  wake(): void {
    this.version = ++lastVersion;
    for (const feed of this.feeds) feed.fallBehind();
  }

  /**
   * The log ends at `head`: feeds that have not reached it read on. A feed beyond it, twice in a row, belongs to a
   * client of a database that was restored to an earlier state: it ends, and the client learns of it when it
   * reconnects.
   */
  compareHead(head: number): void {
    const isBeyond = [...this.feeds].some((feed) => feed.seen > head);
    if (isBeyond && this.beyond === head) this.close();
    this.beyond = isBeyond ? head : undefined;
    const late = [...this.feeds].filter(
      (feed) => head > (feed.hasUnread ? Math.max(feed.seen, this.tail.head) : feed.seen),
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

  /** The feed has read everything that is held here. */
  markRead(feed: Feed): void {
    if (!feed.hasUnread) return;
    feed.hasUnread = false;
    this.unread -= 1;
    if (this.unread === 0) this.tail.clear();
  }

  /** Too much is held in memory: feeds that have not read it read the log instead. */
  private discardTail(): void {
    this.tail.clear();
    for (const feed of this.feeds) if (!feed.behind) feed.fallBehind();
  }
}
