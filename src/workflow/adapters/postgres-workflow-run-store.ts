import { Inject, Injectable, Logger } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import type { Caller, CompletedStep } from '../../kernel/index.js';
import { Database, isPermanent, sql } from '../../platform/database/index.js';
import type { Advance, WorkflowRun } from '../core/run.js';
import { PINNED_THREAD, type PinnedThread } from '../ports/pinned-thread.js';
import type { CurrentRun, ThreadWorkflow, WorkflowRunStore } from '../ports/workflow-run-store.js';

/** How long a step that is answered waits for a database that is away. */
const GIVE_UP_MS = 30_000;
const RETRY_MS = 250;

const COLUMNS = `r.id, r.thread_id, r.workflow, r.version, r.step, r.status, r.steps_done, r.created_at, r.updated_at, r.ended_at`;

const CURRENT = sql(
  'workflow_run_store.current',
  `WITH newest AS (
     SELECT * FROM workflow_runs WHERE thread_id = $1 ORDER BY id DESC LIMIT 1
   ), open AS (
     SELECT * FROM newest WHERE status = 'waiting'
   ), kept AS (
     SELECT step, result FROM workflow_step_results WHERE turn_id = $6
   ), started AS (
     INSERT INTO workflow_runs (id, thread_id, workflow, version, step, status, started_by)
     SELECT $2::uuid, $1, $3, $4::int, $5, 'waiting', $6::uuid
     WHERE NOT EXISTS (SELECT 1 FROM open) AND NOT EXISTS (SELECT 1 FROM kept)
     RETURNING *
   )
   SELECT ${COLUMNS}, r.started_by IS NOT DISTINCT FROM $6::uuid AS is_begun,
     kept.step AS kept_step, kept.result
   FROM (SELECT * FROM open UNION ALL SELECT * FROM started) r FULL JOIN kept ON true`,
);

/** The run moves and what its step has left is kept, or neither; what nobody can ask for any more goes along the way. */
const ADVANCE = sql(
  'workflow_run_store.advance',
  `WITH moved AS (
     UPDATE workflow_runs SET step = $4, status = $5, steps_done = $6, updated_at = now(),
       ended_at = CASE WHEN $5 = 'completed' THEN now() END
     WHERE id = $1 AND step = $2 AND steps_done = $3
       AND NOT EXISTS (SELECT 1 FROM workflow_step_results WHERE turn_id = $7::uuid)
     RETURNING id
   ), swept AS (
     DELETE FROM workflow_step_results WHERE turn_id IN (
       SELECT turn_id FROM workflow_step_results WHERE created_at < now() - interval '1 day'
       ORDER BY created_at LIMIT 20 FOR UPDATE SKIP LOCKED
     )
   )
   INSERT INTO workflow_step_results (turn_id, run_id, step, result)
   SELECT $7::uuid, id, $2, $8::json FROM moved
   ON CONFLICT (turn_id) DO NOTHING`,
);

const COMPLETED_BY = sql(
  'workflow_run_store.completed_by',
  `SELECT step, result FROM workflow_step_results WHERE turn_id = $1`,
);

/** The statements that ask for a caller. */
const callersStatements = (pinnedThread: PinnedThread) => ({
  find: sql(
    'workflow_run_store.find',
    `SELECT ${COLUMNS} FROM workflow_runs r WHERE r.id = $1 AND EXISTS (${pinnedThread('r.thread_id', '$2', '$3')})`,
  ),
  ofThread: sql(
    'workflow_run_store.of_thread',
    `SELECT t.workflow AS pinned, t.workflow_version AS pinned_version, ${COLUMNS}
     FROM (${pinnedThread('$1', '$2', '$3')}) t LEFT JOIN workflow_runs r ON r.thread_id = t.id
     ORDER BY r.id DESC LIMIT 1`,
  ),
});

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
    @Inject(PINNED_THREAD) pinnedThread: PinnedThread,
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
