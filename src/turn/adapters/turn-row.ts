import type { ErrorBody, TurnStatus } from '../../kernel/index.js';
import type { Turn } from '../core/turn.js';

/** A row of `turns`, as {@link TURN_COLUMNS} selects it. */
export interface TurnRow {
  readonly id: string;
  readonly thread_id: string;
  readonly parent_turn_id: string | null;
  readonly status: TurnStatus;
  readonly attempt: number;
  readonly user_message_id: string;
  readonly assistant_message_id: string;
  readonly workflow_run_id: string | null;
  readonly error: ErrorBody | null;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
}

export const TURN_COLUMNS = `turns.id, turns.thread_id, turns.parent_turn_id, turns.status, turns.attempt, turns.user_message_id,
  turns.assistant_message_id, turns.workflow_run_id, turns.error, turns.created_at, turns.started_at, turns.ended_at`;

export function turnFrom(row: TurnRow): Turn {
  return {
    id: row.id,
    threadId: row.thread_id,
    parentTurnId: row.parent_turn_id,
    status: row.status,
    attempt: row.attempt,
    userMessageId: row.user_message_id,
    assistantMessageId: row.assistant_message_id,
    workflowRunId: row.workflow_run_id,
    error: row.error,
    createdAt: row.created_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}
