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

-- mcp_server_store.add
-- src/tool/adapters/mcp-server-statements.ts
INSERT INTO mcp_servers (id, org_id, name, url, sealed_headers, may_sample)
SELECT $1::uuid, $2, $3, $4, $5, $6
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
SELECT id, name, url, sealed_headers AS sealed, may_sample AS "maySample" FROM mcp_servers WHERE org_id = $1
UNION ALL
SELECT NULL, server, NULL, sealed, NULL FROM mcp_credentials WHERE org_id = $1 AND user_id = $2
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
)
SELECT 1 AS one FROM removed;

-- mcp_server_store.remove_all
-- src/tool/adapters/mcp-server-statements.ts
DELETE FROM mcp_credentials WHERE org_id = $1 AND user_id = $2;

-- mcp_server_store.remove_credential
-- src/tool/adapters/mcp-server-statements.ts
DELETE FROM mcp_credentials WHERE org_id = $1 AND user_id = $2 AND server = $3 RETURNING 1 AS one;
