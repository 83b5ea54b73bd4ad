import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { DeleteThread } from '../../chat/index.js';
import { AppError, type Caller } from '../../kernel/index.js';
import { THREAD_STORE, type ThreadStore } from '../../thread/index.js';
import { USER_TRACES, type Person, type UserTraces } from '../ports/user-traces.js';

const PAGE = 100;
/** How long bills of turns that were just stopped are waited for. */
const BILL_MS = 3_000;
const LOOK_MS = 100;

/** Erases what is kept of a user. */
@Injectable()
export class EraseUser {
  constructor(
    @Inject(THREAD_STORE) private readonly threads: ThreadStore,
    @Inject(USER_TRACES) private readonly traces: UserTraces,
    private readonly deleteThread: DeleteThread,
  ) {}

  /**
   * Stops the user's turns, ends the streams, and removes threads with all that is in them, private documents and tickets. What
   * the organisation shares and what it is billed stay, without the name. Nothing to erase is erased as well.
   */
  async erase({ id, org }: Person): Promise<void> {
    const user: Caller = {
      ...{ id, org, roles: [], clearance: 'restricted' },
      ...{ name: undefined, email: undefined },
    };
    await this.traces.removeTickets(user);
    await this.deleteThreads(user);
    await this.traces.removeDocuments(user);
    const deadline = performance.now() + BILL_MS;
    while ((await this.traces.isBeingBilled(user)) && performance.now() < deadline) await pause(LOOK_MS);
    await this.traces.anonymise(user);
    await this.traces.removeTickets(user);
  }

  /** Page by page: each thread is a deletion of its own, so that nobody waits for all of them. */
  private async deleteThreads(user: Caller): Promise<void> {
    for (;;) {
      const { threads } = await this.threads.list(user, PAGE, undefined, undefined);
      if (threads.length === 0) return;
      for (const { id } of threads) await this.deleteThread.delete(user, id).catch(ignoreAbsent);
    }
  }
}

/** Somebody else, or the user, deleted it meanwhile. */
function ignoreAbsent(error: unknown): void {
  if (!(error instanceof AppError) || error.code !== 'NOT_FOUND') throw error;
}
