import { sql } from '../../platform/database/index.js';
import { READABLE } from './readable.js';
import { termsOf } from './terms.js';

/** Distinct terms of a query that are looked up, the first ones. */
const QUERY_TERMS = 64;

/** Okapi BM25: how soon repetition stops counting, and how much a chunk's length counts. */
const K1 = 1.2;
const B = 0.75;

/** A number that Postgres reckons with as it is: a bare literal would make the sums decimal, and slow. */
function float(value: number): string {
  return `'${value}'::float8`;
}

/**
 * BM25 of the query $4 over the terms of all readable chunks. How many chunks there are, how long they are on
 * average and how many have a term is counted over what this caller may read and nothing else: other
 * people's documents do not move the scores. OFFSET 0 keeps the planner to one index look-up a scope and term.
 */
const SCORED = `WITH ${READABLE}, corpus AS (
    SELECT sum(chunk_count)::float8 AS chunks, sum(term_count)::float8 / sum(chunk_count)::float8 AS average
    FROM readable HAVING sum(chunk_count) > 0
  ), asked AS MATERIALIZED (
    ${termsOf('$4::text')} ORDER BY first LIMIT ${QUERY_TERMS}
  ), postings AS MATERIALIZED (
    SELECT asked.term, found.chunk_id, found.frequency, found.chunk_length
    FROM asked CROSS JOIN (SELECT id FROM readable WHERE chunk_count > 0) r CROSS JOIN LATERAL (
      SELECT t.chunk_id, t.frequency, t.chunk_length FROM rag_terms t
      WHERE t.scope_id = r.id AND t.term = asked.term OFFSET 0
    ) found
  ), weights AS (
    SELECT term, ln(1 + (chunks - chunks_with_it + 0.5) / (chunks_with_it + 0.5)) AS weight, ${float(K1 * (1 - B))} AS flat,
      ${float(K1 * B)} / average AS steep
    FROM (SELECT term, count(*)::float8 AS chunks_with_it FROM postings GROUP BY term) counted, corpus
  ), scored AS (
    SELECT p.chunk_id,
      sum(w.weight * p.frequency * ${float(K1 + 1)} / (p.frequency + w.flat + w.steep * p.chunk_length)) AS score
    FROM postings p JOIN weights w USING (term) GROUP BY p.chunk_id
  )`;

const HIT = `SELECT c.id, c.document_id, d.title, c.content, c.start_offset, c.end_offset, s.score`;

const THEIR_DOCUMENTS = `JOIN rag_chunks c ON c.id = s.chunk_id JOIN rag_documents d ON d.id = c.document_id
    JOIN readable r ON r.id = d.scope_id`;

export const SEARCH = sql(
  'rag.search',
  `${SCORED}, best AS (
    SELECT chunk_id, score FROM scored ORDER BY score DESC, chunk_id LIMIT $5::integer
  )
  ${HIT} FROM best s ${THEIR_DOCUMENTS}
  ORDER BY s.score DESC, c.id`,
);

export const SEARCH_FILTERED = sql(
  'rag.search_filtered',
  `${SCORED}
  ${HIT} FROM scored s ${THEIR_DOCUMENTS}
  WHERE ($6::uuid[] IS NULL OR d.id = ANY ($6::uuid[])) AND ($7::text IS NULL OR d.source = $7::text)
    AND ($8::smallint IS NULL OR r.level = $8::smallint)
  ORDER BY s.score DESC, c.id LIMIT $5::integer`,
);
