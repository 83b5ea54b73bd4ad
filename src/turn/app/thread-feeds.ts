import { Injectable } from '@nestjs/common';
import type { LoggedEvent } from '../core/logged-event.js';

/** What one watcher may have waiting in memory; beyond it the watcher reads from the log instead. */
const MAX_PENDING_EVENTS = 256;
const MAX_PENDING_CHARS = 262_144;

/**
 * What has come for one watcher since it last looked. It holds a bounded number of events; when they are too
 * many it forgets them and says that it is behind, and the log has them all.
 */
export class Feed {
  private events: LoggedEvent[] = [];
  private chars = 0;
  private wakeUp: (() => void) | undefined;
  behind = true;
  closed = false;
  /** The newest sequence that went to the watcher, or is on its way. */
  seen = 0;

  push(events: readonly LoggedEvent[]): void {
    if (!this.behind) {
      this.seen = events.at(-1)?.seq ?? this.seen;
      for (const event of events) this.chars += event.data.length;
      if (this.events.length + events.length > MAX_PENDING_EVENTS || this.chars > MAX_PENDING_CHARS)
        this.fallBehind();
      else if (this.events.length === 0) this.events = events as LoggedEvent[];
      else this.events = [...this.events, ...events];
    }
    this.wake();
  }

  /** Something may have been written that did not come this way. */
  fallBehind(): void {
    this.behind = true;
    this.events = [];
    this.chars = 0;
    this.wake();
  }

  /** The thread is gone: nothing will come any more. */
  close(): void {
    this.closed = true;
    this.wake();
  }

  take(): readonly LoggedEvent[] {
    const { events } = this;
    this.events = [];
    this.chars = 0;
    return events;
  }

  /** Resolves when there may be something new, or the signal aborts. */
  wait(signal: AbortSignal): Promise<void> {
    if (this.behind || this.closed || this.events.length > 0 || signal.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.wakeUp = resolve;
    return promise;
  }

  wake(): void {
    this.wakeUp?.();
    this.wakeUp = undefined;
  }
}

/** The watchers of this process, by thread: what is written here reaches them without a read. */
@Injectable()
export class ThreadFeeds {
  private readonly feeds = new Map<string, Set<Feed>>();

  open(threadId: string): Feed {
    const feed = new Feed();
    const feeds = this.feeds.get(threadId);
    if (feeds === undefined) this.feeds.set(threadId, new Set([feed]));
    else feeds.add(feed);
    return feed;
  }

  release(threadId: string, feed: Feed): void {
    const feeds = this.feeds.get(threadId);
    feeds?.delete(feed);
    if (feeds?.size === 0) this.feeds.delete(threadId);
  }

  publish(threadId: string, events: readonly LoggedEvent[]): void {
    this.feeds.get(threadId)?.forEach((feed) => feed.push(events));
  }

  /** Another process wrote to the thread, or, without a thread, may have written to any. */
  wake(threadId: string | undefined): void {
    const woken = threadId === undefined ? [...this.feeds.values()] : [this.feeds.get(threadId) ?? []];
    for (const feeds of woken) feeds.forEach((feed) => feed.fallBehind());
  }

  /** The thread's log ends at `head`: watchers that are not there yet read on. */
  nudge(threadId: string, head: number): void {
    this.feeds.get(threadId)?.forEach((feed) => {
      if (feed.seen < head) feed.fallBehind();
    });
  }

  /** The thread was deleted. */
  close(threadId: string): void {
    this.feeds.get(threadId)?.forEach((feed) => feed.close());
  }

  /** Every watch ends once it has given what there is. */
  closeAll(): void {
    for (const feeds of this.feeds.values()) feeds.forEach((feed) => feed.close());
  }

  watched(): readonly string[] {
    return [...this.feeds.keys()];
  }
}
