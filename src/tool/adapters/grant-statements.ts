import { sql } from '../../platform/database/index.js';
import { MAX_LOGINS } from '../ports/grant-store.js';

/** Sweeps logins that nobody has come back from, and the person's oldest ones, where there are many. */
export const BEGIN = sql(
  'grant_store.begin',
  `WITH swept AS (
     DELETE FROM mcp_logins WHERE state_hash IN (
       SELECT state_hash FROM mcp_logins WHERE expires_at <= now() LIMIT 500 FOR UPDATE SKIP LOCKED)
   ), too_many AS (
     DELETE FROM mcp_logins WHERE state_hash IN (
       SELECT state_hash FROM mcp_logins WHERE org_id = $2 AND user_id = $3 AND expires_at > now()
       ORDER BY expires_at DESC OFFSET ${MAX_LOGINS - 1} FOR UPDATE SKIP LOCKED)
   )
   INSERT INTO mcp_logins (state_hash, org_id, user_id, server, sealed, expires_at)
   VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))`,
);

export const TAKE = sql(
  'grant_store.take',
  `DELETE FROM mcp_logins WHERE state_hash = $1
   RETURNING org_id AS org, user_id AS "user", server, sealed, expires_at > now() AS "isLive"`,
);

export const FIND = sql(
  'grant_store.find',
  `SELECT id, issuer, sealed, wanted_scope AS wanted FROM mcp_grants
   WHERE org_id = $1 AND user_id = $2 AND server = $3`,
);

export const PUT = sql(
  'grant_store.put',
  `INSERT INTO mcp_grants (org_id, user_id, server, id, issuer, sealed) VALUES ($1, $2, $3, $4::uuid, $5, $6)
   ON CONFLICT (org_id, user_id, server) DO UPDATE SET id = EXCLUDED.id, issuer = EXCLUDED.issuer,
     sealed = EXCLUDED.sealed, wanted_scope = NULL, renewing_until = NULL, updated_at = now()`,
);

export const REMOVE = sql(
  'grant_store.remove',
  `WITH logins AS (
     DELETE FROM mcp_logins WHERE org_id = $1 AND user_id = $2 AND server = $3
   )
   DELETE FROM mcp_grants WHERE org_id = $1 AND user_id = $2 AND server = $3
   RETURNING id, issuer, sealed, wanted_scope AS wanted`,
);

const THE_GRANT = `org_id = $1 AND user_id = $2 AND id = $3::uuid`;

export const WANT = sql(
  'grant_store.want',
  `UPDATE mcp_grants SET wanted_scope = $4 WHERE ${THE_GRANT} AND wanted_scope IS DISTINCT FROM $4`,
);

/** One at a time, in whichever process; whoever dies meanwhile has it for a while, and not for ever. */
export const CLAIM = sql(
  'grant_store.claim',
  `UPDATE mcp_grants SET renewing_until = now() + make_interval(secs => $4)
   WHERE ${THE_GRANT} AND (renewing_until IS NULL OR renewing_until <= now()) RETURNING 1 AS one`,
);

export const RENEW = sql(
  'grant_store.renew',
  `UPDATE mcp_grants SET sealed = $4, renewing_until = NULL, updated_at = now() WHERE ${THE_GRANT}`,
);

export const RELEASE = sql(
  'grant_store.release',
  `UPDATE mcp_grants SET renewing_until = NULL WHERE ${THE_GRANT}`,
);
