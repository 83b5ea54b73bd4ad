import { Injectable } from '@nestjs/common';
import type { AnswerPart, Caller, TurnRequest } from '../../kernel/index.js';
import { StatelessTurns } from '../../turn/index.js';
import { WorkflowEngine, type Answered } from '../../workflow/index.js';

/** Answers a message as the `chat` workflow does, and leaves no thread behind. */
@Injectable()
export class AnswerStateless {
  constructor(
    private readonly turns: StatelessTurns,
    private readonly engine: WorkflowEngine,
  ) {}

  /** Throws what is known to be wrong before a model is asked: `UNKNOWN_PROVIDER`, `SHUTTING_DOWN`, … */
  check(caller: Caller, { provider, model }: TurnRequest): void {
    this.engine.checkModel(caller, { provider, model });
    this.turns.checkOpen();
  }

  /**
   * The answer to a message that belongs to no thread, piece by piece, and then as a whole; the provider's connection is
   * closed when the signal aborts or nobody reads on. `resettable`: a `reset` may come, which takes back what was said.
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
