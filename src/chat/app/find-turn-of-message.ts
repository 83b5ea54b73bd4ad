import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller } from '../../kernel/index.js';
import { TURN_STORE, type StartedTurn, type TurnStore } from '../../turn/index.js';

/** Finds the turn that answers a message. */
@Injectable()
export class FindTurnOfMessage {
  constructor(@Inject(TURN_STORE) private readonly turns: TurnStore) {}

  /** Throws `NOT_FOUND` for a message that is not the caller's. */
  async find(caller: Caller, messageId: string): Promise<StartedTurn> {
    const started = await this.turns.findByMessage(caller, messageId);
    if (started !== undefined) return started;
    throw new AppError('NOT_FOUND', 'There is no such message.');
  }
}
