import type { Caller, WorkflowState } from '../../kernel/index.js';
import type { Entered } from '../core/results.js';
import type { Advance, WorkflowRun } from '../core/run.js';
import type { StepRecord } from '../core/step-record.js';
import type { JournalWriter } from './run-journal.js';

/** The workflow a thread is pinned to, and the state of its run. */
export interface ThreadWorkflow {
  readonly workflow: string;
  readonly version: number;
  readonly run: WorkflowRun | null;
}

/** A run with the forms that people have filled in. */
export interface OpenRun {
  readonly run: WorkflowRun;
  readonly entered: readonly Entered[];
}

/**
 * The run of a turn's branch. `isBegun`: the turn has begun the run, now or in an earlier attempt. `left`: the turn has
 * completed its last step. `nowhere`: the branch has no run yet and continues that of the turns before it, or another
 * process begins it at the same time.
 */
export type CurrentRun =
  | ({ readonly is: 'open'; readonly isBegun: boolean } & OpenRun)
  | { readonly is: 'left'; readonly left: StepRecord }
  | { readonly is: 'nowhere' };

/** The run of the turns before a turn, with its `state` then, or the `step` that a former release answered last. */
export interface Before extends OpenRun {
  readonly state: WorkflowState | null;
  readonly step: string | null;
}

/** A step that could not be completed. Times are ISO 8601 UTC with milliseconds. */
export interface FailedStep {
  readonly at: string;
  readonly turnId: string;
  readonly startedAt: string;
  readonly errorCode: string;
}

/** A step that a run has been through. Times are ISO 8601 UTC with milliseconds. */
export interface RanStep {
  /** Its place. */
  readonly step: string;
  readonly status: 'completed' | 'skipped' | 'failed' | 'opened';
  /** How many steps of the run were done before. */
  readonly stepsBefore: number;
  readonly turnId: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly errorCode: string | null;
}

/** Injection token of the {@link WorkflowRunStore}. */
export const WORKFLOW_RUN_STORE = Symbol('WorkflowRunStore');

/** The runs of all threads. Queries made for a caller return only the caller's own threads. */
export interface WorkflowRunStore {
  /**
   * The newest open run of the turn's branch, or `fresh` when it has none; or, for a turn that has completed its last step
   * already, that step's result. For the engine, inside a turn.
   */
  current(threadId: string, fresh: WorkflowRun, turnId: string): Promise<CurrentRun>;
  /** The run that the statement which accepted a turn found for it; absent when it found none. */
  foundAlong(found: unknown): (OpenRun & { readonly isBegun: boolean }) | undefined;
  /** The run of the turns before the turn; absent when none of them has advanced one, or it is gone. */
  before(turnId: string): Promise<Before | undefined>;
  /**
   * Begins a run for the turn's branch unless it has one by now, and returns the branch's run. `isFresh`: the run does not
   * continue that of another branch. Throws a `LeaseLostError` when the writer's epoch has passed.
   */
  begin(
    writer: JournalWriter,
    next: OpenRun,
    isFresh: boolean,
  ): Promise<OpenRun & { readonly isBegun: boolean }>;
  /**
   * Advances a run from the state in which it was read, and stores the step's result for a day: both or neither. A run
   * that has changed since is left as it is, and no turn advances one twice, so that it may be called again. Retries
   * for half a minute while the database is unreachable.
   */
  advance(run: WorkflowRun, to: Advance, turnId: string, left: StepRecord): Promise<void>;
  /**
   * The same for a step that another one of the same turn follows: its result is stored in the turn's journal. Throws a
   * `LeaseLostError`, and stores nothing, when the writer's epoch has passed.
   */
  advanceWithin(run: WorkflowRun, to: Advance, writer: JournalWriter, left: StepRecord): Promise<void>;
  /** Stores a run that stands in the middle, for a thread of the caller's that has none. */
  seed(caller: Caller, open: OpenRun): Promise<void>;
  /** Notes that a step has failed, after which the run stays where it is. It is lost where the database is away. */
  failed(run: WorkflowRun, failed: FailedStep): Promise<void>;
  /** The newest steps that a run has been through, the newest first; none of a run that is not the caller's. */
  ran(caller: Caller, runId: string, limit: number): Promise<readonly RanStep[]>;
  /** The results in the turn's journal, in the order of the steps. */
  stepsOf(turnId: string): Promise<readonly StepRecord[]>;
  /** The result of the last step of the turn, if that is completed. For the engine, when it recovers a turn. */
  completedBy(turnId: string): Promise<StepRecord | undefined>;
  find(caller: Caller, runId: string): Promise<WorkflowRun | undefined>;
  /** The same with what its steps have left. */
  open(caller: Caller, runId: string): Promise<OpenRun | undefined>;
  /** The thread's workflow and the newest run of its shown branch, if a message has begun one; absent without the thread. */
  ofThread(caller: Caller, threadId: string): Promise<ThreadWorkflow | undefined>;
}
