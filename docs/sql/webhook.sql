-- Written by `npm run generate` from src/: change the statements there.

-- delivery_store.arrived
-- src/webhook/adapters/delivery-statements.ts
DELETE FROM webhook_deliveries WHERE id = $1;

-- delivery_store.claim
-- src/webhook/adapters/delivery-statements.ts
UPDATE webhook_deliveries d SET attempts = d.attempts + 1, next_at = now() + interval '60 seconds'
FROM (
  SELECT own.id FROM unnest($1::text[]) AS w (name) CROSS JOIN LATERAL (
    SELECT id FROM webhook_deliveries WHERE webhook = w.name AND next_at <= now()
    ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED
  ) own
) due
WHERE d.id = due.id RETURNING d.id, d.webhook, d.body, d.attempts;

-- delivery_store.counts
-- src/webhook/adapters/delivery-statements.ts
SELECT webhook, (count(*) FILTER (WHERE died_at IS NULL))::int AS pending, count(died_at)::int AS dead
FROM webhook_deliveries WHERE org_id = $1 GROUP BY webhook ORDER BY webhook;

-- delivery_store.dead
-- src/webhook/adapters/delivery-statements.ts
SELECT id, webhook, type, attempts, error, created_at, died_at FROM webhook_deliveries
WHERE org_id = $1 AND died_at IS NOT NULL AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $2;

-- delivery_store.died
-- src/webhook/adapters/delivery-statements.ts
UPDATE webhook_deliveries SET next_at = NULL, died_at = now(), error = $3 WHERE id = $1 AND attempts = $2;

-- delivery_store.failed
-- src/webhook/adapters/delivery-statements.ts
UPDATE webhook_deliveries SET next_at = now() + make_interval(secs => $4 / 1000.0), error = $3
WHERE id = $1 AND attempts = $2;

-- delivery_store.remove_all
-- src/webhook/adapters/delivery-statements.ts
DELETE FROM webhook_deliveries WHERE org_id = $1 AND user_id = $2;

-- delivery_store.sweep
-- src/webhook/adapters/delivery-statements.ts
DELETE FROM webhook_deliveries WHERE id IN (
  SELECT id FROM webhook_deliveries
  WHERE died_at < now() - interval '7 days' OR created_at < now() - interval '14 days'
  LIMIT 1000 FOR UPDATE SKIP LOCKED
) RETURNING 1 AS one;
