import { logSql } from '../../log/index.js';
import { sql } from '../../platform/database/index.js';
import { threadSql } from '../../thread/index.js';
import type { AcceptedAlongSql } from '../ports/accepted-along-sql.js';
import { hasShare } from './thread-queue-statements.js';
import { leaseEnd } from './lease-statements.js';
import { claimedKey, newMessage, placeInTree } from './new-message.js';
import { TURN_STOP_CHANNEL } from './postgres-turn-signals.js';
import { TURN_COLUMNS } from './turn-row.js';
import * as turnSql from './turn-sql.js';

const accepted = newMessage('$15');

/**
 * Accepts a message: ownership, idempotency key, one active turn per thread, both messages, the lease and
 * `message_saved`, in one statement. A violated unique index rolls everything back. The message of a retry ($15) is
 * stored already. What the turn's executor needs besides is found along with it.
 */
export const acceptStatement = (along: AcceptedAlongSql) =>
  sql(
    'turn_store.accept',
    `WITH thread AS (
     ${threadSql.receiveMessage(accepted, {
       // Queued turns come first, also those that were put there while this statement waited for the thread: it does not see
       // them, and is refused then.
       condition: `NOT EXISTS (SELECT 1 FROM turns q WHERE q.thread_id = $1 AND q.status = 'queued')
       AND ${threadSql.isHeadUnchanged('$1')}`,
     })}
   ), ${placeInTree('$15')}, head AS (
     ${logSql.beginTurn('thread, place', 'thread.id', '$6::uuid', ['place.saved_end'])}
   ), turn AS (
     INSERT INTO turns (id, thread_id, parent_turn_id, branch, status, request, user_message_id, assistant_message_id,
       first_seq, lease_owner, lease_until, created_at, started_at, position)
     SELECT $6::uuid, head.thread_id, thread.head_parent_turn_id, thread.head_branch, 'running', $7::jsonb, $8::uuid,
       $9::uuid, head.last_seq, $10::uuid, ${leaseEnd('$16')}, $4::timestamptz, $4::timestamptz, thread.message_count
     FROM head, thread
     RETURNING ${TURN_COLUMNS}, turns.first_seq
   ), ${claimedKey()}, ${threadSql.storeMessages(accepted)}, written AS (
     ${logSql.writeFirstEvent('head', '$6::uuid', '($14 || head.saved_end)', '$4')}
   ), settled AS (
     -- Whether this statement sees all that the turns before have come to: it may have waited for the last one to end.
     SELECT thread.* FROM thread
     WHERE NOT EXISTS (SELECT 1 FROM turns a WHERE a.thread_id = thread.id AND a.status IN ('running', 'waiting'))
   ), ${along.runs.openRun({ from: 'settled', turn: '$6::uuid' })}
   SELECT ${TURN_COLUMNS.replaceAll('turns.', 'turn.')}, turn.first_seq::float8 AS first_seq,
     place.siblings::json AS siblings, place.saved_end, thread.workflow, thread.workflow_version,
     ${along.documents.hasReadable('$2', '$17', '$3')} AS has_documents, (SELECT row_to_json(run) FROM run) AS run
   FROM turn, place, thread`,
  );

export const FIND_BY_KEY = sql(
  'turn_store.find_by_key',
  `SELECT ${TURN_COLUMNS}, turns.first_seq::float8 AS first_seq, k.request_hash
   FROM idempotency_keys k JOIN turns ON turns.id = k.turn_id
   WHERE k.org_id = $1 AND k.user_id = $2 AND k.key = $3 AND k.created_at > now() - interval '24 hours'`,
);

export const FORGET_OLD_KEY = sql(
  'turn_store.forget_old_key',
  `DELETE FROM idempotency_keys
   WHERE org_id = $1 AND user_id = $2 AND key = $3 AND created_at <= now() - interval '24 hours' RETURNING key`,
);

export const SWEEP_KEYS = sql(
  'turn_store.sweep_keys',
  `DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(
     SELECT ctid FROM idempotency_keys WHERE created_at <= now() - interval '24 hours'
     ORDER BY created_at LIMIT $1::int FOR UPDATE SKIP LOCKED)) RETURNING 1 AS one`,
);

/**
 * The turn that keeps the caller's thread busy: the running one, or the first in its queue; and whether the turn to follow
 * ($4) exists. No row: the caller has no such thread.
 */
export const FIND_BUSY = sql(
  'turn_store.find_busy',
  `SELECT (
     SELECT a.id FROM turns a WHERE a.thread_id = thread.id AND a.status IN ('running', 'waiting', 'queued')
     ORDER BY a.status = 'queued', a.position LIMIT 1
   ) AS turn_id, $4::uuid IS NULL OR EXISTS (SELECT 1 FROM turns p WHERE p.id = $4 AND p.thread_id = thread.id) AS follows
   FROM (${threadSql.ownedThread('$1', '$2', '$3')}) AS thread`,
);

export const COUNT_QUEUED = sql(
  'turn_store.count_queued',
  `WITH queued AS (
     SELECT count(*)::int AS total, (count(*) FILTER (WHERE thread_id = $1))::int AS own FROM turns WHERE status = 'queued'
   )
   SELECT total, own, ${hasShare('$2', '$3', '$4')} AS has_capacity FROM queued`,
);

/** The holder of this lock is the only one to add to the thread's queue, and sees all of it. */
export const LOCK_THREAD = sql(
  'turn_store.lock_thread',
  `${threadSql.ownedThread('$1', '$2', '$3')} FOR NO KEY UPDATE`,
);

export const FIND = sql(
  'turn_store.find',
  `SELECT ${TURN_COLUMNS} FROM turns
   WHERE turns.id = $1 AND turns.thread_id = $2 AND ${threadSql.isOwnedThread('turns.thread_id', '$3', '$4')}`,
);

export const FIND_BY_MESSAGE = sql(
  'turn_store.find_by_message',
  `SELECT ${TURN_COLUMNS}, turns.first_seq::float8 AS first_seq
   FROM turns
   WHERE turns.user_message_id = $1 AND ${threadSql.isOwnedThread('turns.thread_id', '$2', '$3')}
   ORDER BY turns.id DESC LIMIT 1`,
);

export const REQUEST_CANCEL = sql(
  'turn_store.request_cancel',
  `UPDATE turns SET cancel_requested = true
   WHERE turns.id = $1::uuid AND turns.thread_id = $2 AND turns.status IN ('queued', 'running', 'waiting')
     AND ${threadSql.isOwnedThread('turns.thread_id', '$3', '$4')}
   RETURNING ${TURN_COLUMNS}, pg_notify('${TURN_STOP_CHANNEL}', turns.id::text || ':cancelled')`,
);

export const REQUEST_CANCEL_ALL = sql(
  'turn_store.request_cancel_all',
  `UPDATE turns SET cancel_requested = true
   WHERE turns.thread_id = $1 AND turns.status IN ('queued', 'running', 'waiting')
     AND ${threadSql.isOwnedThread('turns.thread_id', '$2', '$3')}
   RETURNING turns.id, turns.status = 'queued' AS is_queued,
     pg_notify('${TURN_STOP_CHANNEL}', turns.id::text || ':cancelled')`,
);

/** Lets the next turn follow this one, or begin the thread: to be asked by who holds {@link LOCK_THREAD}. No row: no such turn. */
export const FOLLOW = sql(
  'turn_store.follow',
  threadSql.setHead({ thread: '$1', org: '$2', user: '$3', turn: '$4::uuid' }, turnSql),
);
