import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller, type Citation, type Message, type Usage } from '../../kernel/index.js';
import { dataOf, isOfType } from '../../log/index.js';
import { MESSAGE_STORE, type MessageStore } from '../../thread/index.js';
import { TURN_STORE, type StartedTurn, type Turn, type TurnStore } from '../../turn/index.js';
import { CurrentCitations } from '../../workflow/index.js';
import { FollowTurn } from './follow-turn.js';
import type { StreamItem } from './resume.js';

/** The question and the answer of a turn, as far as they are known. */
interface Exchange {
  userMessage?: Message | undefined;
  message?: Message | undefined;
}

/** A turn's whole outcome at once. `response` is the answer's text. */
export interface TurnAnswer {
  readonly response: string;
  readonly message: Message;
  readonly userMessage: Message;
  readonly turn: Turn;
  readonly usage: Usage | null;
  readonly citations: readonly Citation[];
}

/** Waits for the end of a turn. */
@Injectable()
export class AwaitTurn {
  constructor(
    @Inject(TURN_STORE) private readonly turns: TurnStore,
    @Inject(MESSAGE_STORE) private readonly messages: MessageStore,
    private readonly followTurn: FollowTurn,
    private readonly citations: CurrentCitations,
  ) {}

  /** Throws the error a failed turn ended with. */
  async answer(caller: Caller, started: StartedTurn, signal: AbortSignal): Promise<TurnAnswer> {
    const { id, threadId } = started.turn;
    const told: Exchange = {};
    for await (const items of this.followTurn.events(caller, started, undefined, signal))
      noteMessages(items, told);
    if (signal.aborted) throw new AppError('STATE_CONFLICT', 'The client went before the answer came.');
    const [turn, { userMessage, message }] = await Promise.all([
      this.turns.find(caller, threadId, id),
      this.exchange(caller, id, told),
    ]);
    if (turn === undefined || userMessage === undefined || message === undefined) {
      throw new AppError('NOT_FOUND', 'The thread was deleted meanwhile.');
    }
    if (turn.error !== null) {
      const { code, message: text, retryable, details } = turn.error;
      throw new AppError(code, text, { retryable, details: { ...details, turnId: id } });
    }
    if (turn.endedAt === null) {
      throw new AppError(
        'SHUTTING_DOWN',
        'The server is stopping, and the answer goes on elsewhere or after the next start. Ask again with the same Idempotency-Key, or read the thread.',
        { details: { turnId: id } },
      );
    }
    const { content: response, usage, citations } = message;
    return { response, message, userMessage, turn, usage, citations };
  }

  /** Events tell of both, as this reader may see them, but for those of a turn that failed or is no longer kept whole. */
  private async exchange(caller: Caller, turnId: string, told: Exchange): Promise<Exchange> {
    if (told.userMessage !== undefined && told.message !== undefined) return told;
    const [userMessage, message] = await this.messages.ofTurn(caller, turnId);
    if (message === undefined) return {};
    const [shown = message] = await this.citations.of(caller, [message]);
    return { userMessage, message: shown };
  }
}

function noteMessages(items: readonly StreamItem[], told: Exchange): void {
  for (const item of items) {
    if (!('seq' in item)) continue;
    if (isOfType(item, 'message_saved')) told.userMessage = dataOf(item).message;
    else if (isOfType(item, 'workflow_complete')) told.message = dataOf(item).message;
  }
}
