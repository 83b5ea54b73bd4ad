import { sql } from '../../platform/database/index.js';
import { INGESTION_CHANNEL } from './notifications.js';
import { READABLE } from './readable.js';

const COLUMNS = `d.id, d.title, d.source, d.content_type, r.level, r.private_to IS NULL AS shared, d.status,
    d.chunk_count, d.bytes::float8 AS bytes, d.metadata, d.error, d.created_at, d.updated_at`;

/** The scope of an org ($1), a level ($2) and a user ($3, or null for the whole org). */
const SCOPE = `SELECT id FROM rag_scopes
  WHERE org_id = $1::text AND level = $2::smallint AND private_to IS NOT DISTINCT FROM $3::text`;

/** Reads before it inserts: a rejected insert would use up a number of the sequence each time. */
export const ENSURE_SCOPE = sql(
  'rag.ensure_scope',
  `INSERT INTO rag_scopes (org_id, level, private_to) SELECT $1::text, $2::smallint, $3::text
   WHERE NOT EXISTS (${SCOPE}) ON CONFLICT DO NOTHING`,
);

export const ADD_DOCUMENT = sql(
  'rag.add_document',
  `WITH scope AS MATERIALIZED (${SCOPE}
   ), added AS (
     INSERT INTO rag_documents (id, scope_id, owner_id, title, source, content_type, content, bytes, metadata,
       status, chunk_count, term_count, index_version)
     SELECT $4::uuid, scope.id, $5::text, $6::text, $7::text, $8::text, $9::text, $10::bigint, $11::jsonb,
       'queued', 0, 0, $12::smallint
     FROM scope
     RETURNING *
   ), queued AS (
     INSERT INTO rag_ingestions (document_id, scope_id, org_id, owner_id, bytes, index_version)
     SELECT id, scope_id, $1::text, owner_id, bytes, index_version FROM added
   )
   SELECT ${COLUMNS}, pg_notify('${INGESTION_CHANNEL}', '')
   FROM added d, (SELECT $2::smallint AS level, $3::text AS private_to) r`,
);

/**
 * What an org ($1) and its user ($2) have stored, and what is queued. After an insert in the same transaction, no other
 * insert of the org can intervene before the commit: the insert has locked the org's sums.
 */
export const COUNT_DOCUMENTS = sql(
  'rag.count_documents',
  `SELECT org.documents::float8 AS org_documents, org.bytes::float8 AS org_bytes,
     own.documents::float8 AS user_documents, own.bytes::float8 AS user_bytes, queue.*
   FROM (SELECT count(*)::float8 AS queued, COALESCE(sum(bytes), 0)::float8 AS queued_bytes,
       (count(*) FILTER (WHERE org_id = $1::text AND owner_id = $2::text))::float8 AS user_queued,
       COALESCE(sum(bytes) FILTER (WHERE org_id = $1::text AND owner_id = $2::text), 0)::float8 AS user_queued_bytes
     FROM rag_ingestions) queue
     LEFT JOIN rag_usage org ON org.org_id = $1::text AND org.owner_id = ''
     LEFT JOIN rag_usage own ON own.org_id = $1::text AND own.owner_id = $2::text`,
);

export const FIND_DOCUMENT = sql(
  'rag.find_document',
  `WITH ${READABLE}
   SELECT ${COLUMNS} FROM rag_documents d JOIN readable r ON r.id = d.scope_id WHERE d.id = $4::uuid`,
);

export const READ_DOCUMENT_TEXT = sql(
  'rag.read_document_text',
  `WITH ${READABLE}
   SELECT d.title, d.content_type, left(d.content, $5::int) AS content
   FROM rag_documents d JOIN readable r ON r.id = d.scope_id WHERE d.id = $4::uuid`,
);

export const READABLE_AMONG = sql(
  'rag.readable_among',
  `WITH ${READABLE}
   SELECT d.id FROM rag_documents d JOIN readable r ON r.id = d.scope_id WHERE d.id = ANY($4::uuid[])`,
);

export const LIST_DOCUMENTS = sql(
  'rag.list_documents',
  `WITH ${READABLE}
   SELECT ${COLUMNS} FROM readable r CROSS JOIN LATERAL (
     SELECT * FROM rag_documents d
     WHERE d.scope_id = r.id AND d.id < COALESCE($5::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
     ORDER BY d.id DESC LIMIT $4::integer
   ) d
   ORDER BY d.id DESC LIMIT $4::integer`,
);

/**
 * Removes a document and updates the sums in one statement, so that no search sees one without the other. The chunks
 * are left to {@link "./upkeep-statements.ts"}: a trigger queues their removal, and no search finds them from here on.
 */
export const REMOVE_DOCUMENT = sql(
  'rag.remove_document',
  `WITH ${READABLE}, known AS (
     SELECT d.id FROM rag_documents d JOIN readable r ON r.id = d.scope_id WHERE d.id = $4::uuid
   ), removed AS (
     DELETE FROM rag_documents d USING readable r
     WHERE d.id = $4::uuid AND d.scope_id = r.id AND (d.owner_id = $3::text OR $5::boolean)
     RETURNING d.scope_id, d.chunk_count, d.term_count
   ), counted_out AS (
     UPDATE rag_scopes s SET chunk_count = s.chunk_count - removed.chunk_count,
       term_count = s.term_count - removed.term_count
     FROM removed WHERE s.id = removed.scope_id
   ), told AS MATERIALIZED (
     SELECT pg_notify('${INGESTION_CHANNEL}', '') FROM removed
   )
   SELECT EXISTS (SELECT FROM known) AS known, (SELECT count(*) FROM told) > 0 AS removed`,
);
