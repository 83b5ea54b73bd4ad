import type { FirstStep } from '../core/definition.js';

/**
 * SQL fragments about runs for the statements of other rooms. The parameters are SQL expressions of those statements, never
 * values.
 */

/** The columns of a run `r`. */
export const RUN_COLUMNS = `r.id, r.thread_id, r.workflow, r.version, r.step, r.status, r.steps_done, r.position, r.org_id, r.created_at, r.updated_at, r.ended_at`;

/** A turn that is being accepted; `from` has the thread's `id` and workflow, and the turn's `head_branch` and parent. */
interface TurnOfRun {
  readonly from: string;
  readonly turn: string;
}

/** The fragments of a process that knows workflows with these first steps. */
export function runsFrom(firstSteps: readonly FirstStep[]) {
  return { openRun: (turn: TurnOfRun) => openRun(turn, firstSteps) };
}

/**
 * CTEs, of which the last one, `run`, is the open run of the turn's branch, or one that begins: where the runs before it are
 * complete, or nothing comes before the turn. A branch that begins in the middle goes on with another one's run, which is not
 * found here. A run has the id of the turn that begins it.
 */
export function openRun({ from, turn }: TurnOfRun, firstSteps: readonly FirstStep[]): string {
  return `newest_run AS (
     SELECT newest.* FROM ${from} CROSS JOIN LATERAL (
       SELECT * FROM workflow_runs WHERE thread_id = ${from}.id AND branch = ${from}.head_branch ORDER BY id DESC LIMIT 1
     ) newest
   ), begun_run AS (
     INSERT INTO workflow_runs (id, thread_id, workflow, version, step, status, started_by, branch)
     SELECT ${turn}, ${from}.id, first.workflow, first.version, first.step, 'waiting', ${turn}, ${from}.head_branch
     FROM ${from} JOIN (VALUES ${firstSteps.map(valuesOf).join(', ')}) AS first (workflow, version, step)
       ON first.workflow = ${from}.workflow AND first.version = ${from}.workflow_version
     WHERE NOT EXISTS (SELECT 1 FROM newest_run WHERE status = 'waiting')
       AND (${from}.head_parent_turn_id IS NULL OR EXISTS (SELECT 1 FROM newest_run))
     RETURNING *
   ), run AS (
     SELECT ${RUN_COLUMNS}, r.entered, r.started_by IS NOT DISTINCT FROM ${turn} AS is_begun
     FROM (SELECT * FROM newest_run WHERE status = 'waiting' UNION ALL SELECT * FROM begun_run) r
   )`;
}

function valuesOf({ workflow, version, step }: FirstStep): string {
  return `(${literal(workflow)}, ${version}, ${literal(step)})`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
