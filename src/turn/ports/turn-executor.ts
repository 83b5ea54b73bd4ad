import type { Caller, CompletedStep, StepEvent, StepOutcome } from '../../kernel/index.js';

/** What a turn was asked for, kept with it so that another process could run it again. */
export interface TurnRequest {
  readonly content: string;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly temperature?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly systemPrompt?: string | undefined;
  readonly rag?: boolean | undefined;
  /** What was said before, when the client says it itself; the thread's own messages otherwise. */
  readonly history?: readonly SpokenMessage[] | undefined;
}

/** A message as a model is shown it; one of the system's stands where the client has put it. */
export interface SpokenMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

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
 * Begins the work of a turn, which then is done event by event: the runner makes `ai_response` of its text, and `ai_reset` of a `reset`. Its
 * texts are well-formed Unicode without U+0000, so that each piece can be stored and sent as it is. It promises to stop soon after the signal aborts, by throwing the
 * signal's reason, and to throw an `AppError` for whatever a client should be told.
 */
export interface TurnExecutor {
  execute(turn: TurnContext, signal: AbortSignal): Promise<AsyncGenerator<StepEvent, StepOutcome, undefined>>;
  /**
   * Settles what the process that ran the turn before could not: called once, before the turn is executed again or
   * ended, with what that process had said. Answers with the step's result when it was completed: then it is not
   * executed again.
   */
  takeOver(turn: TurnContext, said: string): Promise<CompletedStep | undefined>;
}
