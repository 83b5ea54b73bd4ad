import type { Caller, CompletedStep, StepEvent, StepOutcome, TurnRequest } from '../../kernel/index.js';

/** Everything an executor needs to know about the turn it runs. */
export interface TurnContext {
  readonly turnId: string;
  readonly threadId: string;
  readonly userMessageId: string;
  readonly assistantMessageId: string;
  /** When the message was accepted; the creation time of both messages. ISO 8601 UTC with milliseconds. */
  readonly acceptedAt: string;
  readonly caller: Caller;
  readonly request: TurnRequest;
}

/** Injection token of the {@link TurnExecutor}. */
export const TURN_EXECUTOR = Symbol('TurnExecutor');

/**
 * Does the work of a turn. It stops soon after the signal aborts, by throwing the signal's reason, and throws an
 * `AppError` for every error that a client should see.
 */
export interface TurnExecutor {
  /**
   * Resolves when the work can begin; it is done as the generator is read. The runner turns texts into `ai_response`
   * events and a `reset` into `ai_reset`. Texts are well-formed Unicode without U+0000, so that each piece can be
   * stored and sent unchanged.
   */
  execute(turn: TurnContext, signal: AbortSignal): Promise<AsyncGenerator<StepEvent, StepOutcome, undefined>>;
  /**
   * Completes the bookkeeping of an interrupted process: called once, before the turn is executed again or ended, with
   * what that process had said. Returns the step's result if it was completed: the step is then not executed again.
   */
  completedStep(turn: TurnContext, said: string): Promise<CompletedStep | undefined>;
}
