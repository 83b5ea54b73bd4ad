import { logSql } from '../../log/index.js';
import { sql } from '../../platform/database/index.js';
import type { JoinedTablesSql } from '../ports/joined-tables-sql.js';
import { withheldSql } from './withheld.js';

/** `$1` is the thread, `$2` the turn, `$3` the epoch of the writer. */
const HELD = logSql.heldBy('$1::uuid', '$2::uuid', '$3::int');

/**
 * Makes room for the contents of a call ($4): what was stored of it before is removed. No row: the epoch has passed; `has_room`
 * says whether the turn may have them ($10), and nothing has changed where it may not.
 */
export const BEGIN_PARTS = sql(
  'result_parts.begin',
  `WITH held AS (
     ${HELD}
   ), room AS (
     SELECT COALESCE(sum(p.size), 0) + (SELECT sum(size) FROM unnest($7::bigint[]) AS size) <= $10::bigint AS has_room
     FROM held LEFT JOIN result_parts p ON p.thread_id = held.thread_id AND p.turn_id = $2::uuid AND p.call_id <> $4
     GROUP BY held.thread_id
   ), former AS (
     DELETE FROM result_parts p USING room
     WHERE room.has_room AND p.thread_id = $1::uuid AND p.turn_id = $2::uuid AND p.call_id = $4 AND p.id <> ALL ($5::uuid[])
   ), begun AS (
     INSERT INTO result_parts (id, thread_id, turn_id, call_id, media_type, size, characters, is_whole_text)
     SELECT part.id, $1::uuid, $2::uuid, $4, part.media_type, part.size, part.characters, part.is_whole_text
     FROM room, unnest($5::uuid[], $6::text[], $7::bigint[], $8::int[], $9::boolean[])
       AS part (id, media_type, size, characters, is_whole_text)
     WHERE room.has_room
     ON CONFLICT (id) DO NOTHING
   )
   SELECT has_room FROM room`,
);

/** A piece of one of them; no row: the epoch has passed. */
export const ADD_PIECE = sql(
  'result_parts.add_piece',
  `WITH held AS (
     ${HELD}
   ), added AS (
     INSERT INTO result_part_pieces (part_id, nth, first_character, characters, bytes)
     SELECT $4::uuid, $5::int, $6::int, $7::int, $8::bytea FROM held
     ON CONFLICT (part_id, nth) DO NOTHING
   )
   SELECT thread_id FROM held`,
);

export const PIECE = sql(
  'result_parts.piece',
  'SELECT bytes FROM result_part_pieces WHERE part_id = $1 AND nth = $2',
);

/** The pieces of a text that have any of the `$3` characters from `$2` on. */
export const PIECES_BETWEEN = sql(
  'result_parts.pieces_between',
  `SELECT first_character, bytes FROM result_part_pieces
   WHERE part_id = $1 AND first_character < $2::int + $3::int AND first_character + characters > $2::int ORDER BY nth`,
);

/** A content ($4) of the caller's thread, where the caller may read the message with the result. */
export function openPart(foreign: JoinedTablesSql) {
  return sql(
    'result_parts.open',
    `SELECT p.media_type, p.size::float8 AS size
   FROM threads t JOIN result_parts p ON p.thread_id = t.id
   JOIN messages m ON m.thread_id = t.id AND m.tool_call_id = p.call_id AND m.turn_id = p.turn_id
   ${withheldSql(foreign).withheld('$5', '$6')}
   WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3 AND p.id = $4 AND w.reason IS NULL`,
  );
}
