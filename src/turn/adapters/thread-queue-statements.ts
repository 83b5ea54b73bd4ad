import { logSql } from '../../log/index.js';
import { sql } from '../../platform/database/index.js';
import { threadSql, userEventSql } from '../../thread/index.js';
import { leaseEnd } from './lease-statements.js';
import { claimedKey, newMessage, placeInTree } from './new-message.js';
import { TURN_STOP_CHANNEL } from './postgres-turn-signals.js';
import { TURN_COLUMNS } from './turn-row.js';
import { siblings } from './turn-sql.js';

/**
 * A turn's place in its thread's queue, as a row to compare, the greatest first: turns that only wait for a process,
 * stopped turns that need no run, turns that interrupt another one, then by arrival.
 */
export function queuePosition(turn: string): string {
  return `ROW(${turn}.holds_thread, ${turn}.cancel_requested OR ${turn}.interrupt_requested, ${turn}.is_urgent, -${turn}.position)`;
}

/**
 * Whether a user may queue one more turn: at most four times as many as there is space left for others. Checked once a
 * tenth of the capacity is in use. Reads `queued.total`; the parameters are the capacity of the queue, and the user's
 * organisation and id.
 */
export function hasShare(places: string, org: string, user: string): string {
  return `(queued.total * 10 < ${places}::int OR ${places}::int < 5 OR (
       SELECT count(*) FROM turns q WHERE q.status = 'queued' AND ${threadSql.isOwnedThread('q.thread_id', org, user)}
     ) <= 4 * (${places}::int - queued.total - 1))`;
}

const enqueued = newMessage('$15');

/**
 * Stores a message whose turn has to wait: for a process ($10; it then holds the thread as a running turn does), or for
 * the turns before it. Its events are written once the turn begins. An interrupt ($16) stops the running turn, and an
 * earlier interrupt that has not begun. No row: the thread does not exist, or too many turns wait.
 */
export const ENQUEUE = sql(
  'turn_store.enqueue',
  `WITH queued AS (
     SELECT count(*) AS total, count(*) FILTER (WHERE thread_id = $1) AS own FROM turns WHERE status = 'queued'
   ), share AS (
     SELECT ${hasShare('$17', '$2', '$3')} AS has_capacity FROM queued
   ), thread AS (
     ${threadSql.receiveMessage(enqueued, {
       from: 'queued, share',
       condition: `queued.total < $17::int AND share.has_capacity
       AND (queued.own < $18::int OR $16::boolean) AND NOT ($10::boolean AND queued.own > 0)`,
     })}
   ), ${placeInTree('$15')}, turn AS (
     INSERT INTO turns (id, thread_id, parent_turn_id, branch, status, request, user_message_id, assistant_message_id,
       first_seq, created_at, position, holds_thread, is_urgent, saved_event)
     SELECT $6::uuid, thread.id, thread.head_parent_turn_id, thread.head_branch, 'queued', $7::jsonb, $8::uuid, $9::uuid,
       h.last_seq + 1, $4::timestamptz, thread.message_count, $10::boolean, $16::boolean, $14 || place.saved_end
     FROM place, thread ${logSql.joinHead('h', 'thread.id')}
     RETURNING ${TURN_COLUMNS}, turns.first_seq
   ), ${claimedKey()}, ${threadSql.storeMessages(enqueued)}, interrupted AS (
     UPDATE turns t SET interrupt_requested = true FROM thread
     WHERE $16::boolean AND t.thread_id = thread.id
       AND (t.status IN ('running', 'waiting') OR (t.status = 'queued' AND (t.holds_thread OR t.is_urgent)))
     RETURNING pg_notify('${TURN_STOP_CHANNEL}', t.id::text || ':interrupted')
   )
   SELECT ${TURN_COLUMNS.replaceAll('turns.', 'turn.')}, turn.first_seq::float8 AS first_seq,
     place.siblings::json AS siblings, place.saved_end, thread.workflow, thread.workflow_version,
     (SELECT count(*) FROM interrupted) AS interrupted,
     ${userEventSql.threadTold('thread_updated', 'turn.thread_id', { org: '$2', user: '$3' })}
   FROM turn, place, thread`,
);

/**
 * Begins a queued turn, if no turn of its thread is running and none is ahead of it in the queue. Writes its first
 * event as well.
 */
const claim = (name: string, which: string) =>
  sql(
    name,
    `WITH candidate AS MATERIALIZED (
       SELECT q.id, q.thread_id, q.saved_event FROM turns q ${logSql.joinHead('own', 'q.thread_id')}
       WHERE q.status = 'queued' AND ${which}
         AND NOT EXISTS (SELECT 1 FROM turns a WHERE a.thread_id = q.thread_id AND a.status IN ('running', 'waiting'))
         AND NOT EXISTS (SELECT 1 FROM turns b WHERE b.thread_id = q.thread_id AND b.status = 'queued'
           AND ${queuePosition('b')} > ${queuePosition('q')})
         AND (cardinality($7::text[]) + cardinality($8::text[]) = 0
           OR NOT ${threadSql.isThreadOfAny('q.thread_id', '$8::text[]', '$7::text[]')})
       ORDER BY q.created_at, q.id LIMIT $2
       -- Neither is waited for: whoever deletes the thread takes them the other way round.
       FOR UPDATE OF q, own SKIP LOCKED
     ), head AS (
       ${logSql.beginTurn('candidate c', 'c.thread_id', 'c.id', ['c.id', 'c.saved_event'])}
     ), taken AS (
       UPDATE turns SET status = 'running', lease_owner = $1, lease_until = ${leaseEnd('$3')}, started_at = $4::timestamptz,
         first_seq = head.last_seq, holds_thread = false, saved_event = NULL
       FROM head WHERE turns.id = head.id
       RETURNING turns.id, turns.thread_id, turns.parent_turn_id, turns.user_message_id, turns.assistant_message_id, turns.request,
         turns.created_at, turns.cancel_requested, turns.interrupt_requested
     ), written AS (
       ${logSql.writeFirstEvent('head', 'head.id', 'head.saved_event', '$4')}
     )
     SELECT taken.*, ${siblings('taken')}::json AS siblings, head.last_seq::float8 AS last_seq, head.saved_event,
       pinned.workflow, pinned.workflow_version, ${logSql.notifyAppended("$5 || ':' || taken.thread_id")},
       ${userEventSql.turnOfThreadTold('turn_started', 'taken.id', 'taken.thread_id')}
     FROM taken JOIN head ON head.id = taken.id
       CROSS JOIN LATERAL (${threadSql.pinnedWorkflow('taken.thread_id')}) AS pinned
     ORDER BY taken.created_at, taken.id`,
  );

export const CLAIM_TURN = claim('turn_store.claim_turn', 'q.id = $6::uuid');

/** The oldest first, across all threads. */
export const CLAIM_WAITING = claim('turn_store.claim_waiting', '$6::uuid IS NULL');
