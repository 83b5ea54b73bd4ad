import { Inject, Injectable, Logger } from '@nestjs/common';
import { LeaseLostError, type Caller, type WorkflowState } from '../../kernel/index.js';
import { Database, keepTrying } from '../../platform/database/index.js';
import type { Entered } from '../core/results.js';
import type { Advance, Position, WorkflowRun } from '../core/run.js';
import type { StepRecord } from '../core/step-record.js';
import type { JournalWriter } from '../ports/run-journal.js';
import { RUNNING_TURN_SQL, type RunningTurnSql } from '../ports/running-turn-sql.js';
import { THREAD_WORKFLOW_SQL, type ThreadWorkflowSql } from '../ports/thread-workflow-sql.js';
import type {
  Before,
  CurrentRun,
  FailedStep,
  OpenRun,
  RanStep,
  ThreadWorkflow,
  WorkflowRunStore,
} from '../ports/workflow-run-store.js';
import {
  ADVANCE,
  callersStatements,
  COMPLETED_BY,
  FAILED,
  stepKey,
  STEPS_OF,
  turnsStatements,
} from './run-statements.js';

interface RunRow {
  readonly id: string;
  readonly thread_id: string;
  readonly workflow: string;
  readonly version: number;
  readonly step: string;
  readonly status: WorkflowRun['status'];
  readonly steps_done: number;
  readonly position: Position | null;
  readonly org_id: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly ended_at: Date | null;
}

interface RanRow {
  readonly step: string;
  readonly status: RanStep['status'];
  readonly steps_before: number;
  readonly turn_id: string;
  readonly started_at: Date;
  readonly ended_at: Date;
  readonly error_code: string | null;
}

interface ResultRow {
  readonly step: string;
  readonly result: Omit<StepRecord, 'step'>;
}

interface OpenRow extends RunRow {
  readonly entered: readonly Entered[] | null;
}

/** The row of an open run as JSON. */
type FoundRow = Omit<OpenRow, 'created_at' | 'updated_at' | 'ended_at'> & {
  readonly is_begun: boolean;
  readonly created_at: string;
  readonly updated_at: string;
  readonly ended_at: string | null;
};

type CurrentRow =
  | (OpenRow & { readonly is_begun: boolean; readonly kept_step: null })
  | { readonly kept_step: string; readonly result: ResultRow['result'] };

type BegunRow = (OpenRow & { readonly is_begun: boolean }) | { readonly id: null };

interface BeforeRow extends OpenRow {
  readonly state: WorkflowState | null;
  readonly answered_step: string | null;
}

type ThreadRow = (RunRow | { readonly id: null }) & {
  readonly pinned: string;
  readonly pinned_version: number;
};

/** Workflow runs in Postgres. */
@Injectable()
export class PostgresWorkflowRunStore implements WorkflowRunStore {
  private readonly logger = new Logger(PostgresWorkflowRunStore.name);

  private readonly statements: ReturnType<typeof callersStatements> & ReturnType<typeof turnsStatements>;

  constructor(
    private readonly database: Database,
    @Inject(THREAD_WORKFLOW_SQL) pinnedThread: ThreadWorkflowSql,
    @Inject(RUNNING_TURN_SQL) runningTurn: RunningTurnSql,
  ) {
    this.statements = { ...callersStatements(pinnedThread), ...turnsStatements(runningTurn) };
  }

  async current(threadId: string, fresh: WorkflowRun, turnId: string): Promise<CurrentRun> {
    const begins = [fresh.id, fresh.workflow, fresh.version, fresh.step];
    const values = [threadId, ...begins, turnId, fresh.definedBy ?? null];
    const [row] = await this.database.query<CurrentRow>(this.statements.current, values);
    if (row === undefined) return { is: 'nowhere' };
    if (row.kept_step !== null) return { is: 'left', left: { ...row.result, step: row.kept_step } };
    return { is: 'open', ...openFrom(row), isBegun: row.is_begun };
  }

  foundAlong(found: unknown): (OpenRun & { readonly isBegun: boolean }) | undefined {
    if (found === null || found === undefined) return undefined;
    const { created_at, updated_at, ended_at, ...rest } = found as FoundRow;
    const times = { created_at: new Date(created_at), updated_at: new Date(updated_at) };
    const row = { ...rest, ...times, ended_at: ended_at === null ? null : new Date(ended_at) };
    return { ...openFrom(row), isBegun: row.is_begun };
  }

  async before(turnId: string): Promise<Before | undefined> {
    const [row] = await this.database.query<BeforeRow>(this.statements.before, [turnId]);
    return row && { ...openFrom(row), state: row.state, step: row.answered_step };
  }

  async begin({ threadId, turnId, epoch }: JournalWriter, { run, entered }: OpenRun, isFresh: boolean) {
    const place = [run.id, run.workflow, run.version, run.step, run.stepsDone, jsonOf(entered)];
    const begun = [isFresh ? turnId : null, positionOf(run), run.definedBy ?? null];
    const values = [threadId, turnId, epoch, ...place, ...begun];
    for (;;) {
      const [row] = await this.database.query<BegunRow>(this.statements.begin, values);
      if (row === undefined) throw leaseLost(turnId);
      if (row.id !== null) return { ...openFrom(row), isBegun: row.is_begun };
    }
  }

  async advance(run: WorkflowRun, to: Advance, turnId: string, left: StepRecord): Promise<void> {
    const { step: _, ...result } = left;
    const values = [
      ...valuesOf(run, to),
      turnId,
      JSON.stringify(result),
      jsonOf(to.entered),
      positionOf(to),
      ...ranBy(left),
    ];
    await keepTrying(this.logger, { name: 'a completed step', turnId }, () =>
      this.database.query(ADVANCE, values),
    );
  }

  async advanceWithin(run: WorkflowRun, to: Advance, writer: JournalWriter, left: StepRecord): Promise<void> {
    const { turnId, threadId, epoch } = writer;
    const kept = [turnId, JSON.stringify(left), jsonOf(to.entered)];
    const values = [
      ...valuesOf(run, to),
      ...kept,
      threadId,
      epoch,
      stepKey(run.stepsDone),
      positionOf(to),
      ...ranBy(left),
    ];
    const write = () =>
      keepTrying(this.logger, { name: 'a completed step', turnId }, () =>
        this.database.query<{ readonly is_stored: boolean }>(this.statements.advanceWithin, values),
      );
    // The first may have met itself: asked again after its answer was lost, and not seen by then.
    for (const _ of ['as it is', 'as it is by now']) {
      const [row] = await write();
      if (row === undefined) throw leaseLost(turnId);
      if (row.is_stored) return;
    }
    throw new Error(`run ${run.id} is not at step ${run.step} any more`);
  }

  async seed(caller: Caller, { run, entered }: OpenRun): Promise<void> {
    const place = [run.id, run.workflow, run.version, run.step, run.stepsDone, jsonOf(entered)];
    const values = [run.threadId, caller.org, caller.id, ...place, run.definedBy ?? null];
    await this.database.query(this.statements.seed, values);
  }

  async failed(run: WorkflowRun, { at, turnId, startedAt, errorCode }: FailedStep): Promise<void> {
    await this.database.query(FAILED, [run.id, run.stepsDone, at, turnId, startedAt, errorCode]);
  }

  async ran(caller: Caller, runId: string, limit: number): Promise<readonly RanStep[]> {
    const values = [runId, caller.org, caller.id, limit];
    const rows = await this.database.query<RanRow>(this.statements.stepsOfRun, values);
    return rows.map((row) => ({
      ...{ step: row.step, status: row.status, stepsBefore: row.steps_before, turnId: row.turn_id },
      ...{
        startedAt: row.started_at.toISOString(),
        endedAt: row.ended_at.toISOString(),
        errorCode: row.error_code,
      },
    }));
  }

  async stepsOf(turnId: string): Promise<readonly StepRecord[]> {
    const rows = await this.database.query<{ readonly result: StepRecord }>(STEPS_OF, [turnId]);
    return rows.map(({ result }) => result);
  }

  async completedBy(turnId: string): Promise<StepRecord | undefined> {
    const [row] = await this.database.query<ResultRow>(COMPLETED_BY, [turnId]);
    return row && { ...row.result, step: row.step };
  }

  async find(caller: Caller, runId: string): Promise<WorkflowRun | undefined> {
    const [row] = await this.database.query<RunRow>(this.statements.find, [runId, caller.org, caller.id]);
    return row && runFrom(row);
  }

  async open(caller: Caller, runId: string): Promise<OpenRun | undefined> {
    const [row] = await this.database.query<OpenRow>(this.statements.find, [runId, caller.org, caller.id]);
    return row && openFrom(row);
  }

  async ofThread(caller: Caller, threadId: string): Promise<ThreadWorkflow | undefined> {
    const values = [threadId, caller.org, caller.id];
    const [row] = await this.database.query<ThreadRow>(this.statements.ofThread, values);
    if (row === undefined) return undefined;
    return { workflow: row.pinned, version: row.pinned_version, run: row.id === null ? null : runFrom(row) };
  }
}

function leaseLost(turnId: string): LeaseLostError {
  return new LeaseLostError(`turn ${turnId} is run by another process now`);
}

/** Where a run is read, and where it moves. */
function valuesOf(run: WorkflowRun, to: Advance): readonly unknown[] {
  return [run.id, run.step, run.stepsDone, to.step, to.status, to.stepsDone];
}

/** What is kept of a step that a run has been through. */
function ranBy({ step, how, startedAt, errorCode }: StepRecord): readonly unknown[] {
  return [step, how ?? 'completed', startedAt ?? new Date().toISOString(), errorCode ?? null];
}

function positionOf({ position }: { readonly position?: Position }): string | null {
  return position === undefined ? null : JSON.stringify(position);
}

function jsonOf(entered: readonly Entered[] | undefined): string | null {
  return entered === undefined || entered.length === 0 ? null : JSON.stringify(entered);
}

function openFrom(row: OpenRow): OpenRun {
  return { run: runFrom(row), entered: row.entered ?? [] };
}

function runFrom(row: RunRow): WorkflowRun {
  return {
    id: row.id,
    threadId: row.thread_id,
    workflow: row.workflow,
    version: row.version,
    step: row.step,
    status: row.status,
    stepsDone: row.steps_done,
    ...(row.position === null ? {} : { position: row.position }),
    ...(row.org_id === null ? {} : { definedBy: row.org_id }),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}
