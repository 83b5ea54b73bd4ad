import type { AnswerPart } from './answer-part.js';
import type { Basis, Citation, FinishReason, ToolCall, Usage } from './message.js';
import type {
  InputOutcome,
  InputRequired,
  InputResolved,
  RagContext,
  ToolCallEvent,
  ToolResult,
  WorkflowComplete,
  WorkflowStatusChanged,
} from './turn-event.js';

/**
 * What a step may report while it runs: events as they are logged, what the answer is drawn from, before any of it, and the
 * parts of the answer. Closed without the events that say a message was saved or how the turn ended: only the runner of
 * the turn writes those.
 */
export type StepEvent =
  | WorkflowStatusChanged
  | RagContext
  | ToolCallEvent
  | ToolResult
  | InputRequired
  | InputResolved
  | { readonly type: 'basis'; readonly basis: Basis }
  | { readonly type: 'workflow_state'; readonly state: WorkflowState }
  | MessageEnd
  | AnswerPart;

/** A message of the turn is complete, and the turn goes on: what is said from here on is another message. */
export interface MessageEnd extends Pick<StepOutcome, 'finishReason' | 'usage' | 'citations' | 'toolCalls'> {
  readonly type: 'message_end';
  readonly step: string;
}

/** Where a thread's workflow stands: what is kept with each turn, so that a branch begins where its parent stood. */
export interface WorkflowState {
  readonly runId: string;
  /** The step that the next message runs, or the last one when the run is complete. */
  readonly step: string;
  readonly status: 'waiting' | 'completed';
  readonly stepsDone: number;
}

/** Something that a turn asks of a person before it can go on. Its `input_required` is logged when the turn is suspended. */
export interface RequestedInput extends Omit<InputRequired['data'], 'inputId'> {
  readonly id: string;
  /** What the executor knows it by, once in the turn. */
  readonly key: string;
  /** Who may answer besides the thread's owner: one user, or whoever has a role. */
  readonly assignee?: string | undefined;
  readonly role?: string | undefined;
}

/** What came of an input. */
export interface ResolvedInput {
  readonly id: string;
  readonly key: string;
  readonly outcome: InputOutcome;
  /** What was answered, as its schema has it; `null` where nothing was. */
  readonly content: unknown;
  readonly remember: boolean;
  readonly answeredBy: string | null;
  /** ISO 8601 UTC with milliseconds. */
  readonly answeredAt: string | null;
}

/** An executor's end when the turn has to wait: it is executed again once every input has been resolved. */
export interface StepWait {
  readonly waitsFor: readonly RequestedInput[];
}

/** How the execution of a turn comes to its end. */
export type StepResult = StepOutcome | StepWait;

/** What a step that ran to its end leaves behind. */
export interface StepOutcome {
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  readonly citations: readonly Citation[];
  /** Absent: it is drawn from no documents, or a former release has left it. */
  readonly basis?: Basis;
  readonly toolCalls: readonly ToolCall[];
  /** Told after the answer, in this order. */
  readonly closing: readonly WorkflowStatusChanged[];
  readonly workflow: Omit<WorkflowComplete['data'], 'message'>;
  /** Absent: a former release has left it. */
  readonly state?: WorkflowState;
  /** The last message is complete already ({@link MessageEnd}), and nothing was said after it. */
  readonly isAnswered?: true;
}

/** What a step has left that was completed by a process which could not store the turn's end any more. */
export interface CompletedStep {
  readonly content: string;
  readonly provider: string | null;
  readonly model: string | null;
  readonly step: string;
  readonly outcome: StepOutcome;
}
