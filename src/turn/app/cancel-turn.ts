import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller } from '../../kernel/index.js';
import type { Turn } from '../core/turn.js';
import { TURN_STORE, type TurnStore } from '../ports/turn-store.js';
import { QueuedTurns } from './queued-turns.js';
import { TurnRunner } from './turn-runner.js';

/** Stops a turn, whichever process runs it. */
@Injectable()
export class CancelTurn {
  constructor(
    @Inject(TURN_STORE) private readonly store: TurnStore,
    private readonly runner: TurnRunner,
    private readonly queued: QueuedTurns,
  ) {}

  /**
   * Resolves when the request to stop is stored and every process has been notified; the turn ends soon after, a queued
   * one as soon as no turn of its thread is running: none is while one waits for a person. Throws `NOT_FOUND`.
   */
  async cancel(caller: Caller, threadId: string, turnId: string): Promise<Turn> {
    const turn = await this.store.requestCancel(caller, threadId, turnId);
    if (turn === undefined) throw new AppError('NOT_FOUND', 'There is no such turn.');
    this.stop(threadId, turnId, turn.status === 'queued');
    return turn;
  }

  /** The same for the running turn of a thread and its queued ones; returns their ids. */
  async cancelAll(caller: Caller, threadId: string): Promise<readonly string[]> {
    const turns = await this.store.requestCancelAll(caller, threadId);
    for (const { id, isQueued } of turns) this.stop(threadId, id, isQueued);
    return turns.map(({ id }) => id);
  }

  /** Ends cancelled turns that have not ended, whoever holds their leases: their process may be dead, or hang. */
  async endAll(turnIds: Iterable<string>): Promise<void> {
    await this.queued.forceEndAll(turnIds);
  }

  private stop(threadId: string, turnId: string, isQueued: boolean): void {
    if (isQueued) void this.queued.endStopped(turnId, threadId);
    else if (this.runner.isRunning(turnId)) void this.runner.stop(turnId, 'cancelled');
    else void this.queued.endExpired(turnId);
  }
}
