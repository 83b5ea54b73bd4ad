import { Inject, Injectable } from '@nestjs/common';
import type { Caller, Message, TurnRequest } from '../../kernel/index.js';
import { MESSAGE_STORE, THREAD_STORE, type MessageStore, type ThreadStore } from '../../thread/index.js';
import { StartTurn, type StartedTurn, type Turn } from '../../turn/index.js';
import { identityOf, keyOf } from './foreign-ids.js';

/** A message whose client may send it again, without a key and without knowing its result. */
export interface RepeatableMessage {
  readonly caller: Caller;
  readonly threadId: string;
  readonly request: TurnRequest;
  /** The client's own id of the message. */
  readonly messageId: string | undefined;
}

/** The most failed turns of one message that are skipped before it is treated as a new one. */
const MAX_ATTEMPTS = 50;

/** Starts the turn of a message under the client's own id, once, however often the message is sent. */
@Injectable()
export class StartOnce {
  constructor(
    private readonly startTurn: StartTurn,
    @Inject(THREAD_STORE) private readonly threads: ThreadStore,
    @Inject(MESSAGE_STORE) private readonly messages: MessageStore,
  ) {}

  /**
   * The turn that answers the message: one that is running or completed, or a new one. Throws `NOT_FOUND`,
   * `THREAD_BUSY`, `RATE_LIMITED` or `SHUTTING_DOWN`.
   */
  async start({ caller, threadId, request, messageId }: RepeatableMessage): Promise<StartedTurn> {
    const identity = identityOf(request, messageId);
    let again: Message | undefined;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const idempotency = keyOf(threadId, identity, attempt);
      const started = await this.startTurn.start({ caller, threadId, request, idempotency, retried: again });
      const { turn } = started;
      if (await this.stands(caller, turn, messageId !== undefined)) return started;
      again = turn.status === 'completed' ? undefined : await this.unanswered(caller, turn);
    }
    return this.startTurn.start({ caller, threadId, request, idempotency: undefined });
  }

  /** The message of a turn without an answer, if the next one would follow it: it need not be stored again. */
  private async unanswered(caller: Caller, turn: Turn): Promise<Message | undefined> {
    const thread = await this.threads.find(caller, turn.threadId);
    if (thread?.headTurnId !== turn.id) return undefined;
    const messages = await this.messages.ofTurn(caller, turn.id);
    return messages.find(({ id }) => id === turn.userMessageId);
  }

  private async isNewest(caller: Caller, turn: Turn): Promise<boolean> {
    return (await this.threads.newestAnswer(caller, turn.threadId))?.turnId === turn.id;
  }

  /** Without an id, only the thread's newest message can be a repetition; a repeated older one is asked again. */
  private async stands(caller: Caller, turn: Turn, hasId: boolean): Promise<boolean> {
    if (turn.endedAt === null) return true;
    if (turn.status !== 'completed') return false;
    return hasId || this.isNewest(caller, turn);
  }
}
