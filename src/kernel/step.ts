import type { AnswerPart } from './answer-part.js';
import type { Basis, Citation, FinishReason, ToolCall, Usage } from './message.js';
import type { ProviderMetadata } from './provider-metadata.js';
import type {
  InputOutcome,
  InputRequired,
  InputResolved,
  RagContext,
  ToolCallEvent,
  ToolProgressed,
  ToolResult,
  WorkflowComplete,
  WorkflowStatusChanged,
} from './turn-event.js';

/**
 * What a step may report while it runs: events as they are logged, the basis of the answer, before any of it, and the
 * parts of the answer. Events that save a message or end the turn are not among them: only the runner of the turn
 * writes those.
 */
export type StepEvent =
  | WorkflowStatusChanged
  | RagContext
  | ToolCallTold
  | ToolProgressed
  | ToolResultTold
  | InputRequired
  | InputResolved
  | { readonly type: 'basis'; readonly basis: Basis }
  | { readonly type: 'workflow_state'; readonly state: WorkflowState }
  | MessageEnd
  | AnswerPart;

/**
 * What becomes of a call of the message that was completed last. `isHarmless`: it changes nothing, or may be made twice; not part
 * of the event.
 */
export interface ToolCallTold {
  readonly type: 'tool_call';
  readonly data: Omit<ToolCallEvent['data'], 'messageId'>;
  readonly isHarmless?: boolean;
}

/** What came of a call. `whole`: its text, where the event has a part of it only. */
export interface ToolResultTold extends ToolResult {
  readonly whole?: string | undefined;
}

/** A message of the turn is complete, and the turn continues with another message. */
export interface MessageEnd extends Pick<StepOutcome, 'finishReason' | 'usage' | 'citations' | 'toolCalls'> {
  readonly type: 'message_end';
  readonly step: string;
  /** What its provider wants back with its calls. */
  readonly metadata?: ProviderMetadata;
  /** The calls that the turn goes on with: whoever has the message knows of them. */
  readonly requested?: readonly ToolCallTold['data'][];
}

/** The state of a thread's workflow. It is stored with each turn, so that a branch begins with its parent's state. */
export interface WorkflowState {
  readonly runId: string;
  /** The step that the next message runs, or the last one when the run is complete. */
  readonly step: string;
  readonly status: 'waiting' | 'completed';
  readonly stepsDone: number;
  /** The steps that are active, where they are several or inside another one. */
  readonly position?: {
    readonly active: readonly { readonly at: string; readonly since: number }[];
    readonly open: readonly {
      readonly at: string;
      readonly bodies: readonly string[];
      readonly begun: number;
      readonly ended: number;
    }[];
  };
}

/** An input that a turn needs before it can continue. Its `input_required` is logged when the turn is suspended. */
export interface RequestedInput extends Omit<InputRequired['data'], 'inputId'> {
  readonly id: string;
  /** The executor's own name for it, unique in the turn. */
  readonly key: string;
  /** Who may answer besides the thread's owner: one user, or everybody with a role. */
  readonly assignee?: string | undefined;
  readonly role?: string | undefined;
  /** The process that has what the turn goes on with, where that is in no store. */
  readonly heldBy?: string | undefined;
}

/** The outcome of an input. */
export interface ResolvedInput {
  readonly id: string;
  readonly key: string;
  readonly outcome: InputOutcome;
  /** The answer, valid against its schema; `null` if there is none. */
  readonly content: unknown;
  readonly remember: boolean;
  readonly answeredBy: string | null;
  /** ISO 8601 UTC with milliseconds. */
  readonly answeredAt: string | null;
}

/** The result of an executor whose turn has to wait: it is executed again once every input has been resolved. */
export interface StepWait {
  readonly waitsFor: readonly RequestedInput[];
}

/** The result of executing a turn. */
export type StepResult = StepOutcome | StepWait;

/** The result of a step that ran to its end. */
export interface StepOutcome {
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  readonly citations: readonly Citation[];
  /** Absent: it is drawn from no documents, or was stored by a former release. */
  readonly basis?: Basis;
  readonly toolCalls: readonly ToolCall[];
  /** Logged after the answer, in this order. */
  readonly closing: readonly WorkflowStatusChanged[];
  readonly workflow: Omit<WorkflowComplete['data'], 'message'>;
  /** Absent if it was stored by a former release. */
  readonly state?: WorkflowState;
  /** The last message is complete already ({@link MessageEnd}), and nothing follows it. */
  readonly isAnswered?: true;
}

/** The result of a step that was completed by a process which could no longer store the turn's end. */
export interface CompletedStep {
  readonly content: string;
  readonly provider: string | null;
  readonly model: string | null;
  readonly step: string;
  readonly outcome: StepOutcome;
}
