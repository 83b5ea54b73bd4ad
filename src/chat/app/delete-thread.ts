import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError, type Caller } from '../../kernel/index.js';
import { CompactedCursorError, ThreadFeeds, WatchThread } from '../../log/index.js';
import { THREAD_STORE, type ThreadStore } from '../../thread/index.js';
import { CancelTurn } from '../../turn/index.js';

/** How long a process has to end its turn of the thread before this one ends it. */
const STOP_MS = 1_500;
/** How long watchers in other processes have to read the last events before they are deleted. */
const LAST_LOOK_MS = 150;
/**
 * Messages may arrive meanwhile: their turns are stopped as well, in this many rounds; then the thread is deleted
 * regardless.
 */
const ROUNDS = 5;

/** Deletes a thread, after stopping its running and queued turns. */
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

  /** Afterwards every turn of the thread has ended, and watchers have received the last events. */
  private async stop(caller: Caller, threadId: string): Promise<void> {
    const head = await this.threads.head(caller, threadId);
    if (head === undefined) return;
    const turns = new Set(await this.cancelTurn.cancelAll(caller, threadId));
    if (turns.size === 0) return;
    await this.ended(threadId, head, turns);
    await this.cancelTurn.endAll(turns);
    await pause(LAST_LOOK_MS);
  }

  /** Waits for the turns to end, and removes each that has from the set. */
  private async ended(threadId: string, head: number, turns: Set<string>): Promise<void> {
    const watching = this.watchThread.watch(threadId, head, AbortSignal.timeout(STOP_MS));
    try {
      for await (const events of watching) {
        for (const { type, turnId } of events) if (type === 'done') turns.delete(turnId);
        if (turns.size === 0) return;
      }
    } catch (error) {
      // Only events of turns that have ended are compacted.
      if (!(error instanceof CompactedCursorError)) throw error;
    }
  }
}
