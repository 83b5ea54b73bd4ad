import { Injectable } from '@nestjs/common';
import type { Caller } from '../../kernel/index.js';
import { Database, sql } from '../../platform/database/index.js';
import type { Advance, WorkflowRun } from '../core/run.js';
import type { ThreadWorkflow, WorkflowRunStore } from '../ports/workflow-run-store.js';

const COLUMNS = `r.id, r.thread_id, r.workflow, r.version, r.step, r.status, r.steps_done, r.created_at, r.updated_at, r.ended_at`;

const CURRENT = sql(
  'workflow_run_store.current',
  `WITH newest AS (
     SELECT * FROM workflow_runs WHERE thread_id = $1 ORDER BY id DESC LIMIT 1
   ), open AS (
     SELECT * FROM newest WHERE status = 'waiting'
   ), started AS (
     INSERT INTO workflow_runs (id, thread_id, workflow, version, step, status)
     SELECT $2::uuid, $1, $3, $4::int, $5, 'waiting' WHERE NOT EXISTS (SELECT 1 FROM open)
     RETURNING *
   )
   SELECT ${COLUMNS} FROM open r UNION ALL SELECT ${COLUMNS} FROM started r`,
);

const ADVANCE = sql(
  'workflow_run_store.advance',
  `UPDATE workflow_runs SET step = $4, status = $5, steps_done = $6, updated_at = now(),
     ended_at = CASE WHEN $5 = 'completed' THEN now() END
   WHERE id = $1 AND step = $2 AND steps_done = $3`,
);

const FIND = sql(
  'workflow_run_store.find',
  `SELECT ${COLUMNS} FROM workflow_runs r JOIN threads t ON t.id = r.thread_id
   WHERE r.id = $1 AND t.org_id = $2 AND t.user_id = $3`,
);

const OF_THREAD = sql(
  'workflow_run_store.of_thread',
  `SELECT t.workflow AS pinned, t.workflow_version AS pinned_version, ${COLUMNS}
   FROM threads t LEFT JOIN workflow_runs r ON r.thread_id = t.id
   WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3 ORDER BY r.id DESC LIMIT 1`,
);

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

type ThreadRow = (RunRow | { readonly id: null }) & {
  readonly pinned: string;
  readonly pinned_version: number;
};

/** Workflow runs in Postgres. */
@Injectable()
export class PostgresWorkflowRunStore implements WorkflowRunStore {
  constructor(private readonly database: Database) {}

  async current(threadId: string, fresh: WorkflowRun): Promise<WorkflowRun> {
    const values = [threadId, fresh.id, fresh.workflow, fresh.version, fresh.step];
    const [row] = await this.database.query<RunRow>(CURRENT, values);
    if (row === undefined) throw new Error('a run was neither found nor started');
    return runFrom(row);
  }

  async advance(run: WorkflowRun, to: Advance): Promise<void> {
    await this.database.query(ADVANCE, [run.id, run.step, run.stepsDone, to.step, to.status, to.stepsDone]);
  }

  async find(caller: Caller, runId: string): Promise<WorkflowRun | undefined> {
    const [row] = await this.database.query<RunRow>(FIND, [runId, caller.org, caller.id]);
    return row && runFrom(row);
  }

  async ofThread(caller: Caller, threadId: string): Promise<ThreadWorkflow | undefined> {
    const [row] = await this.database.query<ThreadRow>(OF_THREAD, [threadId, caller.org, caller.id]);
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
