import { sql } from '../../platform/database/index.js';
import type { ThreadWorkflowSql } from '../ports/thread-workflow-sql.js';

const COLUMNS = `r.id, r.thread_id, r.workflow, r.version, r.step, r.status, r.steps_done, r.created_at, r.updated_at, r.ended_at`;

export const CURRENT = sql(
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

/** Advances the run and stores the result of its step, or does neither; expired results are deleted along the way. */
export const ADVANCE = sql(
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

export const COMPLETED_BY = sql(
  'workflow_run_store.completed_by',
  `SELECT step, result FROM workflow_step_results WHERE turn_id = $1`,
);

/** The statements that are made for a caller. */
export const callersStatements = (pinnedThread: ThreadWorkflowSql) => ({
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
