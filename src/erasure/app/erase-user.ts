import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { DeleteThread } from '../../chat/index.js';
import { AppError, type Caller, type Person } from '../../kernel/index.js';
import { StreamTickets } from '../../platform/auth/index.js';
import { DOCUMENTS_OF_USER, type DocumentsOfUser } from '../../rag/index.js';
import { PROFILE_STORE, type ProfileStore } from '../../profile/index.js';
import { THREAD_STORE, type ThreadStore } from '../../thread/index.js';
import {
  APPROVAL_STORE,
  MCP_SERVER_STORE,
  type ApprovalStore,
  type McpServerStore,
} from '../../tool/index.js';
import { INPUT_STORE, type InputStore } from '../../turn/index.js';
import { USAGE_OF_USER, type UsageOfUser } from '../../usage/index.js';
import { DELIVERY_STORE, type DeliveryStore } from '../../webhook/index.js';

const PAGE = 100;
/** How long the usage of turns that were just stopped is waited for. */
const BILL_MS = 3_000;
const POLL_MS = 100;

/** Erases what is stored about a user: each module erases its own data, in an order that leaves nothing behind. */
@Injectable()
export class EraseUser {
  constructor(
    @Inject(THREAD_STORE) private readonly threads: ThreadStore,
    @Inject(DOCUMENTS_OF_USER) private readonly documents: DocumentsOfUser,
    @Inject(USAGE_OF_USER) private readonly usage: UsageOfUser,
    @Inject(INPUT_STORE) private readonly inputs: Pick<InputStore, 'anonymise'>,
    @Inject(APPROVAL_STORE) private readonly approvals: Pick<ApprovalStore, 'removeAll'>,
    @Inject(MCP_SERVER_STORE) private readonly servers: Pick<McpServerStore, 'removeAll'>,
    @Inject(PROFILE_STORE) private readonly profiles: Pick<ProfileStore, 'removeAll'>,
    @Inject(DELIVERY_STORE) private readonly deliveries: Pick<DeliveryStore, 'removeAll'>,
    private readonly tickets: StreamTickets,
    private readonly deleteThread: DeleteThread,
  ) {}

  /**
   * Stops the user's turns, closes their streams, and deletes threads with all their content, private documents and
   * tickets. Documents shared with the organisation and billed usage stay, without the user's name. Idempotent.
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
    while ((await this.usage.isInFlight(user)) && performance.now() < deadline) await pause(POLL_MS);
    await this.documents.disown(user);
    await this.usage.anonymise(user);
    await this.inputs.anonymise(user);
    await this.approvals.removeAll(user);
    await this.servers.removeAll(user);
    await this.profiles.removeAll(user);
    await this.deliveries.removeAll(user);
    await this.tickets.removeOf(user);
  }

  /** Page by page: each thread is deleted in its own transaction, so that locks are held for moments only. */
  private async deleteThreads(user: Caller): Promise<void> {
    for (;;) {
      const { threads } = await this.threads.list(user, PAGE, undefined, undefined);
      if (threads.length === 0) return;
      for (const { id } of threads) await this.deleteThread.delete(user, id).catch(ignoreAbsent);
    }
  }
}

/** The thread was deleted by somebody else meanwhile. */
function ignoreAbsent(error: unknown): void {
  if (!(error instanceof AppError) || error.code !== 'NOT_FOUND') throw error;
}
