import { logSql } from '../../log/index.js';
import { sql } from '../../platform/database/index.js';
import { threadSql, userEventSql } from '../../thread/index.js';

const IS_WAITING = `status = 'waiting' AND NOT cancel_requested AND NOT interrupt_requested`;
const IS_STOPPED = `status = 'queued' AND (cancel_requested OR interrupt_requested)`;

/**
 * Locks the log of a thread whose turn waits for a person, where turns behind it were stopped. Until the end of the
 * transaction that turn goes on waiting, so nobody else writes. Where it is to end itself there is no row: those behind it
 * follow. The thread comes first, as for whoever deletes it.
 */
export const LOCK_WAITING = sql(
  'turn_store.lock_waiting',
  `SELECT own.thread_id FROM (SELECT thread_id FROM turns WHERE thread_id = $1 AND ${IS_WAITING}) w
   ${threadSql.joinThread('t', 'w.thread_id')} ${logSql.joinHead('own', 't.id')}
   WHERE EXISTS (SELECT 1 FROM turns WHERE thread_id = $1 AND ${IS_STOPPED})
   FOR KEY SHARE OF t FOR UPDATE OF own`,
);

const UNSAID = {
  ...{
    id: 'head.assistant_message_id',
    content: `''`,
    status: 'head.outcome',
    provider: 'NULL',
    model: 'NULL',
  },
  ...{ usage: 'NULL', citations: `'[]'`, toolCalls: `'[]'`, step: 'NULL', level: '0', documents: 'NULL' },
};

/**
 * Ends the first of the turns that were stopped behind the one that waits, for who holds {@link LOCK_WAITING}: all of its
 * events come in between that turn's, whose place in the log stays its own. No row: there is none.
 */
export const END_STOPPED = sql(
  'turn_store.end_stopped',
  `WITH stopped AS (
     SELECT q.id, q.thread_id, q.assistant_message_id, q.saved_event, w.id AS turn_id,
       CASE WHEN q.cancel_requested THEN 'cancelled' ELSE 'interrupted' END AS outcome
     FROM (SELECT * FROM turns WHERE thread_id = $1 AND ${IS_STOPPED} ORDER BY position LIMIT 1) q
     JOIN (SELECT id, thread_id FROM turns WHERE thread_id = $1 AND ${IS_WAITING}) w ON w.thread_id = q.thread_id
   ), head AS (
     ${logSql.advanceWaiting('stopped', 2, [
       ...['stopped.id', 'stopped.assistant_message_id', 'stopped.saved_event', 'stopped.outcome'],
       `format('{"success":false,"turnId":"%s","status":"%s"}', stopped.id, stopped.outcome) AS done_event`,
     ])}
   ), ended AS (
     UPDATE turns SET status = head.outcome, first_seq = head.last_seq - 1, started_at = $2::timestamptz,
       ended_at = $2::timestamptz, saved_event = NULL
     FROM head WHERE turns.id = head.id
   ), answered AS (
     ${threadSql.storeAnswer('head', UNSAID)}
   ), begun AS (
     SELECT thread_id, id, last_seq - 1 AS last_seq, saved_event FROM head
   ), saved AS (
     ${logSql.writeFirstEvent('begun', 'begun.id', 'begun.saved_event', '$2')}
   ), over AS (
     SELECT thread_id, id AS turn_id, last_seq, done_event FROM head
   ), written AS (
     ${logSql.writeWaitingEvent('over', 'done', 'over.done_event::json', '$2')}
   )
   SELECT head.id, head.last_seq::float8 AS last_seq, head.saved_event, head.done_event,
     ${logSql.notifyAppended('$3')},
     ${userEventSql.turnOfThreadTold('turn_started', 'head.id', 'head.thread_id')},
     ${userEventSql.turnOfThreadTold('turn_ended', 'head.id', 'head.thread_id')}
   FROM head`,
);
