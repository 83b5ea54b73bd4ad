import { sql } from '../../platform/database/index.js';

export const IS_IN_FLIGHT = sql(
  'usage_of_user.is_in_flight',
  'SELECT 1 AS one FROM llm_attempts_under_way WHERE org_id = $1 AND user_id = $2 LIMIT 1',
);

/** A user without an organisation has one that is named after them. */
export const ANONYMISE = sql(
  'usage_of_user.anonymise',
  `UPDATE llm_attempts SET user_id = '', thread_id = NULL,
     org_id = CASE WHEN org_id = 'user:' || user_id THEN '' ELSE org_id END
   WHERE id = ANY(ARRAY(SELECT id FROM llm_attempts WHERE org_id = $1 AND user_id = $2 LIMIT $3))
   RETURNING 1 AS one`,
);
