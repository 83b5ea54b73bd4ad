import { Injectable } from '@nestjs/common';
import type { AnswerPart, Caller, Sink, TurnRequest } from '../../kernel/index.js';
import { StatelessTurns, type StatelessTurn } from '../../turn/index.js';
import { WorkflowEngine, type Answered } from '../../workflow/index.js';

/** Answers a message as the `chat` workflow does, without a thread. */
@Injectable()
export class AnswerStateless {
  constructor(
    private readonly turns: StatelessTurns,
    private readonly engine: WorkflowEngine,
  ) {}

  /** Throws errors that are known before a model is asked: `UNKNOWN_PROVIDER`, `SHUTTING_DOWN`, … */
  check(caller: Caller, { provider, model }: Pick<TurnRequest, 'provider' | 'model'>): void {
    this.engine.checkModel(caller, { provider, model });
    this.turns.checkOpen();
  }

  /**
   * The answer to a message without a thread, piece by piece to the sink, and then as a whole; the provider's connection
   * is closed when the signal aborts. `resettable`: a `reset` may follow, which discards the text so far.
   */
  answer(
    caller: Caller,
    message: TurnRequest,
    resettable: boolean,
    signal: AbortSignal,
    sink: Sink<AnswerPart>,
  ): Promise<Answered> {
    const { history = [], ...rest } = message;
    const work = (turn: StatelessTurn) => {
      const input = { ...rest, caller, turnId: turn.id, history, resettable };
      return this.engine.askStateless(input, turn.signal, sink);
    };
    return this.turns.run(caller, work, signal);
  }
}
