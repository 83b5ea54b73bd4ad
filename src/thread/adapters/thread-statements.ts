import { WITHHELD } from '../../kernel/index.js';
import { sql } from '../../platform/database/index.js';
import { SHOWN_SO_FAR } from './message-statements.js';
import { withheld } from './withheld.js';

const COLUMNS = `t.id, t.title, t.workflow, t.workflow_version, t.metadata, t.message_count, t.created_at,
  t.updated_at, t.active_at, COALESCE((
    SELECT json_build_object('id', a.id, 'status', a.status) FROM turns a
    WHERE a.thread_id = t.id AND a.status IN ('running', 'waiting')
  ), (
    -- Nothing runs yet of what waits, but the thread is not idle.
    SELECT json_build_object('id', q.id, 'status', 'running') FROM turns q
    WHERE q.thread_id = t.id AND q.status = 'queued'
    ORDER BY q.holds_thread DESC, q.is_urgent DESC, q.position LIMIT 1
  )) AS active`;

export const CREATE = sql(
  'thread_store.create',
  `WITH thread AS (
     INSERT INTO threads (id, org_id, user_id, title, workflow, workflow_version, metadata, created_at, updated_at,
       active_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8::timestamptz, $8::timestamptz, $8::timestamptz)
     RETURNING id
   )
   INSERT INTO thread_heads (thread_id) SELECT id FROM thread`,
);

export const FIND = sql(
  'thread_store.find',
  `SELECT ${COLUMNS} FROM threads t WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3`,
);

export const LIST = sql(
  'thread_store.list',
  `SELECT ${COLUMNS} FROM threads t
   WHERE t.org_id = $1 AND t.user_id = $2 AND (t.active_at, t.id) < ($3::timestamptz, $4::uuid)
   ORDER BY t.active_at DESC, t.id DESC LIMIT $5`,
);

/** Those of the ids that are the caller's, in their order. */
export const BY_IDS = sql(
  'thread_store.by_ids',
  `SELECT ${COLUMNS} FROM unnest($3::uuid[]) WITH ORDINALITY AS found (id, place)
   JOIN threads t ON t.id = found.id
   WHERE t.org_id = $1 AND t.user_id = $2 ORDER BY found.place`,
);

export const UPDATE = sql(
  'thread_store.update',
  `UPDATE threads t SET title = COALESCE($4, t.title), metadata = COALESCE($5::jsonb, t.metadata), updated_at = now()
   WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3
   RETURNING ${COLUMNS}`,
);

/** Whoever writes an event moves the head: from here on nothing is written that the removal would not see. */
export const LOCK = sql(
  'thread_store.lock',
  `SELECT t.id FROM threads t JOIN thread_heads h ON h.thread_id = t.id
   WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3
   FOR UPDATE OF t, h`,
);

export const IS_BUSY = sql(
  'thread_store.is_busy',
  `SELECT id FROM turns WHERE thread_id = $1 AND status IN ('queued', 'running', 'waiting') LIMIT 1`,
);

/** Events and what is to be searched have no foreign key, so they go by name; everything else goes with the thread. */
export const REMOVE = sql(
  'thread_store.remove',
  `WITH removed AS (
     DELETE FROM threads WHERE id = $1 AND org_id = $2 AND user_id = $3 RETURNING id
   ), events AS (
     DELETE FROM turn_events e USING removed WHERE e.thread_id = removed.id
   ), pending AS (
     DELETE FROM search_pending p USING removed WHERE p.thread_id = removed.id
   )
   SELECT id FROM removed`,
);

export const HEAD = sql(
  'thread_store.head',
  `SELECT h.last_seq::float8 AS last_seq FROM threads t JOIN thread_heads h ON h.thread_id = t.id
   WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3`,
);

/** The last event of those that were joined has kept its place, so a cursor whose event is there has not been passed. */
export const PLACE = sql(
  'thread_store.place',
  `SELECT h.last_seq::float8 AS head, $4::bigint = 0 OR $4::bigint >= h.last_seq OR EXISTS (
     SELECT 1 FROM turn_events e WHERE e.thread_id = t.id AND e.seq = $4::bigint
   ) AS is_kept
   FROM threads t JOIN thread_heads h ON h.thread_id = t.id
   WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3`,
);

/** With the head it belongs to: read apart, the text could be of events that are sent once more. */
export const NEWEST_ANSWER = sql(
  'thread_store.newest_answer',
  `SELECT m.turn_id, m.id AS message_id, ${SHOWN_SO_FAR} AS content, h.last_seq::float8 AS last_seq,
     w.reason AS withheld
   FROM threads t
   JOIN thread_heads h ON h.thread_id = t.id
   JOIN messages m ON m.thread_id = t.id
   JOIN turns u ON u.id = m.turn_id AND u.status <> 'queued'
   ${withheld('$4', '$5')}
   WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3 AND m.role = 'assistant'
   ORDER BY m.position DESC LIMIT 1`,
);

/**
 * The first event after a cursor that compaction has passed is the one it was joined into, if it is a piece. Of what a
 * reset has taken back nothing is left there.
 */
export const ANSWER_PAST = sql(
  'thread_store.answer_past',
  `SELECT u.id AS turn_id, u.assistant_message_id AS message_id, next.seq::float8 AS last_seq, CASE
     WHEN w.reason IS NULL THEN COALESCE((
       SELECT string_agg(e.data ->> 'content', '' ORDER BY e.seq) FROM turn_events e
       WHERE e.thread_id = t.id AND e.seq > u.first_seq AND e.seq <= next.seq AND e.turn_id = u.id
         AND e.type = 'ai_response'
     ), '') ELSE '${WITHHELD}' END AS content, w.reason AS withheld
   FROM threads t
   CROSS JOIN LATERAL (
     SELECT seq, turn_id, type FROM turn_events WHERE thread_id = t.id AND seq > $4::bigint ORDER BY seq LIMIT 1
   ) AS next
   JOIN turns u ON u.id = next.turn_id
   JOIN messages m ON m.id = u.assistant_message_id
   ${withheld('$5', '$6')}
   WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3 AND next.type IN ('ai_response', 'ai_reasoning')`,
);
