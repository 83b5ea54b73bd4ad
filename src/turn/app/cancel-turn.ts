import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller } from '../../kernel/index.js';
import type { Turn } from '../core/turn.js';
import { TURN_STORE, type TurnStore } from '../ports/turn-store.js';
import { TurnRunner } from './turn-runner.js';

/** Stops a turn wherever it runs. */
@Injectable()
export class CancelTurn {
  constructor(
    @Inject(TURN_STORE) private readonly store: TurnStore,
    private readonly runner: TurnRunner,
  ) {}

  /** Resolves when the wish is stored and every process told; the turn ends soon after. Throws `NOT_FOUND`. */
  async cancel(caller: Caller, threadId: string, turnId: string): Promise<Turn> {
    const turn = await this.store.requestCancel(caller, threadId, turnId);
    if (turn === undefined) throw new AppError('NOT_FOUND', 'There is no such turn.');
    void this.runner.stop(turnId, 'cancelled');
    return turn;
  }
}
