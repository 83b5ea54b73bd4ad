import { WITHHELD } from '../../kernel/index.js';
import { logSql } from '../../log/index.js';
import { sql } from '../../platform/database/index.js';
import type { JoinedTablesSql, TurnSql } from '../ports/joined-tables-sql.js';
import * as thread from './thread-sql.js';
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

/** Characters of a call's result that a prompt has, and how many of them are its end. */
const MAX_RESULT_CHARS = 16_000;
const RESULT_TAIL_CHARS = 2_000;
const CUT_RESULT = ' [… the middle is left out here; read_result reads it …] ';

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
  const columns = `m.id, m.thread_id, m.turn_id, u.parent_turn_id, ${turns.siblings('u')}::json AS siblings, m.position, m.part,
  m.role, m.tool_call_id, CASE WHEN w.reason IS NULL THEN m.parts END AS parts, ${shownSoFar(turns)} AS content, m.status, m.provider, m.model, m.usage, m.citations,
  CASE WHEN w.reason IS NULL THEN m.tool_calls ELSE '[]' END AS tool_calls, m.step, m.created_at, w.reason AS withheld`;
  return {
    page: pages(turns, columns, withheld('$6', '$7')),
    /** From the turn to its messages by id and position, so that the planner never reads a whole thread. */
    ofTurn: sql(
      'message_store.of_turn',
      `SELECT ${columns}
   FROM (${turns.turn('$1')}) answered
   JOIN threads t ON t.id = answered.thread_id
   CROSS JOIN LATERAL (
     SELECT answered.user_message_id AS id UNION ALL ${answersOf('answered', 'id')}
   ) own
   JOIN messages m ON m.id = own.id
   CROSS JOIN LATERAL (${turns.turn('m.turn_id')}) u
   ${withheld('$4', '$5')}
   WHERE t.org_id = $2 AND t.user_id = $3
   ORDER BY m.position, m.part`,
    ),
    /**
     * A part ($5, $6) of what came of a call ($4), and how long it is as a whole; of several calls the newest one's. Where the
     * message has a part of the text only, `whole` is where it is stored.
     */
    resultOf: sql(
      'message_store.result_of',
      `SELECT substr(m.content, $5::int + 1, $6::int) AS content, COALESCE(whole.characters, length(m.content)) AS length, whole.id AS whole
   FROM threads t JOIN messages m ON m.thread_id = t.id AND m.tool_call_id = $4
   LEFT JOIN result_parts whole ON whole.thread_id = t.id AND whole.turn_id = m.turn_id AND whole.call_id = $4
     AND whole.is_whole_text AND m.parts IS NOT NULL
   ${withheld('$7', '$8')}
   WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3 AND w.reason IS NULL
   ORDER BY m.position DESC, m.part DESC LIMIT 1`,
    ),
    /** Why answers of the turns are withheld. */
    withheldTurns: sql(
      'message_store.withheld_turns',
      `SELECT u.id AS turn_id, min(w.reason) AS reason
   FROM (${turns.turnsIn('$1::uuid[]')}) u
   JOIN threads t ON t.id = u.thread_id
   CROSS JOIN LATERAL (${answersOf('u', '*')}) m
   ${withheld('$4', '$5')}
   WHERE t.org_id = $2 AND t.user_id = $3 AND w.reason IS NOT NULL
   GROUP BY u.id`,
    ),
  };
}

/** A query of the messages of the turn in row `turn` but for the user's: they share a position. */
function answersOf(turn: string, columns: string): string {
  return `SELECT ${columns} FROM messages
     WHERE thread_id = ${turn}.thread_id AND position = (SELECT position FROM messages WHERE id = ${turn}.assistant_message_id)`;
}

/**
 * Pages of the branch that ends in a turn ($9; NULL: the thread's head), after a position ($4) and a part of it ($8). No
 * row: the caller has no such thread, or the thread has no such turn. One row without a message: the page is empty. No
 * segment is empty, so a page needs at most one for each of its messages.
 */
function pages(turns: TurnSql, columns: string, withheldRow: string) {
  const page = (
    order: 'ASC' | 'DESC',
    comparison: '>' | '<',
    isAhead: string,
  ) => `SELECT shown.branch AS shown_branch, page.*
  FROM threads t
  LEFT JOIN LATERAL (${turns.turn('COALESCE($9::uuid, t.head_turn_id)')}) shown ON shown.thread_id = t.id
  LEFT JOIN LATERAL (
    SELECT ${columns}
    FROM (
      SELECT found.* FROM (
        SELECT s.* FROM (${thread.segments('t.id', 'shown.branch', '(SELECT position FROM messages WHERE id = shown.assistant_message_id)')}) s
        WHERE ${isAhead} ORDER BY s.place ${order} LIMIT $5 + 1
      ) segment
      CROSS JOIN LATERAL (
        SELECT messages.* FROM messages
        WHERE thread_id = t.id AND branch = segment.branch AND position <= segment.upper
          AND (position, part) ${comparison} ($4::int, $8::int)
        ORDER BY position ${order}, part ${order} LIMIT $5
      ) found
      ORDER BY segment.place ${order}, found.position ${order}, found.part ${order} LIMIT $5
    ) m
    CROSS JOIN LATERAL (${turns.turn('m.turn_id')}) u
    ${withheldRow}
  ) page ON true
  WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3 AND ($9::uuid IS NULL OR shown.id IS NOT NULL)
  ORDER BY page.position ${order}, page.part ${order}`;
  return {
    asc: sql('message_store.page_asc', page('ASC', '>', 's.upper >= $4::int')),
    desc: sql('message_store.page_desc', page('DESC', '<', 's.lower < $4::int')),
  };
}

/**
 * The newest messages of its branch before the turn ($2), as many as a prompt may have. Queued messages with a lower
 * position are left out when another turn has overtaken them, since they have not been answered yet. Messages that the
 * reader may not read are not sent to a model for that reader.
 */
function before(turns: TurnSql, { withheld, levelOfMessage, documentsOfMessage }: WithheldSql) {
  // Of a long result a prompt has the beginning and the end; the rest is read with a tool.
  const promptLength = `CASE WHEN role = 'tool' THEN LEAST(length(content), ${MAX_RESULT_CHARS}) ELSE length(content) END`;
  const promptText = `CASE WHEN m.role = 'tool' AND length(m.content) > ${MAX_RESULT_CHARS}
         THEN left(m.content, ${MAX_RESULT_CHARS - RESULT_TAIL_CHARS}) || '${CUT_RESULT}' || right(m.content, ${RESULT_TAIL_CHARS})
         ELSE m.content END`;
  // Goes back one segment at a time, and no further than it has to: a deep branch has hundreds of them.
  const line = `SELECT u.thread_id, COALESCE(b.path, '{}') || u.branch AS path,
       COALESCE(b.ends, '{}') || (asked.position - 1) AS ends, cardinality(COALESCE(b.path, '{}')) + 1 AS place,
       '{}'::uuid[] AS ids, '{}'::int[] AS lengths
     FROM (${turns.turn('$2')}) u
     JOIN messages asked ON asked.id = u.user_message_id
     LEFT JOIN thread_branches b ON b.thread_id = u.thread_id AND b.branch = u.branch
     WHERE u.thread_id = (${thread.ownedThread('$1', '$7', '$8')})
     UNION ALL
     SELECT line.thread_id, line.path, line.ends, line.place - 1, line.ids || said.ids, line.lengths || said.lengths
     FROM line CROSS JOIN LATERAL (
       SELECT array_agg(s.id ORDER BY s.position DESC, s.part DESC) AS ids,
         array_agg(s.length ORDER BY s.position DESC, s.part DESC) AS lengths
       FROM (
         SELECT id, position, part, ${promptLength} AS length FROM messages
         WHERE thread_id = line.thread_id AND branch = line.path[line.place] AND position <= line.ends[line.place]
           AND (role = 'tool' OR role IN ('user', 'assistant') AND (content <> '' OR tool_calls <> '[]'))
           AND turn_id <> ALL (ARRAY(${turns.queuedIn('$1')}))
         ORDER BY position DESC, part DESC LIMIT $3::int - cardinality(line.ids)
       ) s
     ) said
     WHERE line.place > 0 AND cardinality(line.ids) < $3::int AND cardinality(line.path) - line.place < $3::int`;
  const select = (columns: string) => `WITH RECURSIVE line AS (
     ${line}
   )
   SELECT ${columns}
     CASE WHEN w.reason IS NULL AND m.role <> 'user' THEN ${levelOfMessage} ELSE 0 END AS level,
     CASE WHEN w.reason IS NULL THEN ${documentsOfMessage} END AS documents
   FROM (
     SELECT newest.id, sum(newest.length) OVER (ORDER BY newest.nth) AS chars
     FROM (
       SELECT said.* FROM (SELECT ids, lengths FROM line ORDER BY place LIMIT 1) whole
       CROSS JOIN LATERAL unnest(whole.ids, whole.lengths) WITH ORDINALITY AS said (id, length, nth)
       -- There are no more of them; the limit tells the planner so, whose generic plan is dearer than one a turn without it.
       ORDER BY said.nth LIMIT $3
     ) newest
   ) measured
   JOIN messages m ON m.id = measured.id
   ${withheld('$5', '$6')}
   WHERE measured.chars <= $4 ORDER BY m.position, m.part`;
  return {
    historyBefore: sql(
      'message_store.history_before',
      select(`m.role, CASE WHEN w.reason IS NULL THEN ${promptText} ELSE '${WITHHELD}' END AS content,
       CASE WHEN w.reason IS NULL THEN m.tool_calls ELSE '[]' END AS tool_calls, m.tool_call_id,
       CASE WHEN w.reason IS NULL THEN m.provider_metadata END AS metadata,
       CASE WHEN w.reason IS NULL AND m.parts IS NOT NULL THEN jsonb_path_query_array(m.parts, '$[*] ? (@.type == "image")') END AS images,`),
    ),
    basisBefore: sql('message_store.basis_before', select('')),
  };
}
