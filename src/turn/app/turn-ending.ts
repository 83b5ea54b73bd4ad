import type {
  Basis,
  Citation,
  ErrorBody,
  Message,
  MessageStatus,
  StepOutcome,
  TurnEvent,
  TurnOutcome,
} from '../../kernel/index.js';
import type { TurnContext } from '../ports/turn-executor.js';
import type { TurnEnd } from '../ports/turn-store.js';

interface StoredAnswer {
  readonly content: string;
  readonly citations: readonly Citation[];
  /** What the answer is based on; `undefined`: unknown. */
  readonly basis?: Basis | undefined;
  readonly provider: string | null;
  readonly model: string | null;
  readonly step: string | null;
  readonly workflowRunId: string | null;
}

/** How a turn ended and what it had answered by then. */
export type Ending = StoredAnswer &
  (
    | { readonly outcome: 'completed'; readonly error: null; readonly result: StepOutcome }
    | { readonly outcome: Exclude<TurnOutcome, 'completed'>; readonly error: ErrorBody | null }
  );

const MESSAGE_STATUS = {
  completed: 'complete',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
  failed: 'failed',
} as const satisfies Record<TurnOutcome, MessageStatus>;

/**
 * Endings to store when the store refuses one for good, the most complete first: the text without characters that
 * cannot be stored, then only the fact that the turn has ended. A turn that would have completed fails with `error`.
 */
export function fallbacksFor(ending: Ending, error: ErrorBody): readonly Ending[] {
  const { content, provider, model, step, workflowRunId, basis } = ending;
  const isComplete = ending.outcome === 'completed';
  const outcome = isComplete ? 'failed' : ending.outcome;
  const text = content.replaceAll('\0', '').toWellFormed();
  return [
    {
      ...{ content: text, citations: [], provider, model, step, workflowRunId, outcome, basis },
      error: isComplete ? error : ending.error,
    },
    {
      ...{
        content: '',
        citations: [],
        provider: null,
        model: null,
        step: null,
        workflowRunId: null,
        outcome,
        basis,
      },
      error,
    },
  ];
}

type StoredEnd = Pick<TurnEnd, 'outcome' | 'error' | 'workflowRunId' | 'message' | 'basis'> & {
  readonly events: readonly TurnEvent[];
};

/**
 * Everything that is stored for an ending: the message's row, the turn's row and the events, `done` always the last.
 */
export function endOf(context: TurnContext, ending: Ending): StoredEnd {
  const result = ending.outcome === 'completed' ? ending.result : undefined;
  const { content, provider, model, step, citations } = ending;
  const message: TurnEnd['message'] = {
    content,
    status: MESSAGE_STATUS[ending.outcome],
    provider,
    model,
    usage: result?.usage ?? null,
    citations: result?.citations ?? citations,
    toolCalls: result?.toolCalls ?? [],
    step,
  };
  return {
    outcome: ending.outcome,
    error: ending.error,
    workflowRunId: ending.workflowRunId,
    message,
    basis: ending.basis,
    events: [
      ...(ending.outcome === 'completed' ? completion(context, ending.result, message) : []),
      ...(ending.error === null ? [] : [{ type: 'error' as const, data: ending.error }]),
      {
        type: 'done',
        data: { success: ending.outcome === 'completed', turnId: context.turnId, status: ending.outcome },
      },
    ],
  };
}

function completion(context: TurnContext, result: StepOutcome, stored: TurnEnd['message']): TurnEvent[] {
  const message: Message = {
    id: context.assistantMessageId,
    threadId: context.threadId,
    turnId: context.turnId,
    role: 'assistant',
    ...stored,
    createdAt: context.acceptedAt,
  };
  return [
    {
      type: 'ai_response',
      data: {
        messageId: context.assistantMessageId,
        content: '',
        isComplete: true,
        accumulated: stored.content,
        usage: result.usage,
        finishReason: result.finishReason,
      },
    },
    ...result.closing,
    { type: 'workflow_complete', data: { ...result.workflow, message } },
  ];
}
