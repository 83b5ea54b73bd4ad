import { Inject, Injectable, Logger } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import type { Caller, CompletedStep } from '../../kernel/index.js';
import { Database, isPermanent } from '../../platform/database/index.js';
import type { Advance, WorkflowRun } from '../core/run.js';
import { THREAD_WORKFLOW_SQL, type ThreadWorkflowSql } from '../ports/thread-workflow-sql.js';
import type { CurrentRun, ThreadWorkflow, WorkflowRunStore } from '../ports/workflow-run-store.js';
import { ADVANCE, callersStatements, COMPLETED_BY, CURRENT } from './run-statements.js';

/** How long a completed step is retried while the database is unreachable. */
const GIVE_UP_MS = 30_000;
const RETRY_MS = 250;

interface RunRow {
  readonly id: string;
  readonly thread_id: string;
  readonly workflow: string;
  readonly version: number;
  readonly step: string;
  readonly status: WorkflowRun['status'];
  readonly steps_done: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly ended_at: Date | null;
}

interface ResultRow {
  readonly step: string;
  readonly result: Omit<CompletedStep, 'step'>;
}

type CurrentRow =
  | (RunRow & { readonly is_begun: boolean; readonly kept_step: null })
  | { readonly kept_step: string; readonly result: ResultRow['result'] };

type ThreadRow = (RunRow | { readonly id: null }) & {
  readonly pinned: string;
  readonly pinned_version: number;
};

/** Workflow runs in Postgres. */
@Injectable()
export class PostgresWorkflowRunStore implements WorkflowRunStore {
  private readonly logger = new Logger(PostgresWorkflowRunStore.name);

  private readonly statements: ReturnType<typeof callersStatements>;

  constructor(
    private readonly database: Database,
    @Inject(THREAD_WORKFLOW_SQL) pinnedThread: ThreadWorkflowSql,
  ) {
    this.statements = callersStatements(pinnedThread);
  }

  async current(threadId: string, fresh: WorkflowRun, turnId: string): Promise<CurrentRun> {
    const values = [threadId, fresh.id, fresh.workflow, fresh.version, fresh.step, turnId];
    const [row] = await this.database.query<CurrentRow>(CURRENT, values);
    if (row === undefined) throw new Error('a run was neither found nor started');
    if (row.kept_step !== null) return { left: { ...row.result, step: row.kept_step } };
    return { left: undefined, run: runFrom(row), isBegun: row.is_begun };
  }

  async advance(run: WorkflowRun, to: Advance, turnId: string, left: CompletedStep): Promise<void> {
    const { step: _, ...result } = left;
    const where = [run.id, run.step, run.stepsDone, to.step, to.status, to.stepsDone];
    const values = [...where, turnId, JSON.stringify(result)];
    const deadline = performance.now() + GIVE_UP_MS;
    for (;;) {
      try {
        await this.database.query(ADVANCE, values);
        return;
      } catch (error) {
        if (isPermanent(error) || performance.now() > deadline) throw error;
        this.logger.warn({ err: error, turnId }, 'Storing a completed step failed; trying again.');
      }
      await pause(RETRY_MS);
    }
  }

  async completedBy(turnId: string): Promise<CompletedStep | undefined> {
    const [row] = await this.database.query<ResultRow>(COMPLETED_BY, [turnId]);
    return row && { ...row.result, step: row.step };
  }

  async find(caller: Caller, runId: string): Promise<WorkflowRun | undefined> {
    const [row] = await this.database.query<RunRow>(this.statements.find, [runId, caller.org, caller.id]);
    return row && runFrom(row);
  }

  async ofThread(caller: Caller, threadId: string): Promise<ThreadWorkflow | undefined> {
    const values = [threadId, caller.org, caller.id];
    const [row] = await this.database.query<ThreadRow>(this.statements.ofThread, values);
    if (row === undefined) return undefined;
    return { workflow: row.pinned, version: row.pinned_version, run: row.id === null ? null : runFrom(row) };
  }
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
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}
