import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller, type Message } from '../../kernel/index.js';
import { THREAD_STORE, type MessagePosition, type Thread, type ThreadStore } from '../../thread/index.js';
import { ListMessages } from './list-messages.js';

/** Messages held in memory at once for each reader. */
const PAGE = 50;

/** A thread and all messages of its shown branch, read page by page as they are asked for. */
export interface WholeBranch {
  readonly thread: Thread;
  readonly messages: AsyncGenerator<Message, void, undefined>;
}

/** Reads the shown branch of a thread as a whole. */
@Injectable()
export class ReadBranch {
  constructor(
    @Inject(THREAD_STORE) private readonly threads: ThreadStore,
    private readonly listMessages: ListMessages,
  ) {}

  /** Throws `NOT_FOUND`. The branch stays the same while it is read, whatever becomes of the thread's head. */
  async open(caller: Caller, threadId: string): Promise<WholeBranch> {
    const thread = await this.threads.find(caller, threadId);
    if (thread === undefined) throw new AppError('NOT_FOUND', 'There is no such thread.');
    return { thread, messages: this.messages(caller, thread) };
  }

  private async *messages(
    caller: Caller,
    { id, headTurnId }: Thread,
  ): AsyncGenerator<Message, void, undefined> {
    if (headTurnId === null) return;
    for (let after: MessagePosition | undefined; ;) {
      const page = await this.listMessages.list(caller, id, 'asc', PAGE, after, headTurnId);
      if (page === undefined) throw new AppError('NOT_FOUND', 'The thread was deleted meanwhile.');
      yield* page.messages;
      if (page.next === undefined) return;
      after = page.next;
    }
  }
}
