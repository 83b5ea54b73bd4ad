import { sql } from '../../platform/database/index.js';
import { MAX_MEMORIES } from '../core/profile.js';

const PROFILE = 'name, language, tone, about, updated_at';
const MEMORY = 'id, content, created_at';

export const FIND = sql(
  'profile_store.find',
  `SELECT ${PROFILE} FROM profiles WHERE org_id = $1 AND user_id = $2`,
);

export const PUT = sql(
  'profile_store.put',
  `INSERT INTO profiles (org_id, user_id, name, language, tone, about, updated_at) VALUES ($1, $2, $3, $4, $5, $6, now())
   ON CONFLICT (org_id, user_id) DO UPDATE SET name = EXCLUDED.name, language = EXCLUDED.language, tone = EXCLUDED.tone,
     about = EXCLUDED.about, updated_at = EXCLUDED.updated_at
   RETURNING ${PROFILE}`,
);

/** They are counted in the row of the profile, which those who add some at the same time wait for. */
export const ADD = sql(
  'profile_store.add_memory',
  `WITH counted AS (
     INSERT INTO profiles (org_id, user_id, memory_count) VALUES ($2, $3, 1)
     ON CONFLICT (org_id, user_id) DO UPDATE SET memory_count = profiles.memory_count + 1
       WHERE profiles.memory_count < ${MAX_MEMORIES}
     RETURNING 1
   )
   INSERT INTO memories (id, org_id, user_id, content) SELECT $1, $2, $3, $4 FROM counted RETURNING ${MEMORY}`,
);

export const LIST = sql(
  'profile_store.memories',
  `SELECT ${MEMORY} FROM memories WHERE org_id = $1 AND user_id = $2 AND ($4::uuid IS NULL OR id < $4)
   ORDER BY id DESC LIMIT $3`,
);

export const REMOVE = sql(
  'profile_store.remove_memory',
  `WITH removed AS (
     DELETE FROM memories WHERE id = $3 AND org_id = $1 AND user_id = $2 RETURNING 1
   )
   UPDATE profiles SET memory_count = memory_count - 1 FROM removed WHERE org_id = $1 AND user_id = $2
   RETURNING 1 AS one`,
);

export const REMOVE_ALL = sql(
  'profile_store.remove_all',
  `WITH removed AS (
     DELETE FROM memories WHERE org_id = $1 AND user_id = $2
   )
   DELETE FROM profiles WHERE org_id = $1 AND user_id = $2`,
);
