import { Inject, Injectable } from '@nestjs/common';
import { AppError, ConcurrencyLimit, userKey, type Caller, type Message } from '../../kernel/index.js';
import {
  MESSAGE_STORE,
  type MessagePage,
  type MessagePosition,
  type MessageStore,
} from '../../thread/index.js';
import { TURN_STORE, type TurnStore } from '../../turn/index.js';
import { ReadableCitations } from '../../workflow/index.js';

/** The most pages of one user read at once: they may be long, and all requests share the connections. */
const PAGES_AT_ONCE = 4;

/** Where the next page begins, and which branch the thread showed on the one before, unless a turn was named. */
export interface PagePosition extends MessagePosition {
  readonly shown?: number;
}

/** Reads a page of a thread's messages. */
@Injectable()
export class ListMessages {
  private readonly reading = new ConcurrencyLimit({ slotsPerOwner: PAGES_AT_ONCE });

  constructor(
    @Inject(MESSAGE_STORE) private readonly messages: MessageStore,
    @Inject(TURN_STORE) private readonly turns: Pick<TurnStore, 'find'>,
    private readonly citations: ReadableCitations,
  ) {}

  /**
   * Throws `INVALID_CURSOR` where the thread shows another branch by now than on the page before. Absent when the caller has no such thread, or the thread no such turn as `branch`. Citations that the caller may no
   * longer read are left out, and so is an answer that nobody writes: its turn waits for a person and has said nothing yet.
   * A page may be shorter for it, and goes on where it would have.
   */
  list(
    caller: Caller,
    threadId: string,
    order: 'asc' | 'desc',
    limit: number,
    after: PagePosition | undefined,
    branch?: string,
  ): Promise<MessagePage | undefined> {
    return this.reading.run(userKey(caller), async () => {
      const page = await this.messages.page(caller, threadId, order, limit, after, branch);
      if (page === undefined) return undefined;
      if (after?.shown !== undefined && after.shown !== page.branch) throw headHasMoved();
      const messages = await this.withoutUnbegun(caller, threadId, page.messages);
      return { ...page, messages: await this.citations.of(caller, messages) };
    });
  }

  /** Few messages are empty and unended at once, so their turns are looked up one by one. */
  private async withoutUnbegun(
    caller: Caller,
    threadId: string,
    messages: readonly Message[],
  ): Promise<readonly Message[]> {
    const unbegun = new Set<string>();
    for (const { id, turnId } of messages.filter(isBlank)) {
      const turn = await this.turns.find(caller, threadId, turnId);
      if (turn?.status === 'waiting') unbegun.add(id);
    }
    return unbegun.size === 0 ? messages : messages.filter(({ id }) => !unbegun.has(id));
  }
}

function headHasMoved(): AppError {
  return new AppError(
    'INVALID_CURSOR',
    'The thread shows another branch than it did for the page before. Leave the cursor out to start over, or name the branch.',
  );
}

/** Whether nothing of an answer is there yet. */
function isBlank({ role, status, content, toolCalls }: Message): boolean {
  return role === 'assistant' && status === 'streaming' && content === '' && toolCalls.length === 0;
}
