import { Injectable } from '@nestjs/common';
import type { Caller, StepEvent } from '../../kernel/index.js';
import { StatelessTurns } from '../../turn/index.js';
import { WorkflowEngine, type LooseAnswer } from '../../workflow/index.js';

type Spoken = Parameters<WorkflowEngine['answerLoose']>[0];

/** A message that belongs to no thread, with what the client says was said before. */
export interface LooseMessage {
  readonly content: string;
  readonly history?: Spoken['history'] | undefined;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly temperature?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly systemPrompt?: string | undefined;
  readonly rag?: boolean | undefined;
}

/** Answers a message as the `chat` workflow does, and leaves no thread behind. */
@Injectable()
export class AnswerLoose {
  constructor(
    private readonly turns: StatelessTurns,
    private readonly engine: WorkflowEngine,
  ) {}

  /** Throws what is known to be wrong before a model is asked: `UNKNOWN_PROVIDER`, `SHUTTING_DOWN`, … */
  check(caller: Caller, { provider, model }: LooseMessage): void {
    this.engine.checkModel(caller, { provider, model });
    this.turns.checkOpen();
  }

  /**
   * The answer, piece by piece, and then as a whole; the provider's connection is closed when the signal aborts or
   * nobody reads on. `resettable`: a `reset` may come, which takes back what was said.
   */
  async *answer(
    caller: Caller,
    message: LooseMessage,
    resettable: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<StepEvent, LooseAnswer, undefined> {
    const { history = [], ...rest } = message;
    const turn = await this.turns.begin(caller, signal);
    try {
      const input = { ...rest, caller, turnId: turn.id, history, resettable };
      return yield* this.engine.answerLoose(input, turn.signal);
    } finally {
      turn.end();
    }
  }
}
