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

  list(caller: Caller): Promise<readonly Approval[]> {
    return this.store.list(caller);
  }

  /** The user is asked again from now on. Throws `NOT_FOUND`. */
  async forget(caller: Caller, id: string): Promise<void> {
    if (await this.store.remove(caller, id)) return;
    throw new AppError('NOT_FOUND', 'There is no such approval.');
  }
}
