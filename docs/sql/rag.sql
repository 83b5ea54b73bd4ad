-- Written by `npm run generate` from src/: change the statements there.

-- documents_of_user.disown
-- src/rag/adapters/documents-of-user-statements.ts
UPDATE rag_documents SET owner_id = '' WHERE id = ANY(ARRAY(
  SELECT d.id FROM rag_documents d JOIN rag_scopes s ON s.id = d.scope_id
  WHERE s.org_id = $1 AND s.private_to IS NULL AND d.owner_id = $2 LIMIT $3))
RETURNING 1 AS one;

-- documents_of_user.forget_served
-- src/rag/adapters/documents-of-user-statements.ts
DELETE FROM rag_served WHERE org_id = $1::text AND (owner_id = $2::text OR $1::text = 'user:' || $2::text);

-- documents_of_user.forget_usage
-- src/rag/adapters/documents-of-user-statements.ts
DELETE FROM rag_usage WHERE org_id = $1::text AND (owner_id = $2::text OR $1::text = 'user:' || $2::text);

-- documents_of_user.remove
-- src/rag/adapters/documents-of-user-statements.ts
DELETE FROM rag_documents WHERE id = ANY(ARRAY(
  SELECT d.id FROM rag_documents d JOIN rag_scopes s ON s.id = d.scope_id
  WHERE s.org_id = $1::text AND (s.private_to = $2::text OR s.org_id = 'user:' || $2::text) LIMIT $3))
RETURNING 1 AS one;

-- documents_of_user.remove_scopes
-- src/rag/adapters/documents-of-user-statements.ts
DELETE FROM rag_scopes s WHERE s.org_id = $1::text AND (s.private_to = $2::text OR s.org_id = 'user:' || $2::text)
  AND NOT EXISTS (SELECT FROM rag_documents WHERE scope_id = s.id);

-- rag.add_document
-- src/rag/adapters/document-statements.ts
WITH scope AS MATERIALIZED (SELECT id FROM rag_scopes
  WHERE org_id = $1::text AND level = $2::smallint AND private_to IS NOT DISTINCT FROM $3::text
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
SELECT d.id, d.title, d.source, d.content_type, r.level, r.private_to IS NULL AS shared, d.status,
  d.chunk_count, d.bytes::float8 AS bytes, d.metadata, d.error, d.created_at, d.updated_at,
  pg_notify('rag_ingestion', '')
FROM added d, (SELECT $2::smallint AS level, $3::text AS private_to) r;

-- rag.add_terms
-- src/rag/adapters/upkeep-statements.ts
WITH counted AS MATERIALIZED (
  SELECT i.id, t.term, t.frequency
  FROM unnest($2::uuid[], $3::text[], $4::text[]) AS i (id, words, grams)
  CROSS JOIN LATERAL (
    SELECT l.lexeme AS term, cardinality(l.positions)::smallint AS frequency, l.positions[1]::bigint AS first
    FROM unnest(to_tsvector('english', i.words)) l WHERE length(l.lexeme) <= 128
    UNION ALL
    SELECT g.term, least(count(*), 32767)::smallint, min(g.place)
    FROM string_to_table(i.grams, ' ') WITH ORDINALITY AS g (term, place) WHERE g.term <> '' GROUP BY g.term) t
), lengths AS MATERIALIZED (
  SELECT id, sum(frequency) AS length FROM counted GROUP BY id
), terms AS (
  INSERT INTO rag_terms (chunk_id, scope_id, frequency, chunk_length, term)
  SELECT c.id, $1::integer, c.frequency, l.length, c.term FROM counted c JOIN lengths l USING (id) ORDER BY c.term
)
SELECT COALESCE(sum(length), 0)::float8 AS terms FROM lengths;

-- rag.begin_anew
-- src/rag/adapters/ingestion-statements.ts
UPDATE rag_ingestions SET written_chunks = 0, written_terms = 0, index_version = $3::smallint
WHERE document_id = $1::uuid AND run = $2::uuid;

-- rag.claim_ingestion
-- src/rag/adapters/ingestion-statements.ts
WITH busy AS (
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
SELECT document_id, index_version, attempts, written_chunks FROM claimed;

-- rag.count_documents
-- src/rag/adapters/document-statements.ts
SELECT org.documents::float8 AS org_documents, org.bytes::float8 AS org_bytes,
  own.documents::float8 AS user_documents, own.bytes::float8 AS user_bytes, queue.*
FROM (SELECT count(*)::float8 AS queued, COALESCE(sum(bytes), 0)::float8 AS queued_bytes,
    (count(*) FILTER (WHERE org_id = $1::text AND owner_id = $2::text))::float8 AS user_queued,
    COALESCE(sum(bytes) FILTER (WHERE org_id = $1::text AND owner_id = $2::text), 0)::float8 AS user_queued_bytes
  FROM rag_ingestions) queue
LEFT JOIN rag_usage org ON org.org_id = $1::text AND org.owner_id = ''
LEFT JOIN rag_usage own ON own.org_id = $1::text AND own.owner_id = $2::text;

-- rag.ensure_scope
-- src/rag/adapters/document-statements.ts
INSERT INTO rag_scopes (org_id, level, private_to) SELECT $1::text, $2::smallint, $3::text
WHERE NOT EXISTS (SELECT id FROM rag_scopes
  WHERE org_id = $1::text AND level = $2::smallint AND private_to IS NOT DISTINCT FROM $3::text) ON CONFLICT DO NOTHING;

-- rag.fail_ingestion
-- src/rag/adapters/ingestion-statements.ts
WITH doc AS MATERIALIZED (
  SELECT id FROM rag_documents WHERE id = $1::uuid FOR UPDATE
), mine AS (
  DELETE FROM rag_ingestions i USING doc WHERE i.document_id = doc.id AND i.run = $2::uuid
  RETURNING i.*
), failed AS (
  UPDATE rag_documents d SET status = 'failed', error = $3::jsonb, updated_at = now()
  FROM mine WHERE d.id = mine.document_id
), left_behind AS (
  INSERT INTO rag_removals (document_id, scope_id)
  SELECT document_id, scope_id FROM mine WHERE written_chunks > 0 ON CONFLICT DO NOTHING
)
SELECT pg_notify('rag_ingested', document_id::text) FROM mine;

-- rag.find_document
-- src/rag/adapters/document-statements.ts
WITH readable AS (
  SELECT id, level, private_to, chunk_count, term_count FROM rag_scopes
  WHERE org_id = $1::text AND level <= $2::smallint AND (private_to IS NULL OR private_to = $3::text)
)
SELECT d.id, d.title, d.source, d.content_type, r.level, r.private_to IS NULL AS shared, d.status,
  d.chunk_count, d.bytes::float8 AS bytes, d.metadata, d.error, d.created_at, d.updated_at
FROM rag_documents d
JOIN readable r ON r.id = d.scope_id
WHERE d.id = $4::uuid;

-- rag.find_outdated
-- src/rag/adapters/upkeep-statements.ts
SELECT id, title FROM rag_documents
WHERE id > $1::uuid AND index_version < $2::smallint AND status = 'ready' ORDER BY id LIMIT 1;

-- rag.finish_ingestion
-- src/rag/adapters/ingestion-statements.ts
WITH doc AS MATERIALIZED (
  SELECT id FROM rag_documents WHERE id = $1::uuid FOR UPDATE
), mine AS (
  DELETE FROM rag_ingestions i USING doc WHERE i.document_id = doc.id AND i.run = $2::uuid
  RETURNING i.*
), ready AS (
  UPDATE rag_documents d SET status = 'ready', error = NULL, chunk_count = mine.written_chunks,
    term_count = mine.written_terms, index_version = mine.index_version, updated_at = now()
  FROM mine WHERE d.id = mine.document_id
), counted_in AS (
  UPDATE rag_scopes s SET chunk_count = s.chunk_count + mine.written_chunks,
    term_count = s.term_count + mine.written_terms
  FROM mine WHERE s.id = mine.scope_id
)
SELECT pg_notify('rag_ingested', document_id::text) FROM mine;

-- rag.list_chunks
-- src/rag/adapters/upkeep-statements.ts
SELECT id, position, content FROM rag_chunks WHERE document_id = $1::uuid AND position > $2::integer
ORDER BY position LIMIT $3::integer;

-- rag.list_documents
-- src/rag/adapters/document-statements.ts
WITH readable AS (
  SELECT id, level, private_to, chunk_count, term_count FROM rag_scopes
  WHERE org_id = $1::text AND level <= $2::smallint AND (private_to IS NULL OR private_to = $3::text)
)
SELECT d.id, d.title, d.source, d.content_type, r.level, r.private_to IS NULL AS shared, d.status,
  d.chunk_count, d.bytes::float8 AS bytes, d.metadata, d.error, d.created_at, d.updated_at
FROM readable r
CROSS JOIN LATERAL (
  SELECT * FROM rag_documents d
  WHERE d.scope_id = r.id AND d.id < COALESCE($5::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
  ORDER BY d.id DESC LIMIT $4::integer
) d
ORDER BY d.id DESC LIMIT $4::integer;

-- rag.load_document
-- src/rag/adapters/ingestion-statements.ts
SELECT title, content_type, content FROM rag_documents WHERE id = $1::uuid;

-- rag.lock_claims
-- src/rag/adapters/ingestion-statements.ts
SELECT pg_advisory_xact_lock(hashtextextended('threadline rag claims', 0));

-- rag.lock_document
-- src/rag/adapters/upkeep-statements.ts
SELECT scope_id FROM rag_documents WHERE id = $1::uuid AND status = 'ready' FOR UPDATE;

-- rag.mark_current
-- src/rag/adapters/upkeep-statements.ts
UPDATE rag_documents SET index_version = $2::smallint WHERE id = $1::uuid;

-- rag.read_chunks
-- src/rag/adapters/search-statements.ts
WITH readable AS (
  SELECT id, level, private_to, chunk_count, term_count FROM rag_scopes
  WHERE org_id = $1::text AND level <= $2::smallint AND (private_to IS NULL OR private_to = $3::text)
)
SELECT c.id, c.document_id, d.title, c.content, c.start_offset, c.end_offset, r.level
FROM rag_chunks c
JOIN rag_documents d ON d.id = c.document_id
JOIN readable r ON r.id = d.scope_id
WHERE c.id = ANY ($4::uuid[])
  AND c.document_id NOT IN (
    SELECT i.document_id
    FROM rag_ingestions i
    JOIN readable r ON r.id = i.scope_id
    WHERE i.written_chunks > 0
    UNION SELECT m.document_id FROM rag_removals m JOIN readable r ON r.id = m.scope_id);

-- rag.read_document_text
-- src/rag/adapters/document-statements.ts
WITH readable AS (
  SELECT id, level, private_to, chunk_count, term_count FROM rag_scopes
  WHERE org_id = $1::text AND level <= $2::smallint AND (private_to IS NULL OR private_to = $3::text)
)
SELECT d.title, d.content_type, left(d.content, $5::int) AS content
FROM rag_documents d JOIN readable r ON r.id = d.scope_id WHERE d.id = $4::uuid;

-- rag.readable_among
-- src/rag/adapters/document-statements.ts
WITH readable AS (
  SELECT id, level, private_to, chunk_count, term_count FROM rag_scopes
  WHERE org_id = $1::text AND level <= $2::smallint AND (private_to IS NULL OR private_to = $3::text)
)
SELECT d.id FROM rag_documents d JOIN readable r ON r.id = d.scope_id WHERE d.id = ANY($4::uuid[]);

-- rag.recount
-- src/rag/adapters/upkeep-statements.ts
WITH doc AS (
  UPDATE rag_documents SET term_count = term_count + $2::bigint WHERE id = $1::uuid RETURNING scope_id
)
UPDATE rag_scopes s SET term_count = s.term_count + $2::bigint FROM doc WHERE s.id = doc.scope_id;

-- rag.release_ingestion
-- src/rag/adapters/ingestion-statements.ts
UPDATE rag_ingestions SET run = NULL, lease_until = NULL, attempts = greatest(attempts - 1, 0)
WHERE document_id = $1::uuid AND run = $2::uuid RETURNING document_id;

-- rag.remove_chunks
-- src/rag/adapters/upkeep-statements.ts
WITH next AS MATERIALIZED (
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
SELECT document_id FROM next;

-- rag.remove_document
-- src/rag/adapters/document-statements.ts
WITH readable AS (
  SELECT id, level, private_to, chunk_count, term_count FROM rag_scopes
  WHERE org_id = $1::text AND level <= $2::smallint AND (private_to IS NULL OR private_to = $3::text)
), known AS (
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
  SELECT pg_notify('rag_ingestion', '') FROM removed
)
SELECT EXISTS (SELECT FROM known) AS known, (SELECT count(*) FROM told) > 0 AS removed;

-- rag.remove_outdated_chunks
-- src/rag/adapters/ingestion-statements.ts
WITH mine AS (
  UPDATE rag_ingestions SET lease_until = now() + make_interval(secs => $4::float8)
  WHERE document_id = $1::uuid AND run = $2::uuid RETURNING document_id
), batch AS MATERIALIZED (
  SELECT c.id FROM rag_chunks c JOIN mine USING (document_id) LIMIT $3::integer
), terms AS (
  DELETE FROM rag_terms WHERE chunk_id IN (SELECT id FROM batch)
), chunks AS (
  DELETE FROM rag_chunks WHERE id IN (SELECT id FROM batch)
)
SELECT count(*)::integer AS removed FROM batch;

-- rag.remove_terms
-- src/rag/adapters/upkeep-statements.ts
WITH removed AS (DELETE FROM rag_terms WHERE chunk_id = ANY ($1::uuid[]) RETURNING frequency)
SELECT COALESCE(sum(frequency), 0)::float8 AS terms FROM removed;

-- rag.search
-- src/rag/adapters/search-statements.ts
WITH readable AS (
  SELECT id, level, private_to, chunk_count, term_count FROM rag_scopes
  WHERE org_id = $1::text AND level <= $2::smallint AND (private_to IS NULL OR private_to = $3::text)
), corpus AS (
  SELECT sum(chunk_count)::float8 AS chunks, sum(term_count)::float8 / sum(chunk_count)::float8 AS average
  FROM readable HAVING sum(chunk_count) > 0
), hidden AS MATERIALIZED (
  SELECT c.id
  FROM rag_chunks c
  JOIN (SELECT i.document_id FROM rag_ingestions i JOIN readable r ON r.id = i.scope_id WHERE i.written_chunks > 0
    UNION SELECT m.document_id FROM rag_removals m JOIN readable r ON r.id = m.scope_id) unread USING (document_id)
), asked AS MATERIALIZED (
    (
      SELECT term
      FROM (SELECT l.lexeme AS term, cardinality(l.positions)::smallint AS frequency, l.positions[1]::bigint AS first
        FROM unnest(to_tsvector('english', $4::text)) l WHERE length(l.lexeme) <= 128
        UNION ALL
        SELECT g.term, least(count(*), 32767)::smallint, min(g.place)
        FROM string_to_table('', ' ') WITH ORDINALITY AS g (term, place) WHERE g.term <> '' GROUP BY g.term) word
      ORDER BY first LIMIT 64)
  UNION (SELECT * FROM string_to_table($5::text, ' ') pair (term) WHERE term <> '' LIMIT 64)
), found AS MATERIALIZED (
  SELECT asked.term, found.chunk_id, found.frequency, found.chunk_length, found.is_common
  FROM asked CROSS JOIN (SELECT id FROM readable WHERE chunk_count > 0) r CROSS JOIN LATERAL (
    SELECT t.*, count(*) OVER () > 20000 AS is_common FROM (
      SELECT t.chunk_id, t.frequency, t.chunk_length FROM rag_terms t
      WHERE t.scope_id = r.id AND t.term = asked.term LIMIT 20001
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
  SELECT term, ln(1 + (chunks - chunks_with_it + 0.5) / (chunks_with_it + 0.5)) AS weight, '0.3'::float8 AS flat,
    '0.8999999999999999'::float8 / average AS steep
  FROM (SELECT term, count(*)::float8 AS chunks_with_it FROM postings GROUP BY term) counted, corpus
), scored AS (
  SELECT p.chunk_id,
    sum(w.weight * p.frequency * '2.2'::float8 / (p.frequency + w.flat + w.steep * p.chunk_length)) AS score
  FROM postings p JOIN weights w USING (term) GROUP BY p.chunk_id
), best AS (
  SELECT chunk_id, score FROM scored ORDER BY score DESC, chunk_id LIMIT $6::integer
)
SELECT c.id, c.document_id, d.title, c.content, c.start_offset, c.end_offset, r.level, s.score
FROM best s
JOIN rag_chunks c ON c.id = s.chunk_id
JOIN rag_documents d ON d.id = c.document_id
JOIN readable r ON r.id = d.scope_id
ORDER BY s.score DESC, c.id;

-- rag.search_filtered
-- src/rag/adapters/search-statements.ts
WITH readable AS (
  SELECT id, level, private_to, chunk_count, term_count FROM rag_scopes
  WHERE org_id = $1::text AND level <= $2::smallint AND (private_to IS NULL OR private_to = $3::text)
), corpus AS (
  SELECT sum(chunk_count)::float8 AS chunks, sum(term_count)::float8 / sum(chunk_count)::float8 AS average
  FROM readable HAVING sum(chunk_count) > 0
), hidden AS MATERIALIZED (
  SELECT c.id
  FROM rag_chunks c
  JOIN (SELECT i.document_id FROM rag_ingestions i JOIN readable r ON r.id = i.scope_id WHERE i.written_chunks > 0
    UNION SELECT m.document_id FROM rag_removals m JOIN readable r ON r.id = m.scope_id) unread USING (document_id)
), asked AS MATERIALIZED (
    (
      SELECT term
      FROM (SELECT l.lexeme AS term, cardinality(l.positions)::smallint AS frequency, l.positions[1]::bigint AS first
        FROM unnest(to_tsvector('english', $4::text)) l WHERE length(l.lexeme) <= 128
        UNION ALL
        SELECT g.term, least(count(*), 32767)::smallint, min(g.place)
        FROM string_to_table('', ' ') WITH ORDINALITY AS g (term, place) WHERE g.term <> '' GROUP BY g.term) word
      ORDER BY first LIMIT 64)
  UNION (SELECT * FROM string_to_table($5::text, ' ') pair (term) WHERE term <> '' LIMIT 64)
), found AS MATERIALIZED (
  SELECT asked.term, found.chunk_id, found.frequency, found.chunk_length, found.is_common
  FROM asked CROSS JOIN (SELECT id FROM readable WHERE chunk_count > 0) r CROSS JOIN LATERAL (
    SELECT t.*, count(*) OVER () > 20000 AS is_common FROM (
      SELECT t.chunk_id, t.frequency, t.chunk_length FROM rag_terms t
      WHERE t.scope_id = r.id AND t.term = asked.term LIMIT 20001
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
  SELECT term, ln(1 + (chunks - chunks_with_it + 0.5) / (chunks_with_it + 0.5)) AS weight, '0.3'::float8 AS flat,
    '0.8999999999999999'::float8 / average AS steep
  FROM (SELECT term, count(*)::float8 AS chunks_with_it FROM postings GROUP BY term) counted, corpus
), scored AS (
  SELECT p.chunk_id,
    sum(w.weight * p.frequency * '2.2'::float8 / (p.frequency + w.flat + w.steep * p.chunk_length)) AS score
  FROM postings p JOIN weights w USING (term) GROUP BY p.chunk_id
)
SELECT c.id, c.document_id, d.title, c.content, c.start_offset, c.end_offset, r.level, s.score
FROM scored s
JOIN rag_chunks c ON c.id = s.chunk_id
JOIN rag_documents d ON d.id = c.document_id
JOIN readable r ON r.id = d.scope_id
WHERE ($7::uuid[] IS NULL OR d.id = ANY ($7::uuid[])) AND ($8::text IS NULL OR d.source = $8::text)
  AND ($9::smallint IS NULL OR r.level = $9::smallint)
ORDER BY s.score DESC, c.id LIMIT $6::integer;

-- rag.show_status
-- src/rag/adapters/ingestion-statements.ts
UPDATE rag_documents SET status = $2::text, updated_at = now()
WHERE id = (
  SELECT id
  FROM rag_documents
  WHERE id = $1::uuid AND status IN ('queued', 'processing') FOR UPDATE SKIP LOCKED);

-- rag.write_chunks
-- src/rag/adapters/ingestion-statements.ts
WITH input AS MATERIALIZED (
  SELECT * FROM unnest($4::uuid[], $5::integer[], $6::text[], $7::integer[], $8::integer[], $9::text[], $10::text[])
    AS c (id, position, content, start_offset, end_offset, words, grams)
), counted AS MATERIALIZED (
  SELECT i.id, t.term, t.frequency
  FROM input i
  CROSS JOIN LATERAL (
    SELECT l.lexeme AS term, cardinality(l.positions)::smallint AS frequency, l.positions[1]::bigint AS first
    FROM unnest(to_tsvector('english', i.words)) l WHERE length(l.lexeme) <= 128
    UNION ALL
    SELECT g.term, least(count(*), 32767)::smallint, min(g.place)
    FROM string_to_table(i.grams, ' ') WITH ORDINALITY AS g (term, place) WHERE g.term <> '' GROUP BY g.term) t
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
SELECT scope_id FROM mine;
