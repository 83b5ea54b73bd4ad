import { PROCESS_ID } from '../../kernel/index.js';
import { logSql } from '../../log/index.js';
import type { EventsAlong, MessageBegun, MessageDone, TurnWait } from '../ports/turn-store.js';
import { documentsOf, storedMessage } from './turn-values.js';

/** The parameters that all statements have which store events along with something else. */
function eventsAlong({ context, epoch, fromSeq, events }: EventsAlong, level: number | null): unknown[] {
  return [
    context.threadId,
    context.turnId,
    epoch,
    fromSeq,
    fromSeq + events.length,
    events.map(({ seq }) => seq),
    events.map(({ type }) => type),
    events.map(({ data }) => data),
    events.map(({ at }) => at),
    level,
  ];
}

/** The parameters of `END_MESSAGE`. */
export function endMessageValues(done: MessageDone): unknown[] {
  const { messageId, message, basis, metadata } = done;
  return [
    ...eventsAlong(done, basis?.level ?? null),
    messageId ?? null,
    ...storedMessage(message),
    documentsOf(basis),
    metadata === undefined ? null : JSON.stringify(metadata),
  ];
}

/** The parameters of `BEGIN_MESSAGE`. */
export function beginMessageValues(begun: MessageBegun): unknown[] {
  const { besideId, message } = begun;
  const { id, role, content, status, toolCallId, createdAt, parts } = message;
  const level = begun.events.at(-1)?.level ?? null;
  const stored = [id, role, content, status, toolCallId, createdAt, parts ? JSON.stringify(parts) : null];
  return [...eventsAlong(begun, level), besideId, ...stored];
}

/** The parameters of `SUSPEND`. */
export function suspendValues(wait: TurnWait): unknown[] {
  const { caller } = wait.context;
  const { workflowRunId, workflowState, inputs } = wait;
  return [
    ...eventsAlong(wait, wait.events.at(-1)?.level ?? null),
    workflowRunId,
    workflowState === undefined ? null : JSON.stringify(workflowState),
    caller.org,
    caller.id,
    JSON.stringify(
      inputs.map(({ callId, expiresAt, heldBy, ...input }) => ({
        ...{ ...input, call_id: callId, expires_at: expiresAt, held_by: heldBy },
      })),
    ),
    logSql.appendedPayload(PROCESS_ID, [wait.context.threadId]),
  ];
}
