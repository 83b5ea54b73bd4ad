import type {
  Caller,
  CompletedStep,
  FoldedTurn,
  ResolvedInput,
  Siblings,
  Sink,
  StepEvent,
  StepResult,
  TurnRequest,
} from '../../kernel/index.js';

/** The version of a workflow that a thread keeps to. */
export interface PinnedWorkflow {
  readonly name: string;
  readonly version: number;
}

/** Everything an executor needs to know about the turn it runs. */
export interface TurnContext {
  readonly turnId: string;
  readonly threadId: string;
  /** The turn that this one follows. */
  readonly parentTurnId: string | null;
  /** The turns that follow the same one, as they were when the turn was accepted or taken. */
  readonly siblings: Siblings;
  readonly userMessageId: string;
  readonly assistantMessageId: string;
  /** When the message was accepted; the creation time of both messages. ISO 8601 UTC with milliseconds. */
  readonly acceptedAt: string;
  /** What the thread is pinned to. */
  readonly workflow: PinnedWorkflow;
  readonly caller: Caller;
  readonly request: TurnRequest;
}

/** What was found for the executor of a turn when it was accepted, and need not be asked for. */
export interface FoundAlong {
  /** Whether there is any document that the caller may read. */
  readonly hasDocuments: boolean;
  /** The row of the turn's run, as its owner reads it; `null`: it is to be looked for. */
  readonly run: unknown;
}

/** A turn as it is executed, for the first time or again. */
export interface ExecutedTurn extends TurnContext {
  /** Of the lease: what is written with an older one is refused. */
  readonly epoch: number;
  /** Absent when the turn is not executed as soon as it is accepted. */
  readonly along?: FoundAlong | undefined;
  /** What the turn has said and asked before, when it is executed again. */
  readonly before?: {
    readonly told: FoldedTurn;
    /** What came of what it asked for, by the keys of the inputs. */
    readonly inputs: ReadonlyMap<string, ResolvedInput>;
  };
  /**
   * Aborts when the process is to stop and another one can go on with the turn. What must not be done twice is not begun
   * from then on: the executor throws this signal's reason in its place, once what it has begun is over.
   */
  readonly leaving?: AbortSignal | undefined;
}

/** Injection token of the {@link TurnExecutor}. */
export const TURN_EXECUTOR = Symbol('TurnExecutor');

/**
 * Does the work of a turn. It stops soon after the signal aborts, by throwing the signal's reason, and throws an
 * `AppError` for every error that a client should see.
 */
export interface TurnExecutor {
  /**
   * Tells what it does event by event: the runner makes `ai_response` of its text, and `ai_reset` of a `reset`. The texts
   * are well-formed Unicode without U+0000, so that each piece can be stored and sent as it is. Ends with the turn's
   * outcome, or with what it waits for. `tell` throws only when the signal has aborted.
   *
   * A turn that is executed again tells what it has told before, in the same order, and goes on from there: the runner
   * leaves out of it what its log has.
   */
  execute(turn: ExecutedTurn, signal: AbortSignal, tell: Sink<StepEvent>): Promise<StepResult>;
  /**
   * Completes the bookkeeping of an interrupted process: called once, before the turn is executed again or ended, with
   * what that process had said. Returns the step's result if it was completed: the step is then not executed again.
   */
  completedStep(turn: TurnContext, said: string): Promise<CompletedStep | undefined>;
}
