import type { Siblings } from '../../kernel/index.js';
import type { LoggedEvent } from '../../log/index.js';
import type { ClaimedTurn, ExpiredTurn, StopReason } from '../ports/turn-store.js';
import type { TurnContext } from '../ports/turn-executor.js';
import type { StoredRequest } from './turn-values.js';

interface StopRow {
  readonly cancel_requested: boolean;
  readonly interrupt_requested: boolean;
}

interface LeasedRow extends StopRow {
  readonly id: string;
  readonly thread_id: string;
  readonly parent_turn_id: string | null;
  readonly siblings: Siblings;
  readonly user_message_id: string;
  readonly assistant_message_id: string;
  readonly request: StoredRequest;
  readonly workflow: string;
  readonly workflow_version: number;
  readonly created_at: Date;
  readonly last_seq: number;
}

/** A row of a claimed turn. */
export interface ClaimedRow extends LeasedRow {
  readonly saved_event: string;
}

/** A row of a recovered turn. */
export interface ExpiredRow extends LeasedRow {
  readonly first_seq: number;
  readonly epoch: number;
  readonly attempt: number;
  readonly was_released: boolean;
  readonly runs_again: boolean;
  readonly is_resuming: boolean;
}

/** A row of a turn that ended in the queue. */
export interface StoppedRow {
  readonly id: string;
  readonly last_seq: number;
  readonly saved_event: string;
  readonly done_event: string;
}

/** Why the turn has to stop, if it does; a cancel takes precedence over an interrupt. */
export function stopOf(row: StopRow): StopReason | undefined {
  if (row.cancel_requested) return 'cancelled';
  return row.interrupt_requested ? 'interrupted' : undefined;
}

/** The claimed turn; `at` is the time of its first event. */
export function claimedFrom(row: ClaimedRow, at: string): ClaimedTurn {
  return {
    context: contextFrom(row),
    epoch: 1,
    lastSeq: row.last_seq,
    savedEvent: { seq: row.last_seq, turnId: row.id, type: 'message_saved', data: row.saved_event, at },
    stop: stopOf(row),
  };
}

/** The events of a turn that ended before it began, at that time. */
export function stoppedFrom(row: StoppedRow, at: string): readonly LoggedEvent[] {
  const { id: turnId, last_seq: seq, saved_event: saved, done_event: done } = row;
  return [
    { seq: seq - 1, turnId, type: 'message_saved', data: saved, at },
    { seq, turnId, type: 'done', data: done, at, level: 0 },
  ];
}

export function expiredFrom(row: ExpiredRow): ExpiredTurn {
  return {
    context: contextFrom(row),
    epoch: row.epoch,
    lastSeq: row.last_seq,
    firstSeq: row.first_seq,
    attempt: row.attempt,
    stop: stopOf(row),
    wasReleased: row.was_released,
    runsAgain: row.runs_again,
    isResuming: row.is_resuming,
  };
}

function contextFrom(row: LeasedRow): TurnContext {
  return {
    turnId: row.id,
    threadId: row.thread_id,
    parentTurnId: row.parent_turn_id,
    siblings: row.siblings,
    userMessageId: row.user_message_id,
    assistantMessageId: row.assistant_message_id,
    acceptedAt: row.created_at.toISOString(),
    workflow: { name: row.workflow, version: row.workflow_version },
    ...row.request,
  };
}
