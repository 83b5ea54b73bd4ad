import { Injectable } from '@nestjs/common';
import type { AnswerPart, Caller, TurnRequest } from '../../kernel/index.js';
import { StatelessTurns } from '../../turn/index.js';
import { WorkflowEngine, type Answered } from '../../workflow/index.js';

/** Answers a message as the `chat` workflow does, without a thread. */
@Injectable()
export class AnswerStateless {
  constructor(
    private readonly turns: StatelessTurns,
    private readonly engine: WorkflowEngine,
  ) {}

  /** Throws errors that are known before a model is asked: `UNKNOWN_PROVIDER`, `SHUTTING_DOWN`, … */
  check(caller: Caller, { provider, model }: TurnRequest): void {
    this.engine.checkModel(caller, { provider, model });
    this.turns.checkOpen();
  }

  /**
   * The answer to a message without a thread, piece by piece, and then as a whole; the provider's connection is closed
   * when the signal aborts or the reader returns. `resettable`: a `reset` may follow, which discards the text so far.
   */
  async *answer(
    caller: Caller,
    message: TurnRequest,
    resettable: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<AnswerPart, Answered, undefined> {
    const { history = [], ...rest } = message;
    const turn = await this.turns.begin(caller, signal);
    try {
      const input = { ...rest, caller, turnId: turn.id, history, resettable };
      return yield* await this.engine.askStateless(input, turn.signal);
    } finally {
      turn.end();
    }
  }
}
