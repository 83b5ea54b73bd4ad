import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller } from '../../kernel/index.js';
import { APPROVAL_STORE, type Approval, type ApprovalStore } from '../ports/approval-store.js';

/** What a user has agreed to once and for all. */
@Injectable()
export class Approvals {
  constructor(@Inject(APPROVAL_STORE) private readonly store: ApprovalStore) {}

  isRemembered(caller: Caller, tool: string, definitionHash: string): Promise<boolean> {
    return this.store.has(caller, tool, definitionHash);
  }

  /** From now on the user is not asked about the tool, while it is defined as it is. */
  remember(caller: Caller, tool: string, definitionHash: string): Promise<void> {
    return this.store.add(caller, tool, definitionHash);
  }

  /** The newest first. `next`: the id that the next page begins behind, when there is one. */
  async page(
    caller: Caller,
    limit: number,
    after: string | undefined,
  ): Promise<{ readonly approvals: readonly Approval[]; readonly next: string | undefined }> {
    // A user has few. An id is as old as what it names, so that one that is gone by now still has its place.
    const all = await this.store.list(caller);
    const left = after === undefined ? all : all.filter(({ id }) => id < after.toLowerCase());
    return {
      approvals: left.slice(0, limit),
      next: left.length > limit ? left[limit - 1]?.id : undefined,
    };
  }

  /** The user is asked again from now on. Throws `NOT_FOUND`. */
  async forget(caller: Caller, id: string): Promise<void> {
    if (await this.store.remove(caller, id)) return;
    throw new AppError('NOT_FOUND', 'There is no such approval.');
  }
}
