import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller, type Citation, type Message, type Usage } from '../../kernel/index.js';
import { TURN_STORE, type StartedTurn, type Turn, type TurnStore } from '../../turn/index.js';
import { CurrentCitations } from '../../workflow/index.js';
import { MESSAGE_STORE, type MessageStore } from '../ports/message-store.js';
import { FollowTurn } from './follow-turn.js';

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
    for await (const _ of this.followTurn.events(caller, started, undefined, signal));
    if (signal.aborted) throw new AppError('STATE_CONFLICT', 'The client went before the answer came.');
    const [turn, [userMessage, message]] = await Promise.all([
      this.turns.find(caller, threadId, id),
      this.messages.ofTurn(caller, id),
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
    const [shown = message] = await this.citations.of(caller, [message]);
    const { content: response, usage, citations } = shown;
    return { response, message: shown, userMessage, turn, usage, citations };
  }
}
