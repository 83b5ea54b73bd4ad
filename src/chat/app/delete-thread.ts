import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller } from '../../kernel/index.js';
import { CancelTurn, CompactedCursorError, ThreadFeeds, WatchThread } from '../../turn/index.js';
import { THREAD_STORE, type ThreadStore } from '../ports/thread-store.js';

/** How long what runs and waits has to store its end before its thread goes anyway. */
const STOP_MS = 3_000;

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
    const head = await this.threads.head(caller, threadId);
    if (head !== undefined) await this.stop(caller, threadId, head);
    if (!(await this.threads.remove(caller, threadId)))
      throw new AppError('NOT_FOUND', 'There is no such thread.');
    this.feeds.forget(threadId);
  }

  private async stop(caller: Caller, threadId: string, head: number): Promise<void> {
    const turns = new Set(await this.cancelTurn.cancelAll(caller, threadId));
    if (turns.size === 0) return;
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
