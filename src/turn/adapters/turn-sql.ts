import { threadSql } from '../../thread/index.js';

/**
 * SQL fragments about turns for the statements of other rooms. The parameters are SQL expressions of those statements,
 * never values.
 */

const ROW = `SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
  parent_turn_id, branch FROM turns`;

/**
 * A query of the turn's `id`, `thread_id`, `first_seq`, `has_begun`, `user_message_id`, `assistant_message_id`,
 * `parent_turn_id` and `branch`.
 */
export function turn(id: string): string {
  return `${ROW} WHERE id = ${id}`;
}

/** The same for the turns in an array of ids. */
export function turnsIn(ids: string): string {
  return `${ROW} WHERE id = ANY(${ids})`;
}

/** A query of the `id`s of the turns whose parent is `parent`; of the thread's first turns when that is NULL. */
export function following(thread: string, parent: string): string {
  return `SELECT id FROM turns WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(${parent}, ${thread})`;
}

/** How many of a turn's siblings are named, half of them before it. */
const NAMED = 200;

/** The siblings of the turn in row `turn` (its `id`, `thread_id` and `parent_turn_id`), as JSON text. */
export function siblings(turn: string): string {
  return siblingsAmong(following(`${turn}.thread_id`, `${turn}.parent_turn_id`), `${turn}.id`);
}

/** The same for a turn that is one of the `id`s of a query. Most turns are the only one, and are told apart first. */
export function siblingsAmong(ids: string, own: string): string {
  return `(CASE WHEN NOT EXISTS (SELECT 1 FROM (${ids}) AS following WHERE id <> ${own})
     THEN '{"index":0,"count":1,"turnIds":["' || ${own}::text || '"]}'
     ELSE (SELECT '{"index":' || place.own || ',"count":' || place.total || ',"turnIds":["' || (
       SELECT string_agg(id::text, '","' ORDER BY id) FROM (
         SELECT id FROM (${ids}) AS following
         ORDER BY id OFFSET GREATEST(0, LEAST(place.own - ${NAMED / 2}, place.total - ${NAMED})) LIMIT ${NAMED}
       ) named
     ) || '"]}'
     FROM (
       SELECT count(*) AS total, count(*) FILTER (WHERE id < ${own}) AS own FROM (${ids}) AS following
     ) place) END)`;
}

/** A query of the `id`s of the thread's queued turns. */
export function queuedIn(thread: string): string {
  return `SELECT id FROM turns WHERE thread_id = ${thread} AND status = 'queued'`;
}

/** The thread's active turn, as JSON with `id` and the thread's `status`, or NULL. */
export function activeIn(thread: string): string {
  return `COALESCE((
    SELECT json_build_object('id', a.id, 'status', a.status) FROM turns a
    WHERE a.thread_id = ${thread} AND a.status IN ('running', 'waiting')
  ), (
    -- Nothing runs yet of what waits, but the thread is not idle.
    SELECT json_build_object('id', q.id, 'status', 'running') FROM turns q
    WHERE q.thread_id = ${thread} AND q.status = 'queued'
    ORDER BY q.holds_thread DESC, q.is_urgent DESC, q.position LIMIT 1
  ))`;
}

const HOLDS = `(status IN ('running', 'waiting') OR (status = 'queued' AND holds_thread))`;

/** Whether a turn holds the thread: it runs, or waits only for a process. Other queued turns come after it. */
export function isHeld(thread: string): string {
  return `EXISTS (SELECT 1 FROM turns WHERE thread_id = ${thread} AND ${HOLDS})`;
}

/** The position, among the thread's messages, of the first answer that has not ended, or NULL. */
export function firstUnended(thread: string): string {
  return `LEAST(
    (SELECT min(position) FROM turns WHERE thread_id = ${thread} AND status = 'queued'),
    (SELECT min(position) FROM turns WHERE thread_id = ${thread} AND ${HOLDS})
  )`;
}

/**
 * A query of the `id`, `thread_id` and `first_seq` of up to `limit` turns that ended at least `milliseconds` ago and
 * are not compacted, the oldest first. The lock on the thread makes its deletion wait, and this query skips a thread
 * that is being deleted: otherwise the two would lock a turn and its events in opposite orders.
 */
export function toCompact(milliseconds: string, limit: string): string {
  return `SELECT u.id, u.thread_id, u.first_seq
     FROM turns u ${threadSql.joinThread('t', 'u.thread_id')}
     WHERE u.compacted_at IS NULL AND u.ended_at <= now() - ${milliseconds}::float8 * interval '1 millisecond'
     ORDER BY u.ended_at LIMIT ${limit}::int
     FOR NO KEY UPDATE OF u SKIP LOCKED FOR KEY SHARE OF t SKIP LOCKED`;
}

/** Marks the turns whose `id` is in `from` as compacted, and returns their `id`s. */
export function compacted(from: string): string {
  return `UPDATE turns SET compacted_at = now() FROM ${from} WHERE turns.id = ${from}.id RETURNING turns.id`;
}

/** The branch of a turn; 0 where there is no such turn. */
export function branchOf(id: string): string {
  return `COALESCE((SELECT branch FROM turns WHERE id = ${id}), 0)`;
}

/** So many turns in a row that left their workflow where it was are gone back by. */
const MAX_UNMOVED = 1000;

/**
 * A query of where the workflow stands before a turn: the `state` after the nearest of the turns that it follows, or, where a
 * former release has left none with it, the `run_id` of that turn and the `step` that it answered.
 */
export function stateBefore(id: string): string {
  const columns = 'p.parent_turn_id, p.status, p.workflow_state, p.workflow_run_id, p.assistant_message_id';
  const moved = `line.workflow_state IS NOT NULL OR line.status = 'completed'`;
  return `WITH RECURSIVE line AS (
       SELECT ${columns}, 1 AS unmoved
       FROM turns own JOIN turns p ON p.id = own.parent_turn_id WHERE own.id = ${id}
       UNION ALL
       SELECT ${columns}, line.unmoved + 1
       FROM line JOIN turns p ON p.id = line.parent_turn_id
       WHERE NOT (${moved}) AND line.unmoved < ${MAX_UNMOVED}
     )
     SELECT line.workflow_state AS state, line.workflow_run_id AS run_id,
       (${threadSql.answeredStep('line.assistant_message_id')}) AS step
     FROM line WHERE ${moved} LIMIT 1`;
}
