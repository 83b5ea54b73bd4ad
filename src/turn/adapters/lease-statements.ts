import { logSql } from '../../log/index.js';
import { sql } from '../../platform/database/index.js';

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

const HAS_EXPIRED = 'lease_until < now()';

const claimExpired = (name: string, which: string) =>
  sql(
    name,
    `WITH expired AS (
       SELECT id, lease_owner IS NULL AS was_released,
         NOT cancel_requested AND NOT interrupt_requested AND (lease_owner IS NULL OR attempt < $3) AS runs_again
       FROM turns ${logSql.joinHead('own', 'turns.thread_id')}
       WHERE status = 'running' AND ${which}
       FOR UPDATE OF turns, own SKIP LOCKED
     ), taken AS (
       UPDATE turns SET epoch = turns.epoch + 1, lease_owner = $1, lease_until = ${leaseEnd('$4')},
         attempt = turns.attempt + expired.runs_again::int
       FROM expired WHERE turns.id = expired.id
       RETURNING turns.id, turns.thread_id, turns.user_message_id, turns.assistant_message_id, turns.request,
         turns.created_at, turns.first_seq::float8 AS first_seq, turns.epoch, turns.attempt, turns.cancel_requested,
         turns.interrupt_requested, expired.was_released, expired.runs_again
     ), head AS (
       ${logSql.moveEpoch('taken')}
     )
     SELECT taken.*, head.last_seq::float8 AS last_seq FROM taken JOIN head ON head.thread_id = taken.thread_id`,
  );

/**
 * The epoch is raised in the turn and in the log's head together, so writes of the former owner are refused from here
 * on.
 */
export const CLAIM_EXPIRED = claimExpired(
  'turn_store.claim_expired',
  `${HAS_EXPIRED} AND id = ANY(ARRAY(
     SELECT id FROM turns WHERE status = 'running' AND ${HAS_EXPIRED} ORDER BY lease_until LIMIT $2))`,
);

/** The same for one turn, which another process may have released. */
export const CLAIM_EXPIRED_TURN = claimExpired(
  'turn_store.claim_expired_turn',
  `id = $2::uuid AND ${HAS_EXPIRED}`,
);

/** A stopped turn is claimed even while its lease is valid: its owner was notified and has not ended it. */
export const CLAIM_STOPPED_TURN = claimExpired(
  'turn_store.claim_stopped_turn',
  'id = $2::uuid AND (cancel_requested OR interrupt_requested)',
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
