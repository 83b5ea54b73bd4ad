import { sql } from '../../platform/database/index.js';

/** Longer than any attempt takes: whoever has claimed it is gone. */
const CLAIMED_FOR = `interval '60 seconds'`;

export const CLAIM = sql(
  'delivery_store.claim',
  `UPDATE webhook_deliveries d SET attempts = d.attempts + 1, next_at = now() + ${CLAIMED_FOR}
   FROM (
     SELECT own.id FROM unnest($1::text[]) AS w (name) CROSS JOIN LATERAL (
       SELECT id FROM webhook_deliveries WHERE webhook = w.name AND next_at <= now()
       ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED
     ) own
   ) due
   WHERE d.id = due.id RETURNING d.id, d.webhook, d.body, d.attempts`,
);

export const ARRIVED = sql('delivery_store.arrived', 'DELETE FROM webhook_deliveries WHERE id = $1');

export const FAILED = sql(
  'delivery_store.failed',
  `UPDATE webhook_deliveries SET next_at = now() + make_interval(secs => $4 / 1000.0), error = $3
   WHERE id = $1 AND attempts = $2`,
);

export const DIED = sql(
  'delivery_store.died',
  `UPDATE webhook_deliveries SET next_at = NULL, died_at = now(), error = $3 WHERE id = $1 AND attempts = $2`,
);

export const COUNTS = sql(
  'delivery_store.counts',
  `SELECT webhook, (count(*) FILTER (WHERE died_at IS NULL))::int AS pending, count(died_at)::int AS dead
   FROM webhook_deliveries WHERE org_id = $1 GROUP BY webhook ORDER BY webhook`,
);

export const DEAD = sql(
  'delivery_store.dead',
  `SELECT id, webhook, type, attempts, error, created_at, died_at FROM webhook_deliveries
   WHERE org_id = $1 AND died_at IS NOT NULL AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $2`,
);

export const SWEEP = sql(
  'delivery_store.sweep',
  `DELETE FROM webhook_deliveries WHERE id IN (
     SELECT id FROM webhook_deliveries
     WHERE died_at < now() - interval '7 days' OR created_at < now() - interval '14 days'
     LIMIT 1000 FOR UPDATE SKIP LOCKED
   ) RETURNING 1 AS one`,
);

export const REMOVE_ALL = sql(
  'delivery_store.remove_all',
  'DELETE FROM webhook_deliveries WHERE org_id = $1 AND user_id = $2',
);
