import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { DeleteThread } from '../../chat/index.js';
import { AppError, type Caller, type Person } from '../../kernel/index.js';
import { StreamTickets } from '../../platform/auth/index.js';
import { DOCUMENTS_OF_USER, type DocumentsOfUser } from '../../rag/index.js';
import { THREAD_STORE, type ThreadStore } from '../../thread/index.js';
import { INPUT_STORE, type InputStore } from '../../turn/index.js';
import { USAGE_OF_USER, type UsageOfUser } from '../../usage/index.js';

const PAGE = 100;
/** How long bills of turns that were just stopped are waited for. */
const BILL_MS = 3_000;
const LOOK_MS = 100;

/** Erases what is kept of a user: each room erases its own, here in an order that leaves nothing behind. */
@Injectable()
export class EraseUser {
  constructor(
    @Inject(THREAD_STORE) private readonly threads: ThreadStore,
    @Inject(DOCUMENTS_OF_USER) private readonly documents: DocumentsOfUser,
    @Inject(USAGE_OF_USER) private readonly usage: UsageOfUser,
    @Inject(INPUT_STORE) private readonly inputs: Pick<InputStore, 'anonymise'>,
    private readonly tickets: StreamTickets,
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
    await this.tickets.removeOf(user);
    await this.deleteThreads(user);
    await this.documents.remove(user);
    const deadline = performance.now() + BILL_MS;
    while ((await this.usage.isInFlight(user)) && performance.now() < deadline) await pause(LOOK_MS);
    await this.documents.disown(user);
    await this.usage.anonymise(user);
    await this.inputs.anonymise(user);
    await this.tickets.removeOf(user);
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
