-- Written by `npm run generate` from src/: change the statements there.

-- session_lock.hold
-- src/platform/database/lock-statements.ts
SELECT pg_advisory_lock_shared(hashtextextended('threadline ' || $1::text, 0));
