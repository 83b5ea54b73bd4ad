import { WITHHELD } from '../../kernel/index.js';
import { logSql } from '../../log/index.js';
import { sql } from '../../platform/database/index.js';
import type { JoinedTablesSql, TurnSql } from '../ports/joined-tables-sql.js';
import { ownedThread } from './thread-sql.js';
import { withheldSql, type WithheldSql } from './withheld.js';

/**
 * The text of message `m` as row `w` lets its reader see it: the stored text, or, while the answer is being written,
 * that of its pieces so far.
 */
export function shownSoFar(turns: TurnSql): string {
  const saidSoFar = `CASE WHEN m.status <> 'streaming' THEN m.content ELSE COALESCE((
    ${logSql.textSoFar(turns.turn('m.turn_id'), 'm.id')}
  ), '') END`;
  return `CASE WHEN w.reason IS NULL THEN ${saidSoFar} ELSE '${WITHHELD}' END`;
}

/** The statements about messages. */
export function messageStatements(foreign: JoinedTablesSql) {
  const withheld = withheldSql(foreign);
  return {
    ...reading(foreign.turns, withheld),
    ...before(foreign.turns, withheld),
    /** Whether the turn's events up to a sequence contain text of the message that no reset has discarded. */
    hasSpokenBy: sql(
      'message_store.has_spoken_by',
      `SELECT 1 AS one FROM (${foreign.turns.turn('$1')}) u
   JOIN threads t ON t.id = u.thread_id
   WHERE t.org_id = $2 AND t.user_id = $3 AND ${logSql.hasTextBy('u', '$4', '$5::bigint')}`,
    ),
  };
}

function reading(turns: TurnSql, { withheld }: WithheldSql) {
  const columns = `m.id, m.thread_id, m.turn_id, m.position, m.role, ${shownSoFar(turns)} AS content, m.status, m.provider,
  m.model, m.usage, m.citations, CASE WHEN w.reason IS NULL THEN m.tool_calls ELSE '[]' END AS tool_calls, m.step,
  m.created_at, w.reason AS withheld`;
  const page = (order: 'ASC' | 'DESC', comparison: '>' | '<') => `SELECT page.*
  FROM threads t
  LEFT JOIN LATERAL (
    SELECT ${columns} FROM messages m ${withheld('$6', '$7')}
    WHERE m.thread_id = t.id AND m.position ${comparison} $4 ORDER BY m.position ${order} LIMIT $5
  ) page ON true
  WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3
  ORDER BY page.position ${order}`;
  return {
    /** No row: the caller has no such thread. One row without a message: the page is empty. */
    page: {
      asc: sql('message_store.page_asc', page('ASC', '>')),
      desc: sql('message_store.page_desc', page('DESC', '<')),
    },
    /** From the turn to its two messages by id, so that the planner never reads a whole thread. */
    ofTurn: sql(
      'message_store.of_turn',
      `SELECT ${columns}
   FROM (${turns.turn('$1')}) u
   JOIN threads t ON t.id = u.thread_id
   CROSS JOIN LATERAL unnest(ARRAY[u.user_message_id, u.assistant_message_id]) AS own (id)
   JOIN messages m ON m.id = own.id
   ${withheld('$4', '$5')}
   WHERE t.org_id = $2 AND t.user_id = $3
   ORDER BY m.position`,
    ),
    /** Why the answers of the turns are withheld. */
    withheldTurns: sql(
      'message_store.withheld_turns',
      `SELECT u.id AS turn_id, w.reason
   FROM (${turns.turnsIn('$1::uuid[]')}) u
   JOIN threads t ON t.id = u.thread_id
   JOIN messages m ON m.id = u.assistant_message_id
   ${withheld('$4', '$5')}
   WHERE t.org_id = $2 AND t.user_id = $3 AND w.reason IS NOT NULL`,
    ),
  };
}

/**
 * The newest messages before the turn ($2), as many as a prompt may have. Queued messages with a lower position are
 * left out when another turn has overtaken them, since they have not been answered yet. Messages that the reader may
 * not read are not sent to a model for that reader.
 */
function before(turns: TurnSql, { withheld, levelOfMessage, documentsOfMessage }: WithheldSql) {
  const recent = `SELECT id, position, content FROM messages
       WHERE thread_id = (${ownedThread('$1', '$7', '$8')}) AND role IN ('user', 'assistant') AND content <> ''
         AND position < (
           SELECT own.position FROM messages own
           WHERE own.id = (SELECT u.user_message_id FROM (${turns.turn('$2')}) u))
         AND turn_id <> ALL (ARRAY(${turns.queuedIn('$1')}))
       ORDER BY position DESC LIMIT $3`;
  const select = (columns: string) => `SELECT ${columns}
     CASE WHEN w.reason IS NULL AND m.role <> 'user' THEN ${levelOfMessage} ELSE 0 END AS level,
     CASE WHEN w.reason IS NULL THEN ${documentsOfMessage} END AS documents
   FROM (
     SELECT r.id, r.position, sum(length(r.content)) OVER (ORDER BY r.position DESC) AS chars FROM (${recent}) r
   ) measured
   JOIN messages m ON m.id = measured.id
   ${withheld('$5', '$6')}
   WHERE measured.chars <= $4 ORDER BY measured.position`;
  return {
    historyBefore: sql(
      'message_store.history_before',
      select(`m.role, CASE WHEN w.reason IS NULL THEN m.content ELSE '${WITHHELD}' END AS content,`),
    ),
    basisBefore: sql('message_store.basis_before', select('')),
  };
}
