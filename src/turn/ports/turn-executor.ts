import type { Caller, CompletedStep, StepEvent, StepOutcome, TurnRequest } from '../../kernel/index.js';

/** Everything an executor needs to know of the turn it runs. */
export interface TurnContext {
  readonly turnId: string;
  readonly threadId: string;
  readonly userMessageId: string;
  readonly assistantMessageId: string;
  /** When the message was accepted: the time both messages carry. ISO 8601 UTC with milliseconds. */
  readonly acceptedAt: string;
  readonly caller: Caller;
  readonly request: TurnRequest;
}

/** Injection token of the {@link TurnExecutor}. */
export const TURN_EXECUTOR = Symbol('TurnExecutor');

/**
 * Does the work of a turn. It promises to stop soon after the signal aborts, by throwing the signal's reason, and to throw
 * an `AppError` for whatever a client should be told.
 */
export interface TurnExecutor {
  /**
   * Resolves when the work can begin, which is done event by event: the runner makes `ai_response` of its text, and
   * `ai_reset` of a `reset`. The texts are well-formed Unicode without U+0000, so that each piece can be stored and sent as
   * it is.
   */
  execute(turn: TurnContext, signal: AbortSignal): Promise<AsyncGenerator<StepEvent, StepOutcome, undefined>>;
  /**
   * Settles what the process that ran the turn before could not: called once, before the turn is executed again or
   * ended, with what that process had said. Answers with the step's result when it was completed: then it is not
   * executed again.
   */
  completedStep(turn: TurnContext, said: string): Promise<CompletedStep | undefined>;
}
