-- Written by `npm run generate` from src/: change the statements there.

-- health.ping
-- src/health/health-statements.ts
SELECT 1 AS ok;
