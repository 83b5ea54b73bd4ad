import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../kernel/index.js';
import { CurrentCitations } from '../../workflow/index.js';
import { MESSAGE_STORE, type MessagePage, type MessageStore } from '../ports/message-store.js';

/** Reads a page of a thread's messages. */
@Injectable()
export class ListMessages {
  constructor(
    @Inject(MESSAGE_STORE) private readonly messages: MessageStore,
    private readonly citations: CurrentCitations,
  ) {}

  /** Absent when the caller has no such thread. Sources that the caller may no longer read are left out. */
  async list(
    caller: Caller,
    threadId: string,
    order: 'asc' | 'desc',
    limit: number,
    after: number | undefined,
  ): Promise<MessagePage | undefined> {
    const page = await this.messages.page(caller, threadId, order, limit, after);
    return page && { ...page, messages: await this.citations.of(caller, page.messages) };
  }
}
