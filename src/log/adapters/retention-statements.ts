import { sql, type Sql } from '../../platform/database/index.js';
import type { CompactionSql } from '../ports/compaction-sql.js';

/** The events of a turn extend from its first one to its `done`; where it has waited, those of others may be among them. */
export const compactStatement = (turns: CompactionSql): Sql =>
  sql(
    'event_retention.compact',
    `WITH due AS MATERIALIZED (
     ${turns.toCompact('$1', '$2')}
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
   ${turns.compacted('due')}`,
  );
