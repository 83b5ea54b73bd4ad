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
