import type {
  Basis,
  Citation,
  ErrorBody,
  Message,
  MessageStatus,
  StepOutcome,
  TurnEvent,
  TurnOutcome,
  WorkflowState,
} from '../../kernel/index.js';
import type { TurnContext } from '../ports/turn-executor.js';
import type { AnswerEnd, TurnEnd } from '../ports/turn-store.js';

/** The message that answers a turn, as far as it has come. */
interface StoredAnswer {
  readonly messageId: string;
  /** When it was begun. ISO 8601 UTC with milliseconds. */
  readonly createdAt: string;
  /** It was complete before the turn was, and is stored. */
  readonly isStored: boolean;
  readonly content: string;
  readonly citations: readonly Citation[];
  /** What the answer is based on; `undefined`: unknown. */
  readonly basis?: Basis | undefined;
  readonly provider: string | null;
  readonly model: string | null;
  readonly step: string | null;
  readonly workflowRunId: string | null;
  readonly workflowState?: WorkflowState | undefined;
  /** The ids of what the turn has asked for and nobody has answered. */
  readonly openInputs: readonly string[];
}

/** How a turn ended and what it had answered by then. */
export type Ending = StoredAnswer &
  (
    | {
        readonly outcome: 'completed';
        readonly error: null;
        readonly result: Pick<StepOutcome, 'closing' | 'workflow'> & AnswerResult;
      }
    | { readonly outcome: Exclude<TurnOutcome, 'completed'>; readonly error: ErrorBody | null }
  );

/** What is known of an answer when it is complete. */
export type AnswerResult = Pick<StepOutcome, 'finishReason' | 'usage' | 'citations' | 'toolCalls'>;

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
  const { messageId, createdAt, isStored, openInputs, basis } = ending;
  const answer = { messageId, createdAt, isStored, openInputs, basis, citations: [] };
  const { provider, model, step, workflowRunId } = ending;
  const isComplete = ending.outcome === 'completed';
  const outcome = isComplete ? 'failed' : ending.outcome;
  const content = ending.content.replaceAll('\0', '').toWellFormed();
  const nothing = { content: '', provider: null, model: null, step: null, workflowRunId: null };
  return [
    {
      ...{ ...answer, content, provider, model, step, workflowRunId, outcome },
      error: isComplete ? error : ending.error,
    },
    { ...answer, ...nothing, outcome, error },
  ];
}

type StoredEnd = Omit<TurnEnd, 'context' | 'epoch' | 'fromSeq' | 'events'> & {
  readonly events: readonly TurnEvent[];
};

/**
 * Everything that is stored for an ending: the message's row, the turn's row and the events, `done` always the last.
 */
export function endOf(context: TurnContext, ending: Ending): StoredEnd {
  const { outcome, error, workflowRunId, workflowState, basis, isStored, openInputs } = ending;
  const result = outcome === 'completed' ? ending.result : undefined;
  const message = answerOf(ending, MESSAGE_STATUS[outcome], result);
  return {
    ...{ outcome, error, workflowRunId, workflowState, message, basis },
    messageId: isStored ? undefined : ending.messageId,
    closesInputs: openInputs.length > 0,
    events: [
      ...openInputs.map((inputId) => ({
        type: 'input_resolved' as const,
        data: { inputId, outcome: 'cancelled' as const },
      })),
      ...(ending.outcome === 'completed' ? completion(context, ending, message) : []),
      ...(error === null ? [] : [{ type: 'error' as const, data: error }]),
      {
        type: 'done',
        data: { success: outcome === 'completed', turnId: context.turnId, status: outcome },
      },
    ],
  };
}

/** An answer as it is stored with this status. */
export function answerOf(
  { content, provider, model, step, citations }: Omit<StoredAnswer, 'messageId'>,
  status: MessageStatus,
  result: AnswerResult | undefined,
): AnswerEnd['message'] {
  return {
    content,
    status,
    provider,
    model,
    usage: result?.usage ?? null,
    citations: result?.citations ?? citations,
    toolCalls: result?.toolCalls ?? [],
    step,
  };
}

/** The event that says an answer is complete. */
export function answerComplete(messageId: string, accumulated: string, result: AnswerResult): TurnEvent {
  const { usage, finishReason } = result;
  return {
    type: 'ai_response',
    data: { messageId, content: '', isComplete: true, accumulated, usage, finishReason },
  };
}

function completion(
  context: TurnContext,
  ending: Extract<Ending, { outcome: 'completed' }>,
  stored: AnswerEnd['message'],
): TurnEvent[] {
  const { messageId, createdAt, isStored, result } = ending;
  const message: Message = {
    id: messageId,
    threadId: context.threadId,
    turnId: context.turnId,
    parentTurnId: context.parentTurnId,
    siblings: context.siblings,
    role: 'assistant',
    ...stored,
    createdAt,
  };
  return [
    ...(isStored ? [] : [answerComplete(messageId, stored.content, result)]),
    ...result.closing,
    { type: 'workflow_complete', data: { ...result.workflow, message } },
  ];
}
