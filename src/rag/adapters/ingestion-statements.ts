import { sql } from '../../platform/database/index.js';
import { INGESTED_CHANNEL } from './notifications.js';
import { termsOf } from './terms.js';

/**
 * One process claims at a time, because a user's limit applies to all processes together. Held to the end of the
 * transaction.
 */
export const LOCK_CLAIMS = sql(
  'rag.lock_claims',
  `SELECT pg_advisory_xact_lock(hashtextextended('threadline rag claims', 0))`,
);

/**
 * Claims the next document as the run $1 for $2 seconds. A user has at most $3 at a time; among the others, the org,
 * and then the user, whose last claim is the oldest is next.
 */
export const CLAIM = sql(
  'rag.claim_ingestion',
  `WITH busy AS (
     SELECT org_id, owner_id, count(*) AS running FROM rag_ingestions WHERE lease_until >= now() GROUP BY 1, 2
   ), next AS (
     SELECT i.document_id FROM rag_ingestions i
       LEFT JOIN busy b ON b.org_id = i.org_id AND b.owner_id = i.owner_id
       LEFT JOIN rag_served org ON org.org_id = i.org_id AND org.owner_id = ''
       LEFT JOIN rag_served own ON own.org_id = i.org_id AND own.owner_id = i.owner_id
     WHERE (i.lease_until IS NULL OR i.lease_until < now()) AND COALESCE(b.running, 0) < $3::integer
     ORDER BY org.served_at NULLS FIRST, own.served_at NULLS FIRST, i.document_id
     LIMIT 1 FOR UPDATE OF i SKIP LOCKED
   ), claimed AS (
     UPDATE rag_ingestions i SET run = $1::uuid, attempts = i.attempts + 1,
       lease_until = now() + make_interval(secs => $2::float8)
     FROM next WHERE i.document_id = next.document_id
     RETURNING i.*
   ), served AS (
     INSERT INTO rag_served (org_id, owner_id, served_at)
     SELECT c.org_id, owner.id, clock_timestamp() FROM claimed c CROSS JOIN LATERAL (VALUES (''), (c.owner_id)) owner (id)
     ON CONFLICT (org_id, owner_id) DO UPDATE SET served_at = EXCLUDED.served_at
   )
   SELECT document_id, index_version, attempts, written_chunks FROM claimed`,
);

/** Sets the status of the document $1 to $2; skips one that is just being deleted rather than waiting for it. */
export const SHOW_STATUS = sql(
  'rag.show_status',
  `UPDATE rag_documents SET status = $2::text, updated_at = now()
   WHERE id = (SELECT id FROM rag_documents WHERE id = $1::uuid AND status IN ('queued', 'processing') FOR UPDATE SKIP LOCKED)`,
);

export const LOAD = sql(
  'rag.load_document',
  'SELECT title, content_type, content FROM rag_documents WHERE id = $1::uuid',
);

/**
 * Writes chunks of the document $1 if the run $2 still owns it, extends its lease by $3 seconds, and resets its
 * attempts, because it makes progress. The row of the run is locked meanwhile: a deletion waits for this one batch, and
 * finds all of its chunks.
 */
export const WRITE_CHUNKS = sql(
  'rag.write_chunks',
  `WITH input AS MATERIALIZED (
     SELECT * FROM unnest($4::uuid[], $5::integer[], $6::text[], $7::integer[], $8::integer[], $9::text[], $10::text[])
       AS c (id, position, content, start_offset, end_offset, words, grams)
   ), counted AS MATERIALIZED (
     SELECT i.id, t.term, t.frequency FROM input i CROSS JOIN LATERAL (${termsOf('i.words', 'i.grams')}) t
   ), lengths AS MATERIALIZED (
     SELECT id, sum(frequency) AS length FROM counted GROUP BY id
   ), mine AS (
     UPDATE rag_ingestions SET lease_until = now() + make_interval(secs => $3::float8), attempts = 0,
       written_chunks = written_chunks + cardinality($4::uuid[]),
       written_terms = written_terms + COALESCE((SELECT sum(length) FROM lengths), 0)
     WHERE document_id = $1::uuid AND run = $2::uuid
     RETURNING scope_id
   ), chunks AS (
     INSERT INTO rag_chunks (id, document_id, position, content, start_offset, end_offset)
     SELECT i.id, $1::uuid, i.position, i.content, i.start_offset, i.end_offset FROM mine, input i
   ), terms AS (
     INSERT INTO rag_terms (chunk_id, scope_id, frequency, chunk_length, term)
     SELECT c.id, mine.scope_id, c.frequency, l.length, c.term FROM mine, counted c JOIN lengths l USING (id)
     ORDER BY c.term
   )
   SELECT scope_id FROM mine`,
);

/**
 * Removes at most $3 chunks of the document $1 that another version wrote, if the run $2 owns it; then it starts over.
 */
export const REMOVE_OUTDATED_CHUNKS = sql(
  'rag.remove_outdated_chunks',
  `WITH mine AS (
     UPDATE rag_ingestions SET lease_until = now() + make_interval(secs => $4::float8)
     WHERE document_id = $1::uuid AND run = $2::uuid RETURNING document_id
   ), batch AS MATERIALIZED (
     SELECT c.id FROM rag_chunks c JOIN mine USING (document_id) LIMIT $3::integer
   ), terms AS (
     DELETE FROM rag_terms WHERE chunk_id IN (SELECT id FROM batch)
   ), chunks AS (
     DELETE FROM rag_chunks WHERE id IN (SELECT id FROM batch)
   )
   SELECT count(*)::integer AS removed FROM batch`,
);

export const BEGIN_ANEW = sql(
  'rag.begin_anew',
  `UPDATE rag_ingestions SET written_chunks = 0, written_terms = 0, index_version = $3::smallint
   WHERE document_id = $1::uuid AND run = $2::uuid`,
);

/** Locks the document before its run, in the same order as a deletion. */
const LOCKED_RUN = `doc AS MATERIALIZED (
     SELECT id FROM rag_documents WHERE id = $1::uuid FOR UPDATE
   ), mine AS (
     DELETE FROM rag_ingestions i USING doc WHERE i.document_id = doc.id AND i.run = $2::uuid
     RETURNING i.*
   )`;

/** Makes the document searchable: its chunks, its status and the sums of its scope change atomically. */
export const FINISH = sql(
  'rag.finish_ingestion',
  `WITH ${LOCKED_RUN}, ready AS (
     UPDATE rag_documents d SET status = 'ready', error = NULL, chunk_count = mine.written_chunks,
       term_count = mine.written_terms, index_version = mine.index_version, updated_at = now()
     FROM mine WHERE d.id = mine.document_id
   ), counted_in AS (
     UPDATE rag_scopes s SET chunk_count = s.chunk_count + mine.written_chunks,
       term_count = s.term_count + mine.written_terms
     FROM mine WHERE s.id = mine.scope_id
   )
   SELECT pg_notify('${INGESTED_CHANNEL}', document_id::text) FROM mine`,
);

export const FAIL = sql(
  'rag.fail_ingestion',
  `WITH ${LOCKED_RUN}, failed AS (
     UPDATE rag_documents d SET status = 'failed', error = $3::jsonb, updated_at = now()
     FROM mine WHERE d.id = mine.document_id
   ), left_behind AS (
     INSERT INTO rag_removals (document_id, scope_id)
     SELECT document_id, scope_id FROM mine WHERE written_chunks > 0 ON CONFLICT DO NOTHING
   )
   SELECT pg_notify('${INGESTED_CHANNEL}', document_id::text) FROM mine`,
);

/** Releases a document as if it had not been claimed; chunks that were written stay. */
export const RELEASE = sql(
  'rag.release_ingestion',
  `UPDATE rag_ingestions SET run = NULL, lease_until = NULL, attempts = greatest(attempts - 1, 0)
   WHERE document_id = $1::uuid AND run = $2::uuid RETURNING document_id`,
);
