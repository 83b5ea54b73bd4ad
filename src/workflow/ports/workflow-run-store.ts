import type { Caller } from '../../kernel/index.js';
import type { Advance, WorkflowRun } from '../core/run.js';

/** What a thread is pinned to, and how far it is. */
export interface ThreadWorkflow {
  readonly workflow: string;
  readonly version: number;
  readonly run: WorkflowRun | null;
}

/** Injection token of the {@link WorkflowRunStore}. */
export const WORKFLOW_RUN_STORE = Symbol('WorkflowRunStore');

/** The runs of all threads. Questions asked for a caller answer only for the caller's own threads. */
export interface WorkflowRunStore {
  /** The thread's newest run, or the new one when it has none that is still open. For the engine, inside a turn. */
  current(threadId: string, fresh: WorkflowRun): Promise<WorkflowRun>;
  /** Moves a run on from where it was read; a run that is elsewhere by now stays as it is. */
  advance(run: WorkflowRun, to: Advance): Promise<void>;
  find(caller: Caller, runId: string): Promise<WorkflowRun | undefined>;
  /** The thread's workflow and its newest run, if a message has begun one; absent without the thread. */
  ofThread(caller: Caller, threadId: string): Promise<ThreadWorkflow | undefined>;
}
