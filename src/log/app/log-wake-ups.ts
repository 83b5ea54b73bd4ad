import { Inject, Injectable } from '@nestjs/common';
import { LIVE_LOG, type LiveLog } from '../ports/live-log.js';
import { TURN_EVENT_LOG, type TurnEventLog } from '../ports/turn-event-log.js';
import { ThreadFeeds } from './thread-feeds.js';

/** How long the live log may take to deliver announced events before the event log is read instead. */
const LIVE_MS = 200;

/**
 * Notifies the watchers of this process that other processes have written: they receive the events over the live log,
 * or read them.
 */
@Injectable()
export class LogWakeUps {
  private readonly announced = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(TURN_EVENT_LOG) private readonly log: TurnEventLog,
    @Inject(LIVE_LOG) private readonly live: LiveLog,
    private readonly feeds: ThreadFeeds,
  ) {}

  /** Starts listening to other processes. */
  async start(): Promise<void> {
    this.live.start({
      received: (threadId, events) => this.feeds.deliver(threadId, events),
      missed: (threadId) => this.feeds.wake(threadId),
    });
    await this.log.onAppended((threadId) => this.appended(threadId));
  }

  /** Stops listening; every watch ends once it has delivered what is stored. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.feeds.closeAll();
    await this.live.close();
  }

  /** The fallback for lost notifications: watchers whose position is not the end of their thread's log read on. */
  async compareHeads(threads = this.feeds.watched()): Promise<void> {
    if (threads.length === 0) return;
    const heads = await this.log.heads(threads);
    for (const threadId of threads) {
      const head = heads.get(threadId);
      if (head === undefined) this.feeds.close(threadId);
      else this.feeds.compareHead(threadId, head);
    }
  }

  /** Another process has written: the events arrive over the live log, or are read. */
  private appended(threadId: string | undefined): void {
    if (threadId === undefined || this.live.state !== 'up') return this.feeds.wake(threadId);
    if (!this.feeds.has(threadId)) return;
    this.announced.add(threadId);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const threads = [...this.announced];
      this.announced.clear();
      this.compareHeads(threads).catch(() => threads.forEach((thread) => this.feeds.wake(thread)));
    }, LIVE_MS).unref();
  }
}
