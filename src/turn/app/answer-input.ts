import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller } from '../../kernel/index.js';
import type { Turn } from '../core/turn.js';
import { INPUT_STORE, type Input, type InputAnswer, type InputStore } from '../ports/input-store.js';
import { QueuedTurns } from './queued-turns.js';
import { InputMetrics } from './input-metrics.js';

/** Answers what a turn waits for. */
@Injectable()
export class AnswerInput {
  constructor(
    @Inject(INPUT_STORE) private readonly inputs: InputStore,
    private readonly queued: QueuedTurns,
    private readonly metrics: InputMetrics,
  ) {}

  /**
   * Resolves when the answer is stored; the turn goes on in whatever process has room, once nothing is open any more. Throws
   * `NOT_FOUND` for an input that is not the caller's to answer, and `STATE_CONFLICT` for one that is not open.
   */
  async answer(
    caller: Caller,
    inputId: string,
    answer: InputAnswer,
  ): Promise<{ readonly input: Input; readonly turn: Turn }> {
    const closed = await this.inputs.answer(caller, inputId, answer);
    switch (closed.kind) {
      case 'not_found':
        throw new AppError('NOT_FOUND', 'There is no such input.');
      case 'conflict':
        throw new AppError('STATE_CONFLICT', CONFLICTS[closed.status], {
          details: { status: closed.status },
        });
      case 'closed': {
        const { input, turn, isLast } = closed;
        this.metrics.closed(input);
        if (isLast) void this.queued.dispatch(turn.id);
        return { input, turn };
      }
    }
  }
}

const CONFLICTS = {
  open: 'The input cannot be answered now: its turn does not wait, or its time is over.',
  accepted: 'The input was answered already.',
  declined: 'The input was declined already.',
  cancelled: 'The input was cancelled; nothing waits for its answer.',
  expired: 'The input has expired; nothing waits for its answer.',
} as const satisfies Record<Input['status'], string>;
