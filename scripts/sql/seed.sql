-- Rows for plans: enough that an index is worth its while, few enough that ANALYZE reads all of them and so says the
-- same each time (30,000 a table). Times count from now, because the planner compares them with it.

CREATE FUNCTION pg_temp.id(kind text, n bigint) RETURNS uuid IMMUTABLE LANGUAGE sql
  AS $$ SELECT (lpad(to_hex(n), 12, '0') || left(md5(kind || n), 20))::uuid $$;

INSERT INTO threads (id, org_id, user_id, title, workflow, workflow_version, message_count, created_at, updated_at, active_at,
  head_turn_id, head_parent_turn_id)
SELECT pg_temp.id('thread', n), 'org-' || n % 10, 'user-' || n % 50, 'Thread ' || n, 'chat', 1, 10,
  now() - n * interval '1 hour', now() - n * interval '1 hour', now() - n * interval '1 hour',
  CASE WHEN n <= 1000 THEN pg_temp.id('turn', 5 * n) END, CASE WHEN n <= 1000 THEN pg_temp.id('turn', 5 * n - 1) END
FROM generate_series(1, 10000) n;

-- Five turns in each of the newest threads. Of the last ones every fiftieth runs, and every fiftieth waits in line.
INSERT INTO turns (id, thread_id, parent_turn_id, branch, status, request, user_message_id, assistant_message_id, first_seq, position,
  lease_owner, lease_until, created_at, started_at, ended_at)
SELECT pg_temp.id('turn', n), pg_temp.id('thread', thread), CASE WHEN turn > 1 THEN pg_temp.id('turn', n - 1) END, 0, status, '{}', pg_temp.id('message', 2 * n - 1),
  pg_temp.id('message', 2 * n), 5 * turn - 4, 2 * turn - 1,
  CASE status WHEN 'running' THEN pg_temp.id('process', thread % 3) END,
  CASE status WHEN 'running' THEN now() + thread * interval '1 minute' END,
  now() - thread * interval '1 hour', CASE WHEN status <> 'queued' THEN now() - thread * interval '1 hour' END,
  CASE status WHEN 'completed' THEN now() - thread * interval '1 hour' END
FROM (
  SELECT n, (n + 4) / 5 AS thread, (n + 4) % 5 + 1 AS turn, CASE
    WHEN n % 250 = 0 THEN 'running' WHEN n % 250 = 125 THEN 'queued' ELSE 'completed' END AS status
  FROM generate_series(1, 5000) n
) AS made;

-- Each of those threads was gone back to, three times.
INSERT INTO thread_branches (thread_id, branch, path, ends)
SELECT pg_temp.id('thread', n), branch, '{0}', '{2}' FROM generate_series(1, 1000) n, generate_series(1, 3) branch;

INSERT INTO thread_heads (thread_id, last_seq, turn_id)
SELECT pg_temp.id('thread', n), 25, pg_temp.id('turn', 5 * n) FROM generate_series(1, 10000) n;

INSERT INTO messages (id, thread_id, turn_id, branch, position, role, content, status, created_at, citations)
SELECT pg_temp.id('message', n), t.thread_id, t.id, 0, (n + 9) % 10 + 1, CASE n % 2 WHEN 1 THEN 'user' ELSE 'assistant' END,
  repeat('message ' || n || ' ', 20), CASE WHEN t.status = 'running' AND n % 2 = 0 THEN 'streaming' ELSE 'complete' END,
  t.created_at, '[]'
FROM generate_series(1, 10000) n JOIN turns t ON t.id = pg_temp.id('turn', (n + 1) / 2)
ORDER BY n;

INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at)
SELECT t.thread_id, t.first_seq + n % 5, t.id,
  (ARRAY['message_saved', 'ai_response', 'ai_response', 'ai_response', 'done'])[n % 5 + 1],
  json_build_object('messageId', t.assistant_message_id, 'content', 'piece ' || n), t.created_at
FROM generate_series(0, 24999) n JOIN turns t ON t.id = pg_temp.id('turn', n / 5 + 1)
ORDER BY n;

INSERT INTO idempotency_keys (org_id, user_id, key, request_hash, turn_id, created_at)
SELECT 'org-' || n % 10, 'user-' || n % 50, 'key-' || n, decode(md5(n::text), 'hex'), pg_temp.id('turn', n),
  now() - n * interval '1 minute'
FROM generate_series(1, 5000) n;

INSERT INTO processes (id, runs_turns, seen_at) SELECT pg_temp.id('process', n), true, now() FROM generate_series(0, 2) n;

INSERT INTO workflow_runs (id, thread_id, workflow, version, step, status, steps_done, started_by)
SELECT pg_temp.id('run', n), pg_temp.id('thread', (n + 4) / 5), 'chat', 1, 'answer',
  CASE n % 5 WHEN 0 THEN 'waiting' ELSE 'completed' END, 1, pg_temp.id('turn', n)
FROM generate_series(1, 5000) n;

INSERT INTO workflow_step_results (turn_id, run_id, step, result, created_at)
SELECT pg_temp.id('turn', n), pg_temp.id('run', n), 'answer', '{}', now() - n * interval '1 minute'
FROM generate_series(1, 5000) n;

INSERT INTO search_blocks (thread_id, first_position, part, last_position, bits)
SELECT pg_temp.id('thread', n), 1, 0, 10, decode(repeat('00ff', 32), 'hex') FROM generate_series(1, 1000) n;

INSERT INTO llm_attempts (id, org_id, user_id, thread_id, turn_id, operation, provider, model, input_tokens, output_tokens,
  cached_tokens, reasoning_tokens, estimated, duration_ms, retries, outcome, started_at)
SELECT pg_temp.id('attempt', n), 'org-' || n % 10, 'user-' || n % 50, pg_temp.id('thread', (n + 9) / 10),
  pg_temp.id('turn', (n + 1) / 2), 'chat', 'provider', 'model', 100, 100, 0, 0, false, 1000, 0, 'completed',
  now() - n * interval '1 minute'
FROM generate_series(1, 10000) n;

INSERT INTO llm_attempts_under_way (id, org_id, user_id, thread_id, turn_id, operation, provider, model, prompt_chars, started_at)
SELECT pg_temp.id('in flight', n), 'org-' || n % 10, 'user-' || n % 50, pg_temp.id('thread', n), pg_temp.id('turn', 5 * n),
  'chat', 'provider', 'model', 1000, now() - n * interval '1 second'
FROM generate_series(1, 40) n;

-- Four scopes an organisation of their own, and one of each user.
INSERT INTO rag_scopes (org_id, level, private_to)
SELECT 'org-' || org, level, NULL FROM generate_series(0, 9) org, generate_series(0, 3) level
UNION ALL SELECT 'org-' || n % 10, 0, 'user-' || n FROM generate_series(0, 1999) n;

INSERT INTO rag_documents (id, scope_id, owner_id, title, content_type, content, status, bytes, chunk_count, term_count, index_version)
SELECT pg_temp.id('document', n), n % 90 + 1, 'user-' || n % 50, 'Document ' || n, 'text/plain', repeat('words ', 20),
  'ready', 120, 1, 1, 1
FROM generate_series(1, 25000) n;

INSERT INTO rag_chunks (id, document_id, position, content, start_offset, end_offset)
SELECT pg_temp.id('chunk', n), pg_temp.id('document', n), 0, repeat('words ', 20), 0, 120
FROM generate_series(1, 25000) n;

INSERT INTO rag_terms (chunk_id, scope_id, frequency, chunk_length, term)
SELECT pg_temp.id('chunk', n), n % 90 + 1, 1, 1, 'term-' || n * 7 % 1000 FROM generate_series(1, 25000) n;

UPDATE rag_scopes s SET chunk_count = sums.chunks, term_count = sums.terms
FROM (SELECT scope_id, sum(chunk_count) AS chunks, sum(term_count) AS terms FROM rag_documents GROUP BY scope_id) sums
WHERE s.id = sums.scope_id;

INSERT INTO rag_ingestions (document_id, scope_id, org_id, owner_id, bytes, index_version)
SELECT id, scope_id, 'org-0', owner_id, bytes, 1 FROM rag_documents ORDER BY id LIMIT 10;
