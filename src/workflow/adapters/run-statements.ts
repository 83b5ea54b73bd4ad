import { sql } from '../../platform/database/index.js';
import type { RunningTurnSql } from '../ports/running-turn-sql.js';
import type { ThreadWorkflowSql } from '../ports/thread-workflow-sql.js';
import { RUN_COLUMNS } from './run-sql.js';

/** Advances the run `$1` from step `$2` with `$3` steps done, under a further condition. */
const move = (
  from: string,
  position: string,
  condition: string,
) => `UPDATE workflow_runs SET step = $4, status = $5, steps_done = $6, position = ${position}::json,
       entered = COALESCE($9::json, entered), updated_at = now(), ended_at = CASE WHEN $5 = 'completed' THEN now() END
     ${from} WHERE id = $1 AND step = $2 AND steps_done = $3 ${condition}
     RETURNING id`;

/** Adds a step to those that the run has been through: it began at `startedAt`, after `$3` others. */
const ran = (turn: string, step: string, how: string, startedAt: string, code: string) =>
  `INSERT INTO workflow_run_steps (run_id, steps_before, step, status, turn_id, started_at, error_code)
     SELECT id, $3, ${step}, ${how}, ${turn}, ${startedAt}::timestamptz, ${code} FROM moved
     ON CONFLICT (run_id, steps_before) DO UPDATE SET step = EXCLUDED.step, status = EXCLUDED.status,
       turn_id = EXCLUDED.turn_id, started_at = EXCLUDED.started_at, ended_at = now(), error_code = EXCLUDED.error_code`;

/** Advances the run and stores the result of its step, or does neither; expired results are deleted along the way. */
export const ADVANCE = sql(
  'workflow_run_store.advance',
  `WITH moved AS (
     ${move('', '$10', 'AND NOT EXISTS (SELECT 1 FROM workflow_step_results WHERE turn_id = $7::uuid)')}
   ), ran AS (
     ${ran('$7::uuid', '$11', '$12', '$13', '$14::text')}
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

/** Before the number of steps that were done in the run: the journal's key of a step. */
const STEP_KEY = 'step:';

/** The key of a step in the journal. */
export function stepKey(stepsDone: number): string {
  return `${STEP_KEY}${stepsDone}`;
}

export const STEPS_OF = sql(
  'workflow_run_store.steps_of',
  `SELECT result FROM run_journal
   WHERE turn_id = $1 AND starts_with(key, '${STEP_KEY}') AND done_at IS NOT NULL
   ORDER BY substr(key, ${STEP_KEY.length + 1})::int`,
);

/** The step after `$2` others has failed in this turn, and the run stays at it. */
export const FAILED = sql(
  'workflow_run_store.failed',
  `INSERT INTO workflow_run_steps (run_id, steps_before, step, status, turn_id, started_at, error_code)
   SELECT r.id, $2::int, $3, 'failed', $4::uuid, $5::timestamptz, $6 FROM workflow_runs r WHERE r.id = $1
   ON CONFLICT (run_id, steps_before) DO UPDATE SET step = EXCLUDED.step, status = EXCLUDED.status,
     turn_id = EXCLUDED.turn_id, started_at = EXCLUDED.started_at, ended_at = now(), error_code = EXCLUDED.error_code
     WHERE workflow_run_steps.status = 'failed'`,
);

/** The statements that are made for a caller. */
export const callersStatements = (pinnedThread: ThreadWorkflowSql) => ({
  find: sql(
    'workflow_run_store.find',
    `SELECT ${RUN_COLUMNS}, r.entered FROM workflow_runs r WHERE r.id = $1 AND EXISTS (${pinnedThread('r.thread_id', '$2', '$3')})`,
  ),
  seed: sql(
    'workflow_run_store.seed',
    `INSERT INTO workflow_runs (id, thread_id, workflow, version, step, status, steps_done, entered, org_id, branch)
     SELECT $4::uuid, t.id, $5, $6::int, $7, 'waiting', $8::int, $9::json, $10::text, t.head_branch
     FROM (${pinnedThread('$1', '$2', '$3')}) t
     WHERE NOT EXISTS (SELECT 1 FROM workflow_runs r WHERE r.thread_id = t.id)`,
  ),
  stepsOfRun: sql(
    'workflow_run_store.steps_of_run',
    `SELECT s.step, s.status, s.steps_before, s.turn_id, s.started_at, s.ended_at, s.error_code
     FROM workflow_runs r JOIN workflow_run_steps s ON s.run_id = r.id
     WHERE r.id = $1 AND EXISTS (${pinnedThread('r.thread_id', '$2', '$3')})
     ORDER BY s.steps_before DESC LIMIT $4`,
  ),
  ofThread: sql(
    'workflow_run_store.of_thread',
    `SELECT t.workflow AS pinned, t.workflow_version AS pinned_version, ${RUN_COLUMNS}
     FROM (${pinnedThread('$1', '$2', '$3')}) t
     LEFT JOIN workflow_runs r ON r.thread_id = t.id AND r.branch = t.head_branch
     ORDER BY r.id DESC LIMIT 1`,
  ),
});

/** The statements of a turn that is running. */
export const turnsStatements = (turns: RunningTurnSql) => ({
  /** One for all turns but the first ones of their branches, and those that another process runs as well. */
  current: sql(
    'workflow_run_store.current',
    `WITH newest AS (
       SELECT * FROM workflow_runs WHERE thread_id = $1 AND branch = ${turns.branchOf('$6')} ORDER BY id DESC LIMIT 1
     ), open AS (
       SELECT * FROM newest WHERE status = 'waiting'
     ), kept AS (
       SELECT step, result FROM workflow_step_results WHERE turn_id = $6
     ), started AS (
       INSERT INTO workflow_runs (id, thread_id, workflow, version, step, status, started_by, org_id, branch)
       SELECT $2::uuid, $1, $3, $4::int, $5, 'waiting', $6::uuid, $7::text, ${turns.branchOf('$6')}
       WHERE NOT EXISTS (SELECT 1 FROM open) AND NOT EXISTS (SELECT 1 FROM kept)
         AND (EXISTS (SELECT 1 FROM newest) OR NOT EXISTS (${turns.stateBefore('$6')}))
       ON CONFLICT (id) DO NOTHING
       RETURNING *
     )
     SELECT ${RUN_COLUMNS}, r.entered, r.started_by IS NOT DISTINCT FROM $6::uuid AS is_begun,
       kept.step AS kept_step, kept.result
     FROM (SELECT * FROM open UNION ALL SELECT * FROM started) r FULL JOIN kept ON true`,
  ),
  before: sql(
    'workflow_run_store.before',
    `SELECT ${RUN_COLUMNS}, r.entered, b.state, b.step AS answered_step
     FROM (${turns.stateBefore('$1')}) b
     JOIN workflow_runs r ON r.id = COALESCE((b.state ->> 'runId')::uuid, b.run_id)`,
  ),
  /** No row: the epoch has passed. One without an id: the same statement runs elsewhere, and has not been seen yet. */
  begin: sql(
    'workflow_run_store.begin',
    `WITH held AS (
       ${turns.heldBy('$1::uuid', '$2::uuid', '$3::int')}
     ), newest AS (
       SELECT * FROM workflow_runs WHERE thread_id = $1 AND branch = ${turns.branchOf('$2')} ORDER BY id DESC LIMIT 1
     ), begun AS (
       INSERT INTO workflow_runs (id, thread_id, workflow, version, step, status, steps_done, entered, started_by, position, org_id, branch)
       SELECT $4::uuid, thread_id, $5, $6::int, $7, 'waiting', $8::int, $9::json, $10::uuid, $11::json, $12::text, ${turns.branchOf('$2')}
       FROM held WHERE NOT EXISTS (SELECT 1 FROM newest)
       ON CONFLICT (id) DO NOTHING
       RETURNING *
     )
     SELECT ${RUN_COLUMNS}, r.entered, r.started_by IS NOT DISTINCT FROM $2::uuid AS is_begun
     FROM held LEFT JOIN (SELECT * FROM newest UNION ALL SELECT * FROM begun) r ON true`,
  ),
  /** No row: the epoch has passed. */
  advanceWithin: sql(
    'workflow_run_store.advance_within',
    `WITH held AS (
       ${turns.heldBy('$10::uuid', '$7::uuid', '$11::int')}
     ), moved AS (
       ${move('FROM held', '$13', '')}
     ), kept AS (
       INSERT INTO run_journal (turn_id, key, epoch, result, done_at)
       SELECT $7::uuid, $12, $11::int, $8::json, now() FROM moved
     ), ran AS (
       ${ran('$7::uuid', '$14', '$15', '$16', '$17::text')}
     )
     SELECT EXISTS (SELECT 1 FROM moved) OR EXISTS (
       SELECT 1 FROM run_journal WHERE turn_id = $7::uuid AND key = $12) AS is_stored
     FROM held`,
  ),
});
