import { sql } from '../../platform/database/index.js';
import { MAX_SERVERS } from '../ports/mcp-server-store.js';

/** Whoever adds to an organisation's servers comes one after the other, so that they are not too many. */
export const LOCK = sql(
  'mcp_server_store.lock',
  `SELECT pg_advisory_xact_lock(hashtextextended('mcp_servers ' || $1::text, 0))`,
);

export const ADD = sql(
  'mcp_server_store.add',
  `INSERT INTO mcp_servers (id, org_id, name, url, sealed_headers, may_sample, sealed_client)
   SELECT $1::uuid, $2, $3, $4, $5, $6, $7
   WHERE (SELECT count(*) FROM mcp_servers WHERE org_id = $2) < ${MAX_SERVERS}
   ON CONFLICT (org_id, name) DO NOTHING RETURNING 1 AS one`,
);

export const HAS = sql(
  'mcp_server_store.has',
  `SELECT 1 AS one FROM mcp_servers WHERE org_id = $1 AND name = $2`,
);

export const REMOVE = sql(
  'mcp_server_store.remove',
  `WITH removed AS (
     DELETE FROM mcp_servers WHERE org_id = $1 AND name = $2 RETURNING name
   ), credentials AS (
     DELETE FROM mcp_credentials WHERE org_id = $1 AND server IN (SELECT name FROM removed)
   ), grants AS (
     DELETE FROM mcp_grants WHERE org_id = $1 AND server IN (SELECT name FROM removed)
   ), logins AS (
     DELETE FROM mcp_logins WHERE org_id = $1 AND server IN (SELECT name FROM removed)
   )
   SELECT 1 AS one FROM removed`,
);

export const OF = sql(
  'mcp_server_store.of',
  `SELECT 'server' AS kind, id, name, url, sealed_headers AS sealed, may_sample AS "maySample", sealed_client AS client
   FROM mcp_servers WHERE org_id = $1
   UNION ALL
   SELECT 'credential', NULL, server, NULL, sealed, NULL, NULL FROM mcp_credentials WHERE org_id = $1 AND user_id = $2
   UNION ALL
   SELECT 'grant', id, server, NULL, NULL, NULL, NULL FROM mcp_grants WHERE org_id = $1 AND user_id = $2
   ORDER BY name`,
);

export const PUT_CREDENTIAL = sql(
  'mcp_server_store.put_credential',
  `INSERT INTO mcp_credentials (org_id, user_id, server, sealed) VALUES ($1, $2, $3, $4)
   ON CONFLICT (org_id, user_id, server) DO UPDATE SET sealed = EXCLUDED.sealed, updated_at = now()`,
);

export const REMOVE_CREDENTIAL = sql(
  'mcp_server_store.remove_credential',
  `DELETE FROM mcp_credentials WHERE org_id = $1 AND user_id = $2 AND server = $3 RETURNING 1 AS one`,
);

export const REMOVE_ALL = sql(
  'mcp_server_store.remove_all',
  `WITH grants AS (
     DELETE FROM mcp_grants WHERE org_id = $1 AND user_id = $2
   ), logins AS (
     DELETE FROM mcp_logins WHERE org_id = $1 AND user_id = $2
   )
   DELETE FROM mcp_credentials WHERE org_id = $1 AND user_id = $2`,
);
