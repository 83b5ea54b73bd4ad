-- Written by `npm run generate` from src/: change the statements there.

-- approval_store.add
-- src/tool/adapters/approval-statements.ts
WITH one_too_many AS (
  DELETE FROM tool_approvals WHERE id IN (
    SELECT id FROM tool_approvals WHERE org_id = $2 AND user_id = $3 ORDER BY id DESC OFFSET 499
  ) AND NOT EXISTS (
    SELECT 1 FROM tool_approvals WHERE org_id = $2 AND user_id = $3 AND tool = $4 AND definition_hash = $5
  )
)
INSERT INTO tool_approvals (id, org_id, user_id, tool, definition_hash) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING;

-- approval_store.has
-- src/tool/adapters/approval-statements.ts
SELECT 1 AS one FROM tool_approvals WHERE org_id = $1 AND user_id = $2 AND tool = $3 AND definition_hash = $4;

-- approval_store.list
-- src/tool/adapters/approval-statements.ts
SELECT id, tool, definition_hash, created_at FROM tool_approvals WHERE org_id = $1 AND user_id = $2
ORDER BY id DESC LIMIT 500;

-- approval_store.remove
-- src/tool/adapters/approval-statements.ts
DELETE FROM tool_approvals WHERE id = $3 AND org_id = $1 AND user_id = $2 RETURNING 1 AS one;

-- approval_store.remove_all
-- src/tool/adapters/approval-statements.ts
DELETE FROM tool_approvals WHERE org_id = $1 AND user_id = $2;

-- grant_store.begin
-- src/tool/adapters/grant-statements.ts
WITH swept AS (
  DELETE FROM mcp_logins WHERE state_hash IN (
    SELECT state_hash FROM mcp_logins WHERE expires_at <= now() LIMIT 500 FOR UPDATE SKIP LOCKED)
), too_many AS (
  DELETE FROM mcp_logins WHERE state_hash IN (
    SELECT state_hash FROM mcp_logins WHERE org_id = $2 AND user_id = $3 AND expires_at > now()
    ORDER BY expires_at DESC OFFSET 9 FOR UPDATE SKIP LOCKED)
)
INSERT INTO mcp_logins (state_hash, org_id, user_id, server, sealed, expires_at)
VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6));

-- grant_store.claim
-- src/tool/adapters/grant-statements.ts
UPDATE mcp_grants SET renewing_until = now() + make_interval(secs => $4)
WHERE org_id = $1 AND user_id = $2 AND id = $3::uuid AND (renewing_until IS NULL OR renewing_until <= now())
RETURNING 1 AS one;

-- grant_store.find
-- src/tool/adapters/grant-statements.ts
SELECT id, issuer, sealed, wanted_scope AS wanted FROM mcp_grants
WHERE org_id = $1 AND user_id = $2 AND server = $3;

-- grant_store.put
-- src/tool/adapters/grant-statements.ts
INSERT INTO mcp_grants (org_id, user_id, server, id, issuer, sealed) VALUES ($1, $2, $3, $4::uuid, $5, $6)
ON CONFLICT (org_id, user_id, server) DO UPDATE SET id = EXCLUDED.id, issuer = EXCLUDED.issuer,
  sealed = EXCLUDED.sealed, wanted_scope = NULL, renewing_until = NULL, updated_at = now();

-- grant_store.release
-- src/tool/adapters/grant-statements.ts
UPDATE mcp_grants SET renewing_until = NULL WHERE org_id = $1 AND user_id = $2 AND id = $3::uuid;

-- grant_store.remove
-- src/tool/adapters/grant-statements.ts
WITH logins AS (
  DELETE FROM mcp_logins WHERE org_id = $1 AND user_id = $2 AND server = $3
)
DELETE FROM mcp_grants WHERE org_id = $1 AND user_id = $2 AND server = $3
RETURNING id, issuer, sealed, wanted_scope AS wanted;

-- grant_store.renew
-- src/tool/adapters/grant-statements.ts
UPDATE mcp_grants SET sealed = $4, renewing_until = NULL, updated_at = now()
WHERE org_id = $1 AND user_id = $2 AND id = $3::uuid;

-- grant_store.take
-- src/tool/adapters/grant-statements.ts
DELETE FROM mcp_logins WHERE state_hash = $1
RETURNING org_id AS org, user_id AS "user", server, sealed, expires_at > now() AS "isLive";

-- grant_store.want
-- src/tool/adapters/grant-statements.ts
UPDATE mcp_grants SET wanted_scope = $4
WHERE org_id = $1 AND user_id = $2 AND id = $3::uuid AND wanted_scope IS DISTINCT
FROM $4;

-- mcp_server_store.add
-- src/tool/adapters/mcp-server-statements.ts
INSERT INTO mcp_servers (id, org_id, name, url, sealed_headers, may_sample, sealed_client)
SELECT $1::uuid, $2, $3, $4, $5, $6, $7
WHERE (SELECT count(*) FROM mcp_servers WHERE org_id = $2) < 50
ON CONFLICT (org_id, name) DO NOTHING RETURNING 1 AS one;

-- mcp_server_store.has
-- src/tool/adapters/mcp-server-statements.ts
SELECT 1 AS one FROM mcp_servers WHERE org_id = $1 AND name = $2;

-- mcp_server_store.lock
-- src/tool/adapters/mcp-server-statements.ts
SELECT pg_advisory_xact_lock(hashtextextended('mcp_servers ' || $1::text, 0));

-- mcp_server_store.of
-- src/tool/adapters/mcp-server-statements.ts
SELECT 'server' AS kind, id, name, url, sealed_headers AS sealed, may_sample AS "maySample", sealed_client AS client
FROM mcp_servers WHERE org_id = $1
UNION ALL
SELECT 'credential', NULL, server, NULL, sealed, NULL, NULL FROM mcp_credentials WHERE org_id = $1 AND user_id = $2
UNION ALL
SELECT 'grant', id, server, NULL, NULL, NULL, NULL FROM mcp_grants WHERE org_id = $1 AND user_id = $2
ORDER BY name;

-- mcp_server_store.put_credential
-- src/tool/adapters/mcp-server-statements.ts
INSERT INTO mcp_credentials (org_id, user_id, server, sealed) VALUES ($1, $2, $3, $4)
ON CONFLICT (org_id, user_id, server) DO UPDATE SET sealed = EXCLUDED.sealed, updated_at = now();

-- mcp_server_store.remove
-- src/tool/adapters/mcp-server-statements.ts
WITH removed AS (
  DELETE FROM mcp_servers WHERE org_id = $1 AND name = $2 RETURNING name
), credentials AS (
  DELETE FROM mcp_credentials WHERE org_id = $1 AND server IN (SELECT name FROM removed)
), grants AS (
  DELETE FROM mcp_grants WHERE org_id = $1 AND server IN (SELECT name FROM removed)
), logins AS (
  DELETE FROM mcp_logins WHERE org_id = $1 AND server IN (SELECT name FROM removed)
)
SELECT 1 AS one FROM removed;

-- mcp_server_store.remove_all
-- src/tool/adapters/mcp-server-statements.ts
WITH grants AS (
  DELETE FROM mcp_grants WHERE org_id = $1 AND user_id = $2
), logins AS (
  DELETE FROM mcp_logins WHERE org_id = $1 AND user_id = $2
)
DELETE FROM mcp_credentials WHERE org_id = $1 AND user_id = $2;

-- mcp_server_store.remove_credential
-- src/tool/adapters/mcp-server-statements.ts
DELETE FROM mcp_credentials WHERE org_id = $1 AND user_id = $2 AND server = $3 RETURNING 1 AS one;
