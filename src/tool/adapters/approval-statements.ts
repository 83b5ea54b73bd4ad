import { sql } from '../../platform/database/index.js';
import { MAX_APPROVALS } from '../ports/approval-store.js';

export const HAS = sql(
  'approval_store.has',
  `SELECT 1 AS one FROM tool_approvals WHERE org_id = $1 AND user_id = $2 AND tool = $3 AND definition_hash = $4`,
);

export const ADD = sql(
  'approval_store.add',
  `WITH one_too_many AS (
     DELETE FROM tool_approvals WHERE id IN (
       SELECT id FROM tool_approvals WHERE org_id = $2 AND user_id = $3 ORDER BY id DESC OFFSET ${MAX_APPROVALS - 1}
     ) AND NOT EXISTS (
       SELECT 1 FROM tool_approvals WHERE org_id = $2 AND user_id = $3 AND tool = $4 AND definition_hash = $5
     )
   )
   INSERT INTO tool_approvals (id, org_id, user_id, tool, definition_hash) VALUES ($1, $2, $3, $4, $5)
   ON CONFLICT DO NOTHING`,
);

export const LIST = sql(
  'approval_store.list',
  `SELECT id, tool, definition_hash, created_at FROM tool_approvals WHERE org_id = $1 AND user_id = $2
   ORDER BY id DESC LIMIT ${MAX_APPROVALS}`,
);

export const REMOVE = sql(
  'approval_store.remove',
  `DELETE FROM tool_approvals WHERE id = $3 AND org_id = $1 AND user_id = $2 RETURNING 1 AS one`,
);

export const REMOVE_ALL = sql(
  'approval_store.remove_all',
  `DELETE FROM tool_approvals WHERE org_id = $1 AND user_id = $2`,
);
