-- Written by `npm run generate` from src/: change the statements there.

-- event_retention.compact
-- src/log/adapters/retention-statements.ts
WITH due AS MATERIALIZED (
  SELECT u.id, u.thread_id, u.first_seq
  FROM turns u JOIN threads t ON t.id = u.thread_id
  WHERE u.compacted_at IS NULL AND u.ended_at <= now() - $1::float8 * interval '1 millisecond'
  ORDER BY u.ended_at LIMIT $2::int
  FOR NO KEY UPDATE OF u SKIP LOCKED FOR KEY SHARE OF t SKIP LOCKED
), spans AS MATERIALIZED (
  SELECT d.id, d.thread_id, d.first_seq, (
    SELECT seq FROM turn_events
    WHERE thread_id = d.thread_id AND seq >= d.first_seq AND type = 'done' AND turn_id = d.id
    ORDER BY seq LIMIT 1
  ) AS done_seq
  FROM due d
), spoken AS (
  SELECT s.id AS turn_id, e.thread_id, e.seq, e.place, e.type, said."messageId" AS message_id, said.content,
    max(e.seq) FILTER (WHERE e.type = 'ai_reset') OVER (PARTITION BY s.id, said."messageId") AS last_reset
  FROM spans s
  CROSS JOIN LATERAL (
    SELECT thread_id, seq, ctid AS place, type, data FROM turn_events
    WHERE thread_id = s.thread_id AND seq > s.first_seq AND seq < s.done_seq AND turn_id = s.id
      AND type IN ('ai_response', 'ai_reasoning', 'ai_reset')
    -- Span by span, whatever the planner estimates: no thread is read as a whole.
    OFFSET 0
  ) AS e
  CROSS JOIN LATERAL json_to_record(e.data) AS said ("messageId" text, content text, "isComplete" boolean)
  WHERE said."isComplete" IS NOT TRUE
), pieces AS MATERIALIZED (
  SELECT *, COALESCE(seq < last_reset, false) AS is_forgotten,
    COALESCE(lead(seq) OVER same = seq + 1, false) AS is_followed,
    seq - row_number() OVER same AS run
  FROM spoken WHERE type <> 'ai_reset'
  WINDOW same AS (PARTITION BY turn_id, type, message_id ORDER BY seq)
), runs AS (
  SELECT thread_id, type, message_id, max(seq) AS last_seq, string_agg(content, '' ORDER BY seq) AS content
  FROM pieces WHERE NOT is_forgotten
  GROUP BY turn_id, thread_id, type, message_id, run HAVING count(*) > 1
), joined AS (
  UPDATE turn_events e
  SET data = (concat('{"messageId":', to_json(r.message_id), ',"content":', to_json(r.content),
      CASE WHEN r.type = 'ai_response' THEN ',"isComplete":false' END, '}'))::json
  FROM runs r WHERE e.thread_id = r.thread_id AND e.seq = r.last_seq
), removed AS (
  -- By ctid: a plan that no wrong estimate can spoil. Nobody else can change these rows now.
  DELETE FROM turn_events
  WHERE ctid = ANY(ARRAY(SELECT place FROM pieces WHERE is_forgotten OR is_followed))
)
UPDATE turns SET compacted_at = now() FROM due WHERE turns.id = due.id RETURNING turns.id;

-- turn_event_log.append
-- src/log/adapters/event-statements.ts
WITH request AS (
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
  FROM unnest($6::uuid[], $7::bigint[], $8::text[], string_to_array($9, E'\x01'), $10::timestamptz[], $11::smallint[])
    AS e (thread_id, seq, type, data, created_at, level)
  JOIN moved m ON m.thread_id = e.thread_id
)
SELECT turn_id FROM moved
UNION ALL SELECT turn_id FROM known WHERE (SELECT count(*) FROM moved) < cardinality($1::uuid[]);

-- turn_event_log.heads
-- src/log/adapters/event-statements.ts
SELECT thread_id, last_seq::float8 AS last_seq FROM thread_heads WHERE thread_id = ANY($1::uuid[]);

-- turn_event_log.read
-- src/log/adapters/event-statements.ts
SELECT seq::float8 AS seq, turn_id, type, data, created_at, level, total::float8 AS total,
  $2 = 0 OR EXISTS (SELECT 1 FROM turn_events WHERE thread_id = $1 AND seq = $2) AS continues
FROM (
  SELECT seq, turn_id, type, data::text AS data, created_at, level,
    sum(octet_length(data::text)) OVER (ORDER BY seq) AS total, octet_length(data::text) AS own
  FROM (SELECT * FROM turn_events WHERE thread_id = $1 AND seq > $2 ORDER BY seq LIMIT $3) AS page
) AS measured
WHERE total - own < 65536 ORDER BY seq;
