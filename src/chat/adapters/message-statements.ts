import { sql } from '../../platform/database/index.js';

/** The text of message `m`: what is stored, or, while it is being said, what its pieces say so far. */
export const SAID_SO_FAR = `CASE WHEN m.status <> 'streaming' THEN m.content ELSE COALESCE((
    SELECT string_agg(e.data ->> 'content', '' ORDER BY e.seq)
    FROM turns own JOIN turn_events e ON e.thread_id = own.thread_id AND e.seq > own.first_seq
    WHERE own.id = m.turn_id AND e.type = 'ai_response' AND e.seq > COALESCE((
      SELECT max(r.seq) FROM turn_events r
      WHERE r.thread_id = own.thread_id AND r.seq > own.first_seq AND r.type = 'ai_reset'), 0)
  ), '') END`;

const COLUMNS = `m.id, m.thread_id, m.turn_id, m.position, m.role, ${SAID_SO_FAR} AS content, m.status, m.provider,
  m.model, m.usage, m.citations, m.tool_calls, m.step, m.created_at`;

/** No row: the caller has no such thread. One row without a message: the page is empty. */
const page = (order: 'ASC' | 'DESC', comparison: '>' | '<') => `SELECT page.*
  FROM threads t
  LEFT JOIN LATERAL (
    SELECT ${COLUMNS} FROM messages m
    WHERE m.thread_id = t.id AND m.position ${comparison} $4 ORDER BY m.position ${order} LIMIT $5
  ) page ON true
  WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3
  ORDER BY page.position ${order}`;

export const PAGE = {
  asc: sql('message_store.page_asc', page('ASC', '>')),
  desc: sql('message_store.page_desc', page('DESC', '<')),
} as const;

/** From the turn to its two messages by their ids: whatever the planner believes, it reads no thread as a whole. */
export const OF_TURN = sql(
  'message_store.of_turn',
  `SELECT ${COLUMNS}
   FROM turns u
   JOIN threads t ON t.id = u.thread_id
   CROSS JOIN LATERAL unnest(ARRAY[u.user_message_id, u.assistant_message_id]) AS own (id)
   JOIN messages m ON m.id = own.id
   WHERE u.id = $1 AND t.org_id = $2 AND t.user_id = $3
   ORDER BY m.position`,
);

/** Messages that wait in line were said before too when another has gone ahead of them, but nobody has heard them yet. */
export const HISTORY_BEFORE = sql(
  'message_store.history_before',
  `SELECT role, content FROM (
     SELECT m.role, m.content, m.position, sum(length(m.content)) OVER (ORDER BY m.position DESC) AS chars
     FROM (
       SELECT role, content, position FROM messages
       WHERE thread_id = $1 AND role IN ('user', 'assistant') AND content <> ''
         AND position < (
           SELECT own.position FROM messages own WHERE own.id = (SELECT u.user_message_id FROM turns u WHERE u.id = $2))
         AND turn_id <> ALL (ARRAY(SELECT q.id FROM turns q WHERE q.thread_id = $1 AND q.status = 'queued'))
       ORDER BY position DESC LIMIT $3
     ) m
   ) measured
   WHERE chars <= $4 ORDER BY position`,
);
