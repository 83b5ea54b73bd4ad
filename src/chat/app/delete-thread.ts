import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller } from '../../kernel/index.js';
import { CancelTurn, ThreadFeeds, WatchThread } from '../../turn/index.js';
import { THREAD_STORE, type ThreadStore } from '../ports/thread-store.js';

/** How long a running turn has to store its end before its thread goes anyway. */
const STOP_MS = 3_000;

/** Deletes a thread, stopping its running turn first. */
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
    const thread = await this.threads.find(caller, threadId);
    if (thread?.activeTurnId != null) await this.stop(caller, threadId, thread.activeTurnId);
    if (!(await this.threads.remove(caller, threadId)))
      throw new AppError('NOT_FOUND', 'There is no such thread.');
    this.feeds.close(threadId);
  }

  private async stop(caller: Caller, threadId: string, turnId: string): Promise<void> {
    const head = (await this.threads.head(caller, threadId)) ?? 0;
    await this.cancelTurn.cancel(caller, threadId, turnId);
    const watching = this.watchThread.watch(threadId, head, AbortSignal.timeout(STOP_MS));
    for await (const events of watching) {
      if (events.some((event) => event.type === 'done' && event.turnId === turnId)) return;
    }
  }
}
