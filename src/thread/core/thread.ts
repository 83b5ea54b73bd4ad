/** A thread as its user sees it. Times are ISO 8601 UTC with milliseconds. */
export interface Thread {
  readonly id: string;
  readonly title: string | null;
  readonly workflow: string;
  readonly workflowVersion: number;
  /** What its active turn is doing, or `idle` when it has none. */
  readonly status: 'idle' | 'running' | 'waiting';
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Of all branches. */
  readonly messageCount: number;
  readonly activeTurnId: string | null;
  /** The last turn of the branch that is shown, which the next message follows; `null` in an empty thread. */
  readonly headTurnId: string | null;
}

/** The changes that a user may make to a thread; absent fields stay unchanged. */
export interface ThreadChange {
  readonly title?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}
