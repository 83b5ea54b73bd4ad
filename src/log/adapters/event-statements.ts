import { sql } from '../../platform/database/index.js';

/** Stands between the data of two events: no JSON text has it. */
export const DATA_SEPARATOR = '\u0001';

/**
 * The head is advanced first, and events are written only where it was: this makes the sequence gap-free and fences off
 * former owners. Whether a request was taken before is asked only where one was not taken now.
 */
export const APPEND = sql(
  'turn_event_log.append',
  `WITH request AS (
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::bigint[], $5::bigint[])
       AS r (thread_id, turn_id, epoch, from_seq, to_seq)
   ), known AS (
     SELECT h.turn_id FROM thread_heads h
     JOIN request r ON h.thread_id = r.thread_id AND h.turn_id = r.turn_id AND h.epoch = r.epoch AND h.last_seq = r.to_seq
   ), moved AS (
     UPDATE thread_heads h SET last_seq = r.to_seq
     FROM request r
     WHERE h.thread_id = r.thread_id AND h.turn_id = r.turn_id AND h.epoch = r.epoch AND h.last_seq = r.from_seq
     RETURNING h.thread_id, h.turn_id
   ), written AS (
     INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at, level)
     SELECT e.thread_id, e.seq, m.turn_id, e.type, e.data::json, e.created_at, e.level
     FROM unnest($6::uuid[], $7::bigint[], $8::text[], string_to_array($9, E'\\x01'), $10::timestamptz[], $11::smallint[])
       AS e (thread_id, seq, type, data, created_at, level)
     JOIN moved m ON m.thread_id = e.thread_id
   )
   SELECT turn_id FROM moved
   UNION ALL SELECT turn_id FROM known WHERE (SELECT count(*) FROM moved) < cardinality($1::uuid[])`,
);

/** A page ends with the event that exceeds this, so that a stalled reader holds little memory. */
export const MAX_PAGE_BYTES = 65_536;

export const READ = sql(
  'turn_event_log.read',
  `SELECT seq::float8 AS seq, turn_id, type, data, created_at, level, total::float8 AS total,
     $2 = 0 OR EXISTS (SELECT 1 FROM turn_events WHERE thread_id = $1 AND seq = $2) AS continues
   FROM (
     SELECT seq, turn_id, type, data::text AS data, created_at, level,
       sum(octet_length(data::text)) OVER (ORDER BY seq) AS total, octet_length(data::text) AS own
     FROM (SELECT * FROM turn_events WHERE thread_id = $1 AND seq > $2 ORDER BY seq LIMIT $3) AS page
   ) AS measured
   WHERE total - own < ${MAX_PAGE_BYTES} ORDER BY seq`,
);

export const HEADS = sql(
  'turn_event_log.heads',
  'SELECT thread_id, last_seq::float8 AS last_seq FROM thread_heads WHERE thread_id = ANY($1::uuid[])',
);
