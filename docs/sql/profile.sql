-- Written by `npm run generate` from src/: change the statements there.

-- profile_store.add_memory
-- src/profile/adapters/profile-statements.ts
WITH counted AS (
  INSERT INTO profiles (org_id, user_id, memory_count) VALUES ($2, $3, 1)
  ON CONFLICT (org_id, user_id) DO UPDATE SET memory_count = profiles.memory_count + 1
  WHERE profiles.memory_count < 200
  RETURNING 1
)
INSERT INTO memories (id, org_id, user_id, content) SELECT $1, $2, $3, $4 FROM counted RETURNING id, content, created_at;

-- profile_store.find
-- src/profile/adapters/profile-statements.ts
SELECT name, language, tone, about, updated_at FROM profiles WHERE org_id = $1 AND user_id = $2;

-- profile_store.memories
-- src/profile/adapters/profile-statements.ts
SELECT id, content, created_at FROM memories WHERE org_id = $1 AND user_id = $2 AND ($4::uuid IS NULL OR id < $4)
ORDER BY id DESC LIMIT $3;

-- profile_store.put
-- src/profile/adapters/profile-statements.ts
INSERT INTO profiles (org_id, user_id, name, language, tone, about, updated_at) VALUES ($1, $2, $3, $4, $5, $6, now())
ON CONFLICT (org_id, user_id) DO UPDATE SET name = EXCLUDED.name, language = EXCLUDED.language, tone = EXCLUDED.tone,
  about = EXCLUDED.about, updated_at = EXCLUDED.updated_at
RETURNING name, language, tone, about, updated_at;

-- profile_store.remove_all
-- src/profile/adapters/profile-statements.ts
WITH removed AS (
  DELETE FROM memories WHERE org_id = $1 AND user_id = $2
)
DELETE FROM profiles WHERE org_id = $1 AND user_id = $2;

-- profile_store.remove_memory
-- src/profile/adapters/profile-statements.ts
WITH removed AS (
  DELETE FROM memories WHERE id = $3 AND org_id = $1 AND user_id = $2 RETURNING 1
)
UPDATE profiles SET memory_count = memory_count - 1 FROM removed WHERE org_id = $1 AND user_id = $2
RETURNING 1 AS one;
