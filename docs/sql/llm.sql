-- Written by `npm run generate` from src/: change the statements there.

-- llm.selected_provider.read
-- src/llm/adapters/selected-provider-statements.ts
SELECT read.as_of, chosen.org_id, chosen.provider
FROM (SELECT now() AS as_of) AS read
LEFT JOIN (
  SELECT NULL AS org_id, value AS provider FROM llm_settings WHERE key = 'selected_provider'
  UNION ALL
  SELECT org_id, provider FROM llm_selected_providers
  WHERE updated_at > coalesce($1::timestamptz - interval '1 minute', '-infinity')
) AS chosen ON true;

-- llm.selected_provider.write
-- src/llm/adapters/selected-provider-statements.ts
WITH kept AS (
  INSERT INTO llm_selected_providers (org_id, provider) VALUES ($1, $2)
  ON CONFLICT (org_id) DO UPDATE SET provider = EXCLUDED.provider, updated_at = now()
  RETURNING provider
)
SELECT pg_notify('llm_selected_provider', '') FROM kept;

-- llm.selected_provider.write_for_all
-- src/llm/adapters/selected-provider-statements.ts
WITH kept AS (
  INSERT INTO llm_settings (key, value) VALUES ('selected_provider', $1::text)
  ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, updated_at = now()
  RETURNING value
)
SELECT pg_notify('llm_selected_provider', '') FROM kept;
