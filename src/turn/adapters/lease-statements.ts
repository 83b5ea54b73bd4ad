import { logSql } from '../../log/index.js';
import { sql } from '../../platform/database/index.js';
import { threadSql } from '../../thread/index.js';
import { siblings } from './turn-sql.js';

/** When a lease granted now runs out; the parameter is its length in milliseconds. */
export function leaseEnd(parameter: string): string {
  return `now() + ${parameter}::int * interval '1 millisecond'`;
}

/** Renews the leases of this process. A turn that is missing from the result has passed to another process. */
export const EXTEND_LEASES = sql(
  'turn_store.extend_leases',
  `UPDATE turns SET lease_until = ${leaseEnd('$3')}
   WHERE id = ANY($1::uuid[]) AND lease_owner = $2 AND status = 'running'
   RETURNING id, cancel_requested, interrupt_requested`,
);

const HAS_EXPIRED = `status = 'running' AND lease_until < now()`;
/** It waits, and is to end: nobody has it. */
const IS_STOPPED_WAITING = `status = 'waiting' AND (cancel_requested OR interrupt_requested)`;

/**
 * How far a claim moves the epoch. A release that moves it by one knows of no calls and no inputs, and the database gives it no turn
 * that has some (`turns_with_calls_stay`).
 */
const EPOCHS_PER_CLAIM = 2;

const claimExpired = (name: string, which: string) =>
  sql(
    name,
    `WITH expired AS (
       SELECT id, lease_owner IS NULL AS was_released,
         NOT cancel_requested AND NOT interrupt_requested AND (lease_owner IS NULL OR attempt < $3) AS runs_again,
         status = 'waiting' OR is_resuming AS is_resuming
       FROM turns ${logSql.joinHead('own', 'turns.thread_id')}
       WHERE ${which}
       FOR UPDATE OF turns, own SKIP LOCKED
     ), taken AS (
       UPDATE turns SET status = 'running', epoch = turns.epoch + ${EPOCHS_PER_CLAIM}, lease_owner = $1, lease_until = ${leaseEnd('$4')},
         attempt = turns.attempt + (expired.runs_again AND NOT expired.is_resuming)::int, is_resuming = false
       FROM expired WHERE turns.id = expired.id
       RETURNING turns.id, turns.thread_id, turns.parent_turn_id, turns.user_message_id, turns.assistant_message_id, turns.request,
         turns.created_at, turns.first_seq::float8 AS first_seq, turns.epoch, turns.attempt, turns.cancel_requested,
         turns.interrupt_requested, expired.was_released, expired.runs_again, expired.is_resuming
     ), head AS (
       ${logSql.moveEpoch('taken')}
     )
     SELECT taken.*, ${siblings('taken')}::json AS siblings, head.last_seq::float8 AS last_seq, pinned.workflow,
       pinned.workflow_version
     FROM taken JOIN head ON head.thread_id = taken.thread_id
       CROSS JOIN LATERAL (${threadSql.pinnedWorkflow('taken.thread_id')}) AS pinned`,
  );

/** The epoch moves in the turn and in the log's head together, so the former writer is refused from here on. */
export const CLAIM_EXPIRED = claimExpired(
  'turn_store.claim_expired',
  `(${HAS_EXPIRED} OR ${IS_STOPPED_WAITING}) AND id = ANY(ARRAY(
     (SELECT id FROM turns WHERE ${HAS_EXPIRED} ORDER BY lease_until LIMIT $2)
     UNION ALL
     (SELECT id FROM turns WHERE ${IS_STOPPED_WAITING} LIMIT $2)
     LIMIT $2))`,
);

/** The same for one turn, which another process may have let go of, or which waited until now. */
export const CLAIM_EXPIRED_TURN = claimExpired(
  'turn_store.claim_expired_turn',
  `id = $2::uuid AND (${HAS_EXPIRED} OR ${IS_STOPPED_WAITING})`,
);

/** One that was stopped is taken from whoever has it: its owner has been told, and does not end it. */
export const CLAIM_STOPPED_TURN = claimExpired(
  'turn_store.claim_stopped_turn',
  `id = $2::uuid AND status IN ('running', 'waiting') AND (cancel_requested OR interrupt_requested)`,
);

/** Released on purpose: it has no owner. */
export const RELEASE = sql(
  'turn_store.release',
  `UPDATE turns SET lease_owner = NULL, lease_until = now() - interval '1 second'
   WHERE id = $1 AND epoch = $2 AND lease_owner = $3 AND status = 'running'
   RETURNING id`,
);

export const EXPIRE_ALL = sql(
  'turn_store.expire_all',
  `UPDATE turns SET lease_until = now() - interval '1 second' WHERE status = 'running'`,
);
