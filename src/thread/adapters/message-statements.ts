import { WITHHELD } from '../../kernel/index.js';
import { sql } from '../../platform/database/index.js';
import { DOCUMENTS_OF_MESSAGE, LEVEL_OF_MESSAGE, withheld } from './withheld.js';

/** The text of message `m`: what is stored, or, while it is being said, what its pieces say so far. */
const SAID_SO_FAR = `CASE WHEN m.status <> 'streaming' THEN m.content ELSE COALESCE((
    SELECT string_agg(e.data ->> 'content', '' ORDER BY e.seq)
    FROM turns own JOIN turn_events e ON e.thread_id = own.thread_id AND e.seq > own.first_seq
    WHERE own.id = m.turn_id AND e.turn_id = own.id AND e.type = 'ai_response' AND e.seq > COALESCE((
      SELECT max(r.seq) FROM turn_events r
      WHERE r.thread_id = own.thread_id AND r.seq > own.first_seq AND r.turn_id = own.id AND r.type = 'ai_reset'), 0)
  ), '') END`;

/** The same as row `w` lets its reader see it. */
export const SHOWN_SO_FAR = `CASE WHEN w.reason IS NULL THEN ${SAID_SO_FAR} ELSE '${WITHHELD}' END`;

const COLUMNS = `m.id, m.thread_id, m.turn_id, m.position, m.role, ${SHOWN_SO_FAR} AS content, m.status, m.provider,
  m.model, m.usage, m.citations, CASE WHEN w.reason IS NULL THEN m.tool_calls ELSE '[]' END AS tool_calls, m.step,
  m.created_at, w.reason AS withheld`;

/** No row: the caller has no such thread. One row without a message: the page is empty. */
const page = (order: 'ASC' | 'DESC', comparison: '>' | '<') => `SELECT page.*
  FROM threads t
  LEFT JOIN LATERAL (
    SELECT ${COLUMNS} FROM messages m ${withheld('$6', '$7')}
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
   ${withheld('$4', '$5')}
   WHERE u.id = $1 AND t.org_id = $2 AND t.user_id = $3
   ORDER BY m.position`,
);

/** Why the answers of the turns are withheld. */
export const WITHHELD_TURNS = sql(
  'message_store.withheld_turns',
  `SELECT u.id AS turn_id, w.reason
   FROM turns u
   JOIN threads t ON t.id = u.thread_id
   JOIN messages m ON m.id = u.assistant_message_id
   ${withheld('$4', '$5')}
   WHERE u.id = ANY($1::uuid[]) AND t.org_id = $2 AND t.user_id = $3 AND w.reason IS NOT NULL`,
);

/** Whether anything of a message that counts is among its turn's events up to a sequence. */
export const HAS_SPOKEN_BY = sql(
  'message_store.has_spoken_by',
  `SELECT 1 AS one FROM turns u
   JOIN threads t ON t.id = u.thread_id
   JOIN turn_events e ON e.thread_id = u.thread_id AND e.seq > u.first_seq AND e.seq <= $5::bigint AND e.turn_id = u.id
   WHERE u.id = $1 AND t.org_id = $2 AND t.user_id = $3
     AND e.type = 'ai_response' AND e.data ->> 'messageId' = $4
     AND NOT EXISTS (
       SELECT 1 FROM turn_events r WHERE r.thread_id = u.thread_id AND r.seq > e.seq AND r.seq <= $5::bigint
         AND r.turn_id = u.id AND r.type = 'ai_reset')
   LIMIT 1`,
);

/** So many of the newest messages before the turn ($2) as a prompt may have. */
const RECENT = `SELECT id, position, content FROM messages
       WHERE thread_id = $1 AND role IN ('user', 'assistant') AND content <> ''
         AND position < (
           SELECT own.position FROM messages own WHERE own.id = (SELECT u.user_message_id FROM turns u WHERE u.id = $2))
         AND turn_id <> ALL (ARRAY(SELECT q.id FROM turns q WHERE q.thread_id = $1 AND q.status = 'queued'))
       ORDER BY position DESC LIMIT $3`;

const before = (columns: string) => `SELECT ${columns}
     CASE WHEN w.reason IS NULL AND m.role <> 'user' THEN ${LEVEL_OF_MESSAGE} ELSE 0 END AS level,
     CASE WHEN w.reason IS NULL THEN ${DOCUMENTS_OF_MESSAGE} END AS documents
   FROM (
     SELECT r.id, r.position, sum(length(r.content)) OVER (ORDER BY r.position DESC) AS chars FROM (${RECENT}) r
   ) measured
   JOIN messages m ON m.id = measured.id
   ${withheld('$5', '$6')}
   WHERE measured.chars <= $4 ORDER BY measured.position`;

/**
 * Messages that wait in line were said before too when another has gone ahead of them, but nobody has heard them yet. What
 * the reader may not read is not sent to a model for the reader.
 */
export const HISTORY_BEFORE = sql(
  'message_store.history_before',
  before(`m.role, CASE WHEN w.reason IS NULL THEN m.content ELSE '${WITHHELD}' END AS content,`),
);

export const BASIS_BEFORE = sql('message_store.basis_before', before(''));
