import { WITHHELD } from '../../kernel/index.js';
import { logSql } from '../../log/index.js';
import { sql } from '../../platform/database/index.js';
import type { JoinedTablesSql } from '../ports/joined-tables-sql.js';
import { shownSoFar } from './message-statements.js';
import { withheldSql } from './withheld.js';

/** The statements that return the state of an answer as of an event. */
export function answerStatements(foreign: JoinedTablesSql) {
  const { turns } = foreign;
  const { withheld } = withheldSql(foreign);
  return {
    /**
     * Read together with the head, in one statement: otherwise the text could include events that are delivered again.
     */
    newest: sql(
      'thread_store.newest_answer',
      `SELECT m.turn_id, m.id AS message_id, ${shownSoFar(turns)} AS content, h.last_seq::float8 AS last_seq,
     w.reason AS withheld
   FROM threads t
   ${logSql.joinHead('h', 't.id')}
   JOIN messages m ON m.thread_id = t.id
   JOIN LATERAL (${turns.turn('m.turn_id')}) u ON u.has_begun
   ${withheld('$4', '$5')}
   WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3 AND m.role = 'assistant'
   ORDER BY m.position DESC, m.part DESC LIMIT 1`,
    ),
    /**
     * The first event after a compacted cursor is the one it was merged into, if it is a piece. Pieces discarded by a
     * reset are not kept.
     */
    past: sql(
      'thread_store.answer_past',
      `SELECT u.id AS turn_id, next.message_id, next.seq::float8 AS last_seq, CASE
     WHEN w.reason IS NULL THEN COALESCE((
       ${logSql.compactedTextUpTo('u', 'next.message_id', 'next.seq')}
     ), '') ELSE '${WITHHELD}' END AS content, w.reason AS withheld
   FROM threads t
   CROSS JOIN LATERAL (
     ${logSql.eventAfter('t.id', '$4::bigint')}
   ) AS next
   CROSS JOIN LATERAL (${turns.turn('next.turn_id')}) u
   JOIN messages m ON m.id = next.message_id::uuid
   ${withheld('$5', '$6')}
   WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3 AND next.type IN ('ai_response', 'ai_reasoning')`,
    ),
  };
}
