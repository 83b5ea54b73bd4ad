import { clearanceLevel, PROCESS_ID, type Basis, type Caller, type TurnRequest } from '../../kernel/index.js';
import type { AnswerEnd, NewTurn, QueuePlacement, TurnEnd } from '../ports/turn-store.js';

/** The content of `turns.request`: the request, and the caller it is answered for. */
export interface StoredRequest {
  readonly request: TurnRequest;
  readonly caller: Caller;
}

/** The maximum number of queued turns per thread. */
export const MAX_QUEUED_PER_THREAD = 50;

/** The parameters of the statement that accepts a turn. */
export function acceptValues(turn: NewTurn, leaseMs: number): unknown[] {
  const { caller, userMessage, idempotency } = turn;
  const stored: StoredRequest = { request: turn.request, caller };
  return [
    userMessage.threadId,
    caller.org,
    caller.id,
    turn.acceptedAt,
    turn.title,
    turn.turnId,
    JSON.stringify(stored),
    userMessage.id,
    turn.assistantMessageId,
    PROCESS_ID,
    idempotency?.key ?? null,
    idempotency?.hash ?? null,
    userMessage.content,
    turn.savedEvent,
    turn.isRetry,
    leaseMs,
    clearanceLevel(caller.clearance),
  ];
}

/** The parameters of `ENQUEUE`. */
export function enqueueValues(turn: NewTurn, place: QueuePlacement, maxQueued: number): unknown[] {
  const values = acceptValues(turn, 0).slice(0, 14);
  values[9] = place.holdsThread;
  return [...values, turn.isRetry, place.interrupts, maxQueued, MAX_QUEUED_PER_THREAD];
}

/** The parameters of the statements that end a turn. */
export function finishValues(end: TurnEnd, attempt: string | undefined): unknown[] {
  const {
    context,
    epoch,
    fromSeq,
    events,
    outcome,
    error,
    workflowRunId,
    workflowState,
    messageId,
    message,
    basis,
  } = end;
  return [
    context.threadId,
    context.turnId,
    epoch,
    fromSeq,
    fromSeq + events.length,
    outcome,
    events.at(-1)?.at,
    error && JSON.stringify(error),
    workflowRunId,
    messageId ?? null,
    ...storedMessage(message),
    events.map(({ seq }) => seq),
    events.map(({ type }) => type),
    events.map(({ data }) => data),
    events.map(({ at }) => at),
    basis?.level ?? null,
    documentsOf(basis),
    workflowState === undefined ? null : JSON.stringify(workflowState),
    attempt ?? null,
  ];
}

/** An answer's fields from its content on. */
export function storedMessage(message: AnswerEnd['message']): unknown[] {
  return [
    message.content,
    message.status,
    message.provider,
    message.model,
    message.usage && JSON.stringify(message.usage),
    JSON.stringify(message.citations),
    JSON.stringify(message.toolCalls),
    message.step,
  ];
}

/** The documents that an answer was drawn from. */
export function documentsOf(basis: Basis | undefined): readonly string[] | null {
  return basis === undefined || basis.documents.length === 0 ? null : basis.documents;
}
