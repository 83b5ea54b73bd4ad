import type { AnswerPart } from './answer-part.js';
import type { Basis, Citation, FinishReason, ToolCall, Usage } from './message.js';
import type {
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
  | AnswerPart;

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
}

/** What a step has left that was completed by a process which could not store the turn's end any more. */
export interface CompletedStep {
  readonly content: string;
  readonly provider: string | null;
  readonly model: string | null;
  readonly step: string;
  readonly outcome: StepOutcome;
}
