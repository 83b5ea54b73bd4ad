-- Written by `npm run generate` from src/: change the statements there.

-- stream-tickets.heartbeat
-- src/platform/auth/ticket-statements.ts
WITH gone AS (DELETE FROM stream_holders WHERE alive_until < now() - interval '1 hour')
INSERT INTO stream_holders (process, alive_until) VALUES ($1, now() + make_interval(secs => $2))
ON CONFLICT (process) DO UPDATE SET alive_until = EXCLUDED.alive_until;

-- stream-tickets.is_held
-- src/platform/auth/ticket-statements.ts
SELECT FROM stream_tickets WHERE hash = $1 AND thread_id = $2 AND opened_at IS NOT NULL AND expires_at > now()
  AND ($4::bytea IS NULL OR user_agent IS NULL OR user_agent = $4) AND $3::text <> '';

-- stream-tickets.issue
-- src/platform/auth/ticket-statements.ts
WITH swept AS (
  DELETE FROM stream_tickets WHERE hash IN (
    SELECT hash FROM stream_tickets WHERE expires_at <= now() LIMIT 500 FOR UPDATE SKIP LOCKED)
), forgotten AS (
  DELETE FROM stream_tickets WHERE hash IN (
    SELECT hash FROM stream_tickets WHERE org_id = $3 AND user_id = $4 AND opened_at IS NOT NULL AND expires_at > now()
    ORDER BY opened_at DESC OFFSET $8 FOR UPDATE SKIP LOCKED)
), thread AS (
  SELECT id FROM threads WHERE id = $5 AND org_id = $3 AND user_id = $4
), live AS (
  SELECT count(*) AS tickets FROM stream_tickets
  WHERE org_id = $3 AND user_id = $4 AND opened_at IS NULL AND expires_at > now()
), issued AS (
  INSERT INTO stream_tickets (hash, caller, org_id, user_id, thread_id, expires_at, token_expires_at)
  SELECT $1, $2, $3, $4, thread.id, now() + interval '30 seconds', to_timestamp($7::float8)
  FROM thread, live WHERE live.tickets < $6
  RETURNING expires_at
)
SELECT EXISTS (SELECT FROM thread) AS owned, (SELECT expires_at FROM issued) AS expires_at;

-- stream-tickets.open
-- src/platform/auth/ticket-statements.ts
UPDATE stream_tickets
SET opened_at = now(), held_by = $3, user_agent = $4,
  expires_at = coalesce(token_expires_at, now() + interval '1 hour'),
  token_expires_at = coalesce(token_expires_at, now() + interval '1 hour')
WHERE hash = $1 AND thread_id = $2 AND opened_at IS NULL AND expires_at > now()
  AND coalesce(token_expires_at, now() + interval '1 hour') > now()
RETURNING caller;

-- stream-tickets.peek
-- src/platform/auth/ticket-statements.ts
SELECT caller
FROM stream_tickets
WHERE hash = $1 AND thread_id = $2 AND expires_at > now()
  AND coalesce(token_expires_at, now() + interval '1 hour') > now();

-- stream-tickets.release
-- src/platform/auth/ticket-statements.ts
UPDATE stream_tickets SET held_by = NULL WHERE hash = $1 AND held_by = $2;

-- stream-tickets.remove_of
-- src/platform/auth/ticket-statements.ts
DELETE FROM stream_tickets WHERE org_id = $1 AND user_id = $2;

-- stream-tickets.reopen
-- src/platform/auth/ticket-statements.ts
UPDATE stream_tickets SET held_by = $3
WHERE hash = $1 AND thread_id = $2 AND opened_at IS NOT NULL AND expires_at > now()
  AND ($4::bytea IS NULL OR user_agent IS NULL OR user_agent = $4) AND NOT $5::boolean
  AND (held_by IS NULL OR held_by = $3 OR NOT EXISTS (
    SELECT FROM stream_holders WHERE process = held_by AND alive_until > now()))
RETURNING caller;
