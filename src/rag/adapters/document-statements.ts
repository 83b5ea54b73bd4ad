import { sql } from '../../platform/database/index.js';
import { READABLE } from './readable.js';
import { termsOf } from './terms.js';

const COLUMNS = `d.id, d.title, d.source, d.content_type, r.level, r.private_to IS NULL AS shared, d.status,
    d.chunk_count, d.bytes::float8 AS bytes, d.metadata, d.error, d.created_at, d.updated_at`;

/** The scope of an org ($1), a level ($2) and a user ($3, or null for the whole org). */
const SCOPE = `SELECT id FROM rag_scopes
  WHERE org_id = $1::text AND level = $2::smallint AND private_to IS NOT DISTINCT FROM $3::text`;

/** Asks before it inserts: a refused insert would use up a number of the sequence each time. */
export const ENSURE_SCOPE = sql(
  'rag.ensure_scope',
  `INSERT INTO rag_scopes (org_id, level, private_to) SELECT $1::text, $2::smallint, $3::text
   WHERE NOT EXISTS (${SCOPE}) ON CONFLICT DO NOTHING`,
);

export const ADD_DOCUMENT = sql(
  'rag.add_document',
  `WITH scope AS MATERIALIZED (${SCOPE}
   ), input AS MATERIALIZED (
     SELECT * FROM unnest($4::uuid[], $5::text[], $6::integer[], $7::integer[])
       WITH ORDINALITY AS c (id, content, start_offset, end_offset, position)
   ), counted AS MATERIALIZED (
     SELECT i.id, t.term, t.frequency FROM input i CROSS JOIN LATERAL (${termsOf(`$10::text || E'\\n' || i.content`)}) t
   ), lengths AS MATERIALIZED (
     SELECT id, sum(frequency) AS length FROM counted GROUP BY id
   ), added AS (
     INSERT INTO rag_documents (id, scope_id, owner_id, title, source, content_type, content, bytes, metadata,
       status, chunk_count, term_count)
     SELECT $8::uuid, scope.id, $9::text, $10::text, $11::text, $12::text, $13::text, $14::bigint, $15::jsonb,
       'ready', cardinality($4::uuid[]), COALESCE((SELECT sum(length) FROM lengths), 0)
     FROM scope
     RETURNING *
   ), chunks AS (
     INSERT INTO rag_chunks (id, document_id, position, content, start_offset, end_offset)
     SELECT id, $8::uuid, position, content, start_offset, end_offset FROM input
   ), terms AS (
     INSERT INTO rag_terms (chunk_id, scope_id, frequency, chunk_length, term)
     SELECT c.id, scope.id, c.frequency, l.length, c.term FROM scope, counted c JOIN lengths l USING (id)
     ORDER BY c.term
   )
   SELECT ${COLUMNS}, d.scope_id, d.term_count
   FROM added d, (SELECT $2::smallint AS level, $3::text AS private_to) r`,
);

/** Last in its transaction: whoever else adds to the same scope waits from here to the commit only. */
export const COUNT_IN = sql(
  'rag.count_in',
  `UPDATE rag_scopes SET chunk_count = chunk_count + $2::bigint, term_count = term_count + $3::bigint WHERE id = $1`,
);

export const FIND_DOCUMENT = sql(
  'rag.find_document',
  `WITH ${READABLE}
   SELECT ${COLUMNS} FROM rag_documents d JOIN readable r ON r.id = d.scope_id WHERE d.id = $4::uuid`,
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

/** Removes and counts out in one statement, so that no search sees one without the other. */
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
   )
   SELECT EXISTS (SELECT FROM known) AS known, EXISTS (SELECT FROM removed) AS removed`,
);
