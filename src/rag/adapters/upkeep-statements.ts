import { sql } from '../../platform/database/index.js';
import { termsOf } from './terms.js';

/** Removes at most $1 chunks of a deleted document; several processes work on different documents. */
export const REMOVE_CHUNKS = sql(
  'rag.remove_chunks',
  `WITH next AS MATERIALIZED (
     SELECT document_id FROM rag_removals ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED
   ), batch AS MATERIALIZED (
     SELECT c.id FROM rag_chunks c JOIN next USING (document_id) LIMIT $1::integer
   ), terms AS (
     DELETE FROM rag_terms WHERE chunk_id IN (SELECT id FROM batch)
   ), chunks AS (
     DELETE FROM rag_chunks WHERE id IN (SELECT id FROM batch)
   ), cleared AS (
     DELETE FROM rag_removals WHERE document_id IN (SELECT document_id FROM next)
       AND (SELECT count(*) FROM batch) < $1::integer
   )
   SELECT document_id FROM next`,
);

/** The first document after $1 whose terms a version before $2 made. */
export const FIND_OUTDATED = sql(
  'rag.find_outdated',
  `SELECT id, title FROM rag_documents
   WHERE id > $1::uuid AND index_version < $2::smallint AND status = 'ready' ORDER BY id LIMIT 1`,
);

/** At most $3 chunks of a document after the position $2. */
export const LIST_CHUNKS = sql(
  'rag.list_chunks',
  `SELECT id, position, content FROM rag_chunks WHERE document_id = $1::uuid AND position > $2::integer
   ORDER BY position LIMIT $3::integer`,
);

export const LOCK_DOCUMENT = sql(
  'rag.lock_document',
  `SELECT scope_id FROM rag_documents WHERE id = $1::uuid AND status = 'ready' FOR UPDATE`,
);

export const REMOVE_TERMS = sql(
  'rag.remove_terms',
  `WITH removed AS (DELETE FROM rag_terms WHERE chunk_id = ANY ($1::uuid[]) RETURNING frequency)
   SELECT COALESCE(sum(frequency), 0)::float8 AS terms FROM removed`,
);

export const ADD_TERMS = sql(
  'rag.add_terms',
  `WITH counted AS MATERIALIZED (
     SELECT i.id, t.term, t.frequency
     FROM unnest($2::uuid[], $3::text[], $4::text[]) AS i (id, words, grams)
       CROSS JOIN LATERAL (${termsOf('i.words', 'i.grams')}) t
   ), lengths AS MATERIALIZED (
     SELECT id, sum(frequency) AS length FROM counted GROUP BY id
   ), terms AS (
     INSERT INTO rag_terms (chunk_id, scope_id, frequency, chunk_length, term)
     SELECT c.id, $1::integer, c.frequency, l.length, c.term FROM counted c JOIN lengths l USING (id) ORDER BY c.term
   )
   SELECT COALESCE(sum(length), 0)::float8 AS terms FROM lengths`,
);

/** Last in its transaction, so that the lock on the scope's sums is held only until the commit. */
export const RECOUNT = sql(
  'rag.recount',
  `WITH doc AS (
     UPDATE rag_documents SET term_count = term_count + $2::bigint WHERE id = $1::uuid RETURNING scope_id
   )
   UPDATE rag_scopes s SET term_count = s.term_count + $2::bigint FROM doc WHERE s.id = doc.scope_id`,
);

export const MARK_CURRENT = sql(
  'rag.mark_current',
  'UPDATE rag_documents SET index_version = $2::smallint WHERE id = $1::uuid',
);
