import { Inject, Injectable } from '@nestjs/common';
import { MESSAGE_STORE, THREAD_STORE, type MessageStore, type ThreadStore } from '../../chat/index.js';
import type { Caller, Message } from '../../kernel/index.js';
import { StartTurn, type StartedTurn, type Turn } from '../../turn/index.js';
import { identityOf, type Conversation } from './conversation.js';
import { keyOf } from './own-ids.js';

/** A question whose prompt is what the client says was said. */
export interface Asked {
  readonly caller: Caller;
  readonly threadId: string;
  readonly conversation: Conversation;
  readonly provider: string | undefined;
  readonly model: string;
}

/** So many failures of one message are looked past before it is taken for a new one. */
const MAX_ATTEMPTS = 50;

/** Starts the turn of a message that a client may send again, without a key and without knowing what became of it. */
@Injectable()
export class StartOnce {
  constructor(
    private readonly startTurn: StartTurn,
    @Inject(THREAD_STORE) private readonly threads: ThreadStore,
    @Inject(MESSAGE_STORE) private readonly messages: MessageStore,
  ) {}

  /**
   * The turn that answers the message: the one that is running or has answered it, or a new one. Throws `NOT_FOUND`,
   * `THREAD_BUSY`, `RATE_LIMITED` or `SHUTTING_DOWN`.
   */
  async start({ caller, threadId, conversation, provider, model }: Asked): Promise<StartedTurn> {
    const identity = identityOf(conversation);
    const { content, history, systemPrompt, messageId } = conversation;
    const request = { content, history, systemPrompt, provider, model };
    let again: Message | undefined;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const idempotency = keyOf(threadId, identity, attempt);
      const started = await this.startTurn.start({ caller, threadId, request, idempotency, again });
      const { turn } = started;
      if (await this.stands(caller, turn, messageId !== undefined)) return started;
      again = turn.status === 'completed' ? undefined : await this.unanswered(caller, turn);
    }
    return this.startTurn.start({ caller, threadId, request, idempotency: undefined });
  }

  /** The message of a turn that came to nothing, while nothing has been said after it: it need not be stored again. */
  private async unanswered(caller: Caller, turn: Turn): Promise<Message | undefined> {
    if (!(await this.isNewest(caller, turn))) return undefined;
    const messages = await this.messages.ofTurn(caller, turn.id);
    return messages.find(({ id }) => id === turn.userMessageId);
  }

  private async isNewest(caller: Caller, turn: Turn): Promise<boolean> {
    return (await this.threads.newestAnswer(caller, turn.threadId))?.turnId === turn.id;
  }

  /** Without an id, only the thread's newest message can have been sent again; an older one is asked once more. */
  private async stands(caller: Caller, turn: Turn, hasId: boolean): Promise<boolean> {
    if (turn.endedAt === null) return true;
    if (turn.status !== 'completed') return false;
    return hasId || this.isNewest(caller, turn);
  }
}
