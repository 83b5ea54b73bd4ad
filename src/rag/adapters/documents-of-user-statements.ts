import { sql } from '../../platform/database/index.js';

/** Scopes of the person ($2) alone: private ones, and all of an organisation ($1) that consists of that person. */
const OWN = `s.org_id = $1::text AND (s.private_to = $2::text OR s.org_id = 'user:' || $2::text)`;

export const REMOVE = sql(
  'documents_of_user.remove',
  `DELETE FROM rag_documents WHERE id = ANY(ARRAY(
     SELECT d.id FROM rag_documents d JOIN rag_scopes s ON s.id = d.scope_id
     WHERE ${OWN} LIMIT $3))
   RETURNING 1 AS one`,
);

/** Includes the sums over their documents, which are gone. */
export const REMOVE_SCOPES = sql(
  'documents_of_user.remove_scopes',
  `DELETE FROM rag_scopes s WHERE ${OWN}
     AND NOT EXISTS (SELECT FROM rag_documents WHERE scope_id = s.id)`,
);

export const DISOWN = sql(
  'documents_of_user.disown',
  `UPDATE rag_documents SET owner_id = '' WHERE id = ANY(ARRAY(
     SELECT d.id FROM rag_documents d JOIN rag_scopes s ON s.id = d.scope_id
     WHERE s.org_id = $1 AND s.private_to IS NULL AND d.owner_id = $2 LIMIT $3))
   RETURNING 1 AS one`,
);

/** The person's rows, including the organisation's own if it consists of that person. */
const SHARES = `org_id = $1::text AND (owner_id = $2::text OR $1::text = 'user:' || $2::text)`;

/** The amount that the person has stored. */
export const FORGET_USAGE = sql('documents_of_user.forget_usage', `DELETE FROM rag_usage WHERE ${SHARES}`);

/** When the person was last served. */
export const FORGET_SERVED = sql('documents_of_user.forget_served', `DELETE FROM rag_served WHERE ${SHARES}`);
