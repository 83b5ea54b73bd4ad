import type { ErrorCode } from './app-error.js';
import type { Basis, Citation, FinishReason, ToolCall, Usage } from './message.js';
import type { WorkflowComplete, WorkflowStatusChanged } from './turn-event.js';

/**
 * What is said while a step runs: what the answer is drawn from, before any of it, a piece of the answer, of the model's
 * reasoning, who is about to answer, or that what was said so far counts no more because another attempt follows. `reason`
 * is a word of the catalogue of errors.
 */
export type StepSpeech =
  | { readonly type: 'basis'; readonly basis: Basis }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'model'; readonly provider: string; readonly model: string; readonly step: string }
  | { readonly type: 'reset'; readonly reason: ErrorCode };

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
