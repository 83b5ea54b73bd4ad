import { logSql } from '../../log/index.js';
import { sql } from '../../platform/database/index.js';
import { threadSql } from '../../thread/index.js';
import { leaseEnd } from './lease-statements.js';
import { claimedKey, newMessage } from './new-message.js';
import { TURN_STOP_CHANNEL } from './postgres-turn-signals.js';
import { TURN_COLUMNS } from './turn-row.js';

/**
 * Who comes first in a thread's line, as a row that compares, the greatest first: who waits for a process only, who is
 * to be stopped and has nothing to run, who has interrupted another, and then as they came.
 */
export function queuePosition(turn: string): string {
  return `ROW(${turn}.holds_thread, ${turn}.cancel_requested OR ${turn}.interrupt_requested, ${turn}.is_urgent, -${turn}.position)`;
}

/**
 * Whether a user may have one more turn waiting: what one has may be four times what is left for others. It is looked at
 * when a tenth of all places is taken. Reads `line.total`; the parameters are all places, and the user's org and id.
 */
export function hasShare(places: string, org: string, user: string): string {
  return `(line.total * 10 < ${places}::int OR ${places}::int < 5 OR (
       SELECT count(*) FROM turns q WHERE q.status = 'queued' AND ${threadSql.isOwnedThread('q.thread_id', org, user)}
     ) <= 4 * (${places}::int - line.total - 1))`;
}

const enqueued = newMessage('$15');

/**
 * A message comes in whose turn has to wait: for a process ($10, then it holds the thread as a running one does), or
 * for the turns before it. Its events begin when the turn does. An interrupt ($16) stops what the thread is doing, and
 * an earlier interrupt that has not begun. No row: there is no such thread, or too many wait.
 */
export const ENQUEUE = sql(
  'turn_store.enqueue',
  `WITH line AS (
     SELECT count(*) AS total, count(*) FILTER (WHERE thread_id = $1) AS own FROM turns WHERE status = 'queued'
   ), share AS (
     SELECT ${hasShare('$17', '$2', '$3')} AS has_room FROM line
   ), thread AS (
     ${threadSql.receiveMessage(enqueued, {
       from: 'line, share',
       condition: `line.total < $17::int AND share.has_room
       AND (line.own < $18::int OR $16::boolean) AND NOT ($10::boolean AND line.own > 0)`,
     })}
   ), turn AS (
     INSERT INTO turns (id, thread_id, status, request, user_message_id, assistant_message_id, first_seq, created_at,
       position, holds_thread, is_urgent, saved_event)
     SELECT $6::uuid, thread.id, 'queued', $7::jsonb, $8::uuid, $9::uuid, h.last_seq + 1, $4::timestamptz,
       thread.message_count, $10::boolean, $16::boolean, $14
     FROM thread ${logSql.joinHead('h', 'thread.id')}
     RETURNING ${TURN_COLUMNS}, turns.first_seq
   ), ${claimedKey()}, ${threadSql.storeMessages(enqueued)}, interrupted AS (
     UPDATE turns t SET interrupt_requested = true FROM thread
     WHERE $16::boolean AND t.thread_id = thread.id
       AND (t.status IN ('running', 'waiting') OR (t.status = 'queued' AND (t.holds_thread OR t.is_urgent)))
     RETURNING pg_notify('${TURN_STOP_CHANNEL}', t.id::text || ':interrupted')
   )
   SELECT ${TURN_COLUMNS.replaceAll('turns.', 'turn.')}, turn.first_seq::float8 AS first_seq,
     (SELECT count(*) FROM interrupted) AS interrupted
   FROM turn`,
);

/** A turn in line begins: nothing of its thread runs, and nobody is before it. Its first event is written with it. */
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
       RETURNING turns.id, turns.thread_id, turns.user_message_id, turns.assistant_message_id, turns.request,
         turns.created_at, turns.cancel_requested, turns.interrupt_requested
     ), written AS (
       ${logSql.writeFirstEvent('head', 'head.id', 'head.saved_event', '$4')}
     )
     SELECT taken.*, head.last_seq::float8 AS last_seq, head.saved_event,
       ${logSql.notifyAppended("$5 || ':' || taken.thread_id")}
     FROM taken JOIN head ON head.id = taken.id ORDER BY taken.created_at, taken.id`,
  );

export const CLAIM_TURN = claim('turn_store.claim_turn', 'q.id = $6::uuid');

/** The oldest first, whatever their threads. */
export const CLAIM_WAITING = claim('turn_store.claim_waiting', '$6::uuid IS NULL');
