import { sql } from '../../platform/database/index.js';
import { threadSql } from '../../thread/index.js';
import { savedEnd } from './new-message.js';
import { following, siblingsAmong } from './turn-sql.js';

/**
 * The text of a turn's first event with another place in the tree. It is a text, and not taken apart as JSON, so that it is logged
 * as it was sent; no quotation mark within one of its strings stands without a backslash, so nothing that a user has written is
 * taken for its end.
 */
function savedAnew(parent: string, siblings: string): string {
  return `regexp_replace(turns.saved_event, ',"parentTurnId":[^{]*\\{[^{}]*\\}\\}\\}$', ${savedEnd(parent, siblings)})`;
}

const OTHERS = `SELECT id FROM (${following('own.thread_id', 'next.parent_turn_id')}) AS following WHERE id <> next.id
       UNION ALL SELECT own.id`;

/**
 * Puts the turn that was just enqueued ($2) before the first one of its branch that it runs before: it follows what that one
 * followed, and is followed by it. The head stays where it was before. To be asked by who holds the lock on the thread.
 * Answers the turn's place in the tree and among the thread's messages, where two positions are to be made free for it. No
 * row: it overtakes none, or only such as begin a branch, since their place was asked for.
 */
export const OVERTAKE = sql(
  'turn_store.overtake',
  `WITH own AS (
     SELECT id, thread_id, parent_turn_id, branch, position FROM turns WHERE id = $2 AND thread_id = $1
   ), next AS MATERIALIZED (
     SELECT q.id, q.parent_turn_id, (${threadSql.firstPosition('q')}) AS position
     FROM own JOIN turns q ON q.thread_id = own.thread_id AND q.branch = own.branch AND q.status = 'queued'
       AND NOT (q.holds_thread OR q.is_urgent OR q.cancel_requested OR q.interrupt_requested)
     JOIN turns p ON p.id = q.parent_turn_id AND p.branch = q.branch
     ORDER BY q.position LIMIT 1
     -- It does not begin meanwhile.
     FOR UPDATE OF q
   ), place AS MATERIALIZED (
     SELECT own.id, own.thread_id, own.position AS enqueued_at, next.position, next.id AS next_id, next.parent_turn_id,
       own.parent_turn_id AS head_id, CASE WHEN head.id = next.id THEN own.id ELSE head.parent_turn_id END AS head_parent_id,
       ${siblingsAmong(OTHERS, 'own.id')} AS siblings, ${siblingsAmong('SELECT next.id', 'next.id')} AS next_siblings
     FROM own, next, turns head WHERE head.id = own.parent_turn_id
   ), moved AS (
     UPDATE turns SET position = CASE turns.id WHEN place.id THEN place.position + 1 ELSE turns.position + 2 END,
       parent_turn_id = CASE turns.id WHEN place.id THEN place.parent_turn_id WHEN place.next_id THEN place.id
         ELSE turns.parent_turn_id END,
       saved_event = CASE turns.id
         WHEN place.id THEN ${savedAnew('place.parent_turn_id', 'place.siblings')}
         WHEN place.next_id THEN ${savedAnew('place.id', 'place.next_siblings')}
         ELSE turns.saved_event END
     FROM place WHERE turns.id IN (${threadSql.turnsFrom('place.thread_id', 'place.position')})
   ), kept AS (
     ${threadSql.keepHead('place')}
   ), shifted AS (
     ${threadSql.shiftBranches('place', 2)}
   )
   SELECT parent_turn_id, siblings::json AS siblings, ${savedEnd('parent_turn_id', 'siblings')} AS saved_end, position, enqueued_at
   FROM place`,
);

/** Makes that room among the messages, from position $3 on, and moves those of the turn there from $4. */
export const SHIFT_MESSAGES = sql(
  'turn_store.shift_messages',
  threadSql.shiftMessages({ thread: '$1', turn: '$2', from: '$3::int', last: '$4::int', by: 2 }),
);

export const PLACE_SHIFTED_MESSAGES = sql(
  'turn_store.place_shifted_messages',
  threadSql.placeShiftedMessages('$1'),
);
