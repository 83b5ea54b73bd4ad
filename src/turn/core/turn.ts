import type { ErrorBody, TurnStatus } from '../../kernel/index.js';

/** A turn as every client sees it. Times are ISO 8601 UTC with milliseconds. */
export interface Turn {
  readonly id: string;
  readonly threadId: string;
  /** The turn that it follows, `null` for one that the thread begins with. */
  readonly parentTurnId: string | null;
  readonly status: TurnStatus;
  readonly attempt: number;
  readonly userMessageId: string;
  readonly assistantMessageId: string;
  readonly workflowRunId: string | null;
  readonly error: ErrorBody | null;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}
