import type { Caller, CompletedStep } from '../../kernel/index.js';
import type { Advance, WorkflowRun } from '../core/run.js';

/** What a thread is pinned to, and how far it is. */
export interface ThreadWorkflow {
  readonly workflow: string;
  readonly version: number;
  readonly run: WorkflowRun | null;
}

/** Where a thread stands for a turn. `isBegun`: the turn has begun the run, now or when it was run before. */
export type CurrentRun =
  | { readonly left: undefined; readonly run: WorkflowRun; readonly isBegun: boolean }
  | { readonly left: CompletedStep };

/** Injection token of the {@link WorkflowRunStore}. */
export const WORKFLOW_RUN_STORE = Symbol('WorkflowRunStore');

/** The runs of all threads. Questions asked for a caller answer only for the caller's own threads. */
export interface WorkflowRunStore {
  /**
   * The thread's newest run, or the new one when it has none that is still open; or, for a turn that has completed its
   * step already, what that has left. For the engine, inside a turn.
   */
  current(threadId: string, fresh: WorkflowRun, turnId: string): Promise<CurrentRun>;
  /**
   * Moves a run on from where it was read, and keeps what the step has left for a day: both or neither. A run that is
   * elsewhere by now stays as it is, and no turn moves one twice, so that it may be called again. Goes on trying for half a minute while the
   * database is away.
   */
  advance(run: WorkflowRun, to: Advance, turnId: string, left: CompletedStep): Promise<void>;
  /** What the step has left that the turn completed. For the engine, when it takes a turn over. */
  completedBy(turnId: string): Promise<CompletedStep | undefined>;
  find(caller: Caller, runId: string): Promise<WorkflowRun | undefined>;
  /** The thread's workflow and its newest run, if a message has begun one; absent without the thread. */
  ofThread(caller: Caller, threadId: string): Promise<ThreadWorkflow | undefined>;
}
