import type { ErrorBody } from './app-error.js';
import type { Citation, FinishReason, Message, Usage } from './message.js';

export type WorkflowStatus =
  'started' | 'step_started' | 'step_completed' | 'waiting' | 'transitioned' | 'failed' | 'skipped';

/** How a turn can end. */
export type TurnOutcome = 'completed' | 'cancelled' | 'interrupted' | 'failed';
export type TurnStatus = 'queued' | 'running' | 'waiting' | TurnOutcome;

interface EventOf<Type extends string, Data> {
  readonly type: Type;
  readonly data: Data;
}

export type MessageSaved = EventOf<'message_saved', { readonly message: Message }>;

export type WorkflowStatusChanged = EventOf<
  'workflow_status',
  {
    readonly workflow: string;
    readonly version: number;
    readonly runId: string;
    readonly step: string;
    readonly stepTitle: string;
    readonly status: WorkflowStatus;
    readonly progress: { readonly done: number; readonly total: number };
  }
>;

export type RagContext = EventOf<'rag_context', { readonly citations: readonly Citation[] }>;

/** A piece of the answer, or, when `isComplete`, its whole text once more with what it cost. */
export type AiResponse = EventOf<
  'ai_response',
  | {
      readonly messageId: string;
      readonly content: string;
      readonly isComplete: false;
      /** Only for a reader who may not read it. */
      readonly withheld?: true;
    }
  | {
      readonly messageId: string;
      readonly content: '';
      readonly isComplete: true;
      readonly accumulated: string;
      readonly usage: Usage | null;
      readonly finishReason: FinishReason;
      readonly withheld?: true;
    }
>;

export type AiReasoning = EventOf<'ai_reasoning', { readonly messageId: string; readonly content: string }>;

export type AiReset = EventOf<
  'ai_reset',
  { readonly messageId: string; readonly reason: string; readonly attempt: number }
>;

export type ToolCallEvent = EventOf<
  'tool_call',
  {
    readonly callId: string;
    readonly name: string;
    readonly arguments: string;
    readonly status: 'requested' | 'approved' | 'executing';
  }
>;

export type ToolResult = EventOf<
  'tool_result',
  {
    readonly callId: string;
    readonly name: string;
    readonly ok: boolean;
    readonly content: string;
    readonly durationMs: number;
  }
>;

export type InputRequired = EventOf<
  'input_required',
  {
    readonly inputId: string;
    readonly kind: 'human_step' | 'tool_approval' | 'elicitation' | 'sampling';
    readonly prompt: string;
    readonly schema: Readonly<Record<string, unknown>> | null;
    readonly expiresAt: string;
  }
>;

export type InputResolved = EventOf<'input_resolved', { readonly inputId: string; readonly outcome: string }>;

export type WorkflowComplete = EventOf<
  'workflow_complete',
  {
    readonly workflow: string;
    readonly runId: string;
    readonly step: string;
    readonly status: 'completed' | 'waiting';
    readonly message: Message;
  }
>;

export type TurnFailed = EventOf<'error', ErrorBody>;

export type TurnDone = EventOf<
  'done',
  { readonly success: boolean; readonly turnId: string; readonly status: TurnOutcome }
>;

/**
 * ★ The spine: everything that can happen in a turn, and so everything a log can hold and a client can see.
 * Closed on purpose; a `switch` over it ends in `assertNever`. Shapes are the public contract.
 */
export type TurnEvent =
  | MessageSaved
  | WorkflowStatusChanged
  | RagContext
  | AiResponse
  | AiReasoning
  | AiReset
  | ToolCallEvent
  | ToolResult
  | InputRequired
  | InputResolved
  | WorkflowComplete
  | TurnFailed
  | TurnDone;

export type TurnEventType = TurnEvent['type'];

/** Control frames: sent to one watcher, never stored, and never carrying an id. */
export type ControlEvent =
  | EventOf<
      'connected',
      { readonly threadId: string; readonly turnId?: string; readonly lastEventId: number }
    >
  | EventOf<
      'snapshot',
      {
        readonly turnId: string;
        readonly messageId: string;
        readonly content: string;
        readonly lastEventId: number;
        readonly withheld?: true;
      }
    >;
