import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../kernel/index.js';
import {
  INPUT_STORE,
  TURN_STORE,
  type Input,
  type InputStore,
  type Turn,
  type TurnStore,
} from '../../turn/index.js';

/** Finds a turn with what it waits for. */
@Injectable()
export class FindWaitingTurn {
  constructor(
    @Inject(TURN_STORE) private readonly turns: Pick<TurnStore, 'find'>,
    @Inject(INPUT_STORE) private readonly inputs: Pick<InputStore, 'openOf'>,
  ) {}

  /** The turn of the caller's thread, and its open inputs: none where it does not wait any more. */
  async find(
    caller: Caller,
    threadId: string,
    turnId: string,
  ): Promise<{ readonly turn: Turn; readonly inputs: readonly Input[] } | undefined> {
    const turn = await this.turns.find(caller, threadId, turnId);
    return (
      turn && { turn, inputs: turn.status === 'waiting' ? await this.inputs.openOf(caller, turn.id) : [] }
    );
  }
}
