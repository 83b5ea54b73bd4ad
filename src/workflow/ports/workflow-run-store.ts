import type { Caller, CompletedStep } from '../../kernel/index.js';
import type { Advance, WorkflowRun } from '../core/run.js';

/** The workflow a thread is pinned to, and the state of its run. */
export interface ThreadWorkflow {
  readonly workflow: string;
  readonly version: number;
  readonly run: WorkflowRun | null;
}

/** The run of a turn's thread. `isBegun`: the turn has begun the run, now or in an earlier attempt. */
export type CurrentRun =
  | { readonly left: undefined; readonly run: WorkflowRun; readonly isBegun: boolean }
  | { readonly left: CompletedStep };

/** Injection token of the {@link WorkflowRunStore}. */
export const WORKFLOW_RUN_STORE = Symbol('WorkflowRunStore');

/** The runs of all threads. Queries made for a caller return only the caller's own threads. */
export interface WorkflowRunStore {
  /**
   * The thread's newest open run, or `fresh` when it has none; or, for a turn that has completed its step already, that
   * step's result. For the engine, inside a turn.
   */
  current(threadId: string, fresh: WorkflowRun, turnId: string): Promise<CurrentRun>;
  /**
   * Advances a run from the state in which it was read, and stores the step's result for a day: both or neither. A run
   * that has changed since is left as it is, and no turn advances one twice, so that it may be called again. Retries
   * for half a minute while the database is unreachable.
   */
  advance(run: WorkflowRun, to: Advance, turnId: string, left: CompletedStep): Promise<void>;
  /** The result of the step that the turn has completed. For the engine, when it recovers a turn. */
  completedBy(turnId: string): Promise<CompletedStep | undefined>;
  find(caller: Caller, runId: string): Promise<WorkflowRun | undefined>;
  /** The thread's workflow and its newest run, if a message has begun one; absent without the thread. */
  ofThread(caller: Caller, threadId: string): Promise<ThreadWorkflow | undefined>;
}
