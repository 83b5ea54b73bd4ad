import { sql } from '../../platform/database/index.js';

/** The payload is empty: a process that is woken reads what has changed. */
export const SELECTED_PROVIDER_CHANNEL = 'llm_selected_provider';

/**
 * The selection for all organisations is stored among the settings, where former releases look for it. The last minute
 * is read again, because a transaction that began earlier may have been committed later.
 */
export const READ = sql(
  'llm.selected_provider.read',
  `SELECT read.as_of, chosen.org_id, chosen.provider
   FROM (SELECT now() AS as_of) AS read
   LEFT JOIN (
     SELECT NULL AS org_id, value AS provider FROM llm_settings WHERE key = 'selected_provider'
     UNION ALL
     SELECT org_id, provider FROM llm_selected_providers
     WHERE updated_at > coalesce($1::timestamptz - interval '1 minute', '-infinity')
   ) AS chosen ON true`,
);

/** NOTIFY is delivered with the commit, so a process that is woken reads the new value. */
export const WRITE_FOR_ALL = sql(
  'llm.selected_provider.write_for_all',
  `WITH kept AS (
     INSERT INTO llm_settings (key, value) VALUES ('selected_provider', $1::text)
     ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, updated_at = now()
     RETURNING value
   )
   SELECT pg_notify('${SELECTED_PROVIDER_CHANNEL}', '') FROM kept`,
);

export const WRITE = sql(
  'llm.selected_provider.write',
  `WITH kept AS (
     INSERT INTO llm_selected_providers (org_id, provider) VALUES ($1, $2)
     ON CONFLICT (org_id) DO UPDATE SET provider = EXCLUDED.provider, updated_at = now()
     RETURNING provider
   )
   SELECT pg_notify('${SELECTED_PROVIDER_CHANNEL}', '') FROM kept`,
);
