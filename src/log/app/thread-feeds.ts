import { Inject, Injectable } from '@nestjs/common';
import type { LoggedEvent } from '../core/logged-event.js';
import { LIVE_LOG, type LiveLog } from '../ports/live-log.js';
import { WatchedThread, type Feed } from './watched-thread.js';

/** The watchers of this process, by thread. What is written here or arrives over the live log needs no read. */
@Injectable()
export class ThreadFeeds {
  private readonly threads = new Map<string, WatchedThread>();

  constructor(
    @Inject(LIVE_LOG) private readonly live: Pick<LiveLog, 'follow' | 'forget' | 'publish' | 'unfollow'>,
  ) {}

  open(threadId: string): Feed {
    let thread = this.threads.get(threadId);
    if (thread === undefined) this.threads.set(threadId, (thread = new WatchedThread()));
    return thread.open();
  }

  release(threadId: string, feed: Feed): void {
    feed.release();
    if (this.threads.get(threadId)?.isWatched !== false) return;
    this.threads.delete(threadId);
    this.live.unfollow(threadId);
  }

  /** A watcher has read the log up to the sequence: what follows may arrive over the live log. */
  caughtUp(threadId: string, seq: number): void {
    if (this.threads.has(threadId)) this.live.follow(threadId, seq);
  }

  /** Delivers events that this process has just stored to the watchers here and in other processes. */
  publish(threadId: string, events: readonly LoggedEvent[]): void {
    this.deliver(threadId, events);
    this.live.publish(threadId, events);
  }

  /** Delivers stored events to the watchers here. */
  deliver(threadId: string, events: readonly LoggedEvent[]): void {
    this.threads.get(threadId)?.deliver(events);
  }

  /** Another process has written to the thread, or, without a thread, may have written to any. */
  wake(threadId: string | undefined): void {
    if (threadId !== undefined) this.threads.get(threadId)?.wake();
    else for (const thread of this.threads.values()) thread.wake();
  }

  /** The thread's log ends at `head`: watchers that have not reached it read on. */
  compareHead(threadId: string, head: number): void {
    this.threads.get(threadId)?.compareHead(head);
  }

  /** The thread was deleted by this process: its watches end, and the live log drops it. */
  forget(threadId: string): void {
    this.close(threadId);
    this.live.forget(threadId);
  }

  /** The thread no longer exists: its watches end once they have delivered what is stored. */
  close(threadId: string): void {
    this.threads.get(threadId)?.close();
  }

  /** The same for every thread. */
  closeAll(): void {
    for (const thread of this.threads.values()) thread.close();
  }

  has(threadId: string): boolean {
    return this.threads.has(threadId);
  }

  watched(): readonly string[] {
    return [...this.threads.keys()];
  }
}
