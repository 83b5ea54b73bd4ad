import { sql } from '../../platform/database/index.js';
import { READABLE } from './readable.js';
import { termsOf } from './terms.js';

/** The most distinct words of a query that are searched for, and the most pairs of letters: the first ones. */
export const QUERY_TERMS = 64;

/**
 * Passages of a scope that are read for one term. A more frequent term carries little information; it is used only if
 * the query has no rarer one, so that no query reads a whole corpus however many frequent words it has.
 */
const COMMON = 20_000;

/** Parameters of Okapi BM25: how soon repetition saturates, and how much a chunk's length counts. */
const K1 = 1.2;
const B = 0.75;

/** A float8 literal: a bare one would make the sums decimal, and slow. */
function float(value: number): string {
  return `'${value}'::float8`;
}

/** Documents that are being ingested or removed. */
const UNREAD = `SELECT i.document_id FROM rag_ingestions i JOIN readable r ON r.id = i.scope_id WHERE i.written_chunks > 0
      UNION SELECT m.document_id FROM rag_removals m JOIN readable r ON r.id = m.scope_id`;

/**
 * BM25 of the query's words $4 and pairs $5 over the terms of all readable chunks. The corpus statistics (number of
 * chunks, average length, chunks with a term) are computed over what this caller may read and nothing else: other
 * people's documents do not affect the scores, nor do documents that are being ingested or removed. OFFSET 0 restricts
 * the planner to one index look-up per scope and term.
 */
const SCORED = `WITH ${READABLE}, corpus AS (
    SELECT sum(chunk_count)::float8 AS chunks, sum(term_count)::float8 / sum(chunk_count)::float8 AS average
    FROM readable HAVING sum(chunk_count) > 0
  ), hidden AS MATERIALIZED (
    SELECT c.id FROM rag_chunks c JOIN (${UNREAD}) unread USING (document_id)
  ), asked AS MATERIALIZED (
    (SELECT term FROM (${termsOf('$4::text', "''")}) word ORDER BY first LIMIT ${QUERY_TERMS})
    UNION (SELECT * FROM string_to_table($5::text, ' ') pair (term) WHERE term <> '' LIMIT ${QUERY_TERMS})
  ), found AS MATERIALIZED (
    SELECT asked.term, found.chunk_id, found.frequency, found.chunk_length, found.is_common
    FROM asked CROSS JOIN (SELECT id FROM readable WHERE chunk_count > 0) r CROSS JOIN LATERAL (
      SELECT t.*, count(*) OVER () > ${COMMON} AS is_common FROM (
        SELECT t.chunk_id, t.frequency, t.chunk_length FROM rag_terms t
        WHERE t.scope_id = r.id AND t.term = asked.term LIMIT ${COMMON + 1}
      ) t OFFSET 0
    ) found
    WHERE NOT EXISTS (SELECT FROM hidden WHERE hidden.id = found.chunk_id)
  ), common AS MATERIALIZED (
    SELECT DISTINCT term FROM found WHERE is_common
  ), postings AS MATERIALIZED (
    SELECT term, chunk_id, frequency, chunk_length FROM found
    WHERE term NOT IN (SELECT term FROM common)
      OR NOT EXISTS (SELECT FROM found WHERE term NOT IN (SELECT term FROM common))
  ), weights AS (
    SELECT term, ln(1 + (chunks - chunks_with_it + 0.5) / (chunks_with_it + 0.5)) AS weight, ${float(K1 * (1 - B))} AS flat,
      ${float(K1 * B)} / average AS steep
    FROM (SELECT term, count(*)::float8 AS chunks_with_it FROM postings GROUP BY term) counted, corpus
  ), scored AS (
    SELECT p.chunk_id,
      sum(w.weight * p.frequency * ${float(K1 + 1)} / (p.frequency + w.flat + w.steep * p.chunk_length)) AS score
    FROM postings p JOIN weights w USING (term) GROUP BY p.chunk_id
  )`;

const CHUNK = 'c.id, c.document_id, d.title, c.content, c.start_offset, c.end_offset, r.level';
const HIT = `SELECT ${CHUNK}, s.score`;

const THEIR_DOCUMENTS = `JOIN rag_chunks c ON c.id = s.chunk_id JOIN rag_documents d ON d.id = c.document_id
    JOIN readable r ON r.id = d.scope_id`;

export const SEARCH = sql(
  'rag.search',
  `${SCORED}, best AS (
    SELECT chunk_id, score FROM scored ORDER BY score DESC, chunk_id LIMIT $6::integer
  )
  ${HIT} FROM best s ${THEIR_DOCUMENTS}
  ORDER BY s.score DESC, c.id`,
);

export const READ = sql(
  'rag.read_chunks',
  `WITH ${READABLE}
  SELECT ${CHUNK} FROM rag_chunks c JOIN rag_documents d ON d.id = c.document_id JOIN readable r ON r.id = d.scope_id
  WHERE c.id = ANY ($4::uuid[]) AND c.document_id NOT IN (${UNREAD})`,
);

export const SEARCH_FILTERED = sql(
  'rag.search_filtered',
  `${SCORED}
  ${HIT} FROM scored s ${THEIR_DOCUMENTS}
  WHERE ($7::uuid[] IS NULL OR d.id = ANY ($7::uuid[])) AND ($8::text IS NULL OR d.source = $8::text)
    AND ($9::smallint IS NULL OR r.level = $9::smallint)
  ORDER BY s.score DESC, c.id LIMIT $6::integer`,
);
