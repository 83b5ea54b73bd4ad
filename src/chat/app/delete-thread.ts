import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError, type Caller } from '../../kernel/index.js';
import { CompactedCursorError, ThreadFeeds, WatchThread } from '../../log/index.js';
import { THREAD_STORE, type ThreadStore } from '../../thread/index.js';
import { CancelTurn } from '../../turn/index.js';

/** How long whoever runs a turn of the thread has to store its end, before it is ended here. */
const STOP_MS = 1_500;
/** What watchers in other processes need to read the ends, before they go with the thread. */
const LAST_LOOK_MS = 150;
/** Messages may come in between: so often they are stopped too, and then the thread goes with what it does. */
const ROUNDS = 5;

/** Deletes a thread, stopping what it does and has in line first. */
@Injectable()
export class DeleteThread {
  constructor(
    @Inject(THREAD_STORE) private readonly threads: ThreadStore,
    private readonly cancelTurn: CancelTurn,
    private readonly watchThread: WatchThread,
    private readonly feeds: ThreadFeeds,
  ) {}

  /** Throws `NOT_FOUND`. */
  async delete(caller: Caller, threadId: string): Promise<void> {
    for (let round = 1; ; round += 1) {
      await this.stop(caller, threadId);
      const removal = await this.threads.remove(caller, threadId, round === ROUNDS);
      if (removal === 'absent') throw new AppError('NOT_FOUND', 'There is no such thread.');
      if (removal === 'removed') return this.feeds.forget(threadId);
    }
  }

  /** Every turn of the thread has ended after this, and whoever watches has been told so. */
  private async stop(caller: Caller, threadId: string): Promise<void> {
    const head = await this.threads.head(caller, threadId);
    if (head === undefined) return;
    const turns = new Set(await this.cancelTurn.cancelAll(caller, threadId));
    if (turns.size === 0) return;
    await this.ended(threadId, head, turns);
    await this.cancelTurn.endAll(turns);
    await pause(LAST_LOOK_MS);
  }

  /** Waits for the ends of the turns, and takes each that comes out of the set. */
  private async ended(threadId: string, head: number, turns: Set<string>): Promise<void> {
    const watching = this.watchThread.watch(threadId, head, AbortSignal.timeout(STOP_MS));
    try {
      for await (const events of watching) {
        for (const { type, turnId } of events) if (type === 'done') turns.delete(turnId);
        if (turns.size === 0) return;
      }
    } catch (error) {
      // Only what is over is compacted.
      if (!(error instanceof CompactedCursorError)) throw error;
    }
  }
}
