import { Inject, Injectable } from '@nestjs/common';
import { ConcurrencyLimit, userKey, type Caller } from '../../kernel/index.js';
import {
  MESSAGE_STORE,
  type MessagePage,
  type MessagePosition,
  type MessageStore,
} from '../../thread/index.js';
import { ReadableCitations } from '../../workflow/index.js';

/** The most pages of one user read at once: they may be long, and all requests share the connections. */
const PAGES_AT_ONCE = 4;

/** Reads a page of a thread's messages. */
@Injectable()
export class ListMessages {
  private readonly reading = new ConcurrencyLimit({ slotsPerOwner: PAGES_AT_ONCE });

  constructor(
    @Inject(MESSAGE_STORE) private readonly messages: MessageStore,
    private readonly citations: ReadableCitations,
  ) {}

  /**
   * Absent when the caller has no such thread, or the thread no such turn as `branch`. Citations that the caller may no
   * longer read are left out.
   */
  list(
    caller: Caller,
    threadId: string,
    order: 'asc' | 'desc',
    limit: number,
    after: MessagePosition | undefined,
    branch?: string,
  ): Promise<MessagePage | undefined> {
    return this.reading.run(userKey(caller), async () => {
      const page = await this.messages.page(caller, threadId, order, limit, after, branch);
      return page && { ...page, messages: await this.citations.of(caller, page.messages) };
    });
  }
}
