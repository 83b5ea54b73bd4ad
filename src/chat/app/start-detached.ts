import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller, type Message } from '../../kernel/index.js';
import { MESSAGE_STORE, type MessageStore } from '../../thread/index.js';
import type { Turn } from '../../turn/index.js';
import { PostMessage, type PostedMessage } from './post-message.js';

/** Starts a turn for a client that reads it on the thread's stream. */
@Injectable()
export class StartDetached {
  constructor(
    private readonly postMessage: PostMessage,
    @Inject(MESSAGE_STORE) private readonly messages: MessageStore,
  ) {}

  /** The turn as it was started, and the user's message. Throws as {@link PostMessage} does. */
  async start(
    caller: Caller,
    threadId: string,
    posted: PostedMessage,
    idempotencyKey: string | undefined,
  ): Promise<{ readonly turn: Turn; readonly message: Message }> {
    const { turn } = await this.postMessage.post(caller, threadId, posted, idempotencyKey);
    const messages = await this.messages.ofTurn(caller, turn.id);
    const message = messages.find(({ id }) => id === turn.userMessageId);
    if (message === undefined) throw new AppError('NOT_FOUND', 'The thread was deleted meanwhile.');
    return { turn, message };
  }
}
