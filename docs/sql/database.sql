-- Written by `npm run generate` from src/: change the statements there.

-- notifier.notify
-- src/platform/database/notifier-statements.ts
WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
SELECT FROM quick, unnest($1::text[], $2::text[]) AS n (channel, payload)
WHERE pg_notify(n.channel, n.payload) IS NULL;

-- processes.forget
-- src/platform/database/peer-statements.ts
DELETE FROM processes WHERE seen_at < now() - interval '1 hour';

-- processes.left
-- src/platform/database/peer-statements.ts
DELETE FROM processes WHERE id = $1;

-- processes.others
-- src/platform/database/peer-statements.ts
SELECT 1 AS one FROM processes
WHERE (runs_turns OR NOT $3::boolean) AND id <> $1 AND seen_at > now() - $2::int * interval '1 millisecond'
  AND EXISTS (
    SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (classid::bigint << 32 | objid::bigint) = hashtextextended('threadline ' || id::text, 0)) LIMIT 1;

-- processes.seen
-- src/platform/database/peer-statements.ts
INSERT INTO processes (id, runs_turns) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET seen_at = now();

-- session_lock.hold
-- src/platform/database/lock-statements.ts
SELECT pg_advisory_lock_shared(hashtextextended('threadline ' || $1::text, 0));
