-- Written by `npm run generate` from src/: change the statements there.

-- input_store.anonymise
-- src/turn/adapters/input-statements.ts
WITH assigned AS (
  SELECT id FROM inputs WHERE org_id = $1 AND assignee = $2
), answered AS (
  SELECT id FROM inputs WHERE org_id = $1 AND answered_by = $2
)
UPDATE inputs SET assignee = NULLIF(assignee, $2), answered_by = NULLIF(answered_by, $2)
WHERE id IN (SELECT id FROM assigned UNION SELECT id FROM answered);

-- input_store.answer
-- src/turn/adapters/input-statements.ts
WITH input AS (
  UPDATE inputs i SET status = $2, content = $3::json, remember = $4, answered_at = $5::timestamptz, answered_by = $6
  WHERE i.id = $1 AND i.status = 'open' AND i.expires_at > now()
    AND EXISTS (SELECT 1 FROM turns WHERE turns.id = i.turn_id AND turns.status = 'waiting')
  RETURNING i.id, i.thread_id, i.turn_id, i.key, i.kind, i.call_id, i.prompt, i.schema, i.server, i.mode, i.url,
    i.assignee,
    i.role, i.status, i.content, i.remember, i.expires_at, i.created_at, i.answered_at, i.answered_by, i.org_id,
    i.user_id
), head AS (
  UPDATE thread_heads h SET last_seq = h.last_seq + 1
  FROM input WHERE h.thread_id = input.thread_id AND h.turn_id = input.turn_id
  RETURNING h.thread_id, h.turn_id, h.last_seq
), written AS (
  INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at, level)
  SELECT head.thread_id, head.last_seq, head.turn_id, 'input_resolved',
    json_build_object('inputId', $1::uuid, 'outcome', $2::text), $5::timestamptz, 0
  FROM head
), turn AS (
  UPDATE turns SET status = CASE WHEN o.is_last THEN 'running' ELSE 'waiting' END, is_resuming = o.is_last,
    lease_until = CASE WHEN o.is_last THEN now() - interval '1 second' END
  FROM input, LATERAL (SELECT NOT EXISTS (
    SELECT 1 FROM inputs other WHERE other.turn_id = input.turn_id AND other.status = 'open' AND other.id <> input.id
  ) AS is_last) o
  WHERE turns.id = input.turn_id
  RETURNING turns.id, turns.thread_id, turns.parent_turn_id, turns.status, turns.attempt, turns.user_message_id,
    turns.assistant_message_id, turns.workflow_run_id, turns.error, turns.created_at, turns.started_at, turns.ended_at
), holder AS (
  SELECT held.held_by FROM turn JOIN inputs held ON held.turn_id = turn.id
  WHERE turn.status = 'running' AND held.held_by <> $8 ORDER BY held.id DESC LIMIT 1
)
SELECT input.id, input.thread_id, input.turn_id, input.key, input.kind, input.call_id, input.prompt, input.schema,
  input.server, input.mode, input.url, input.assignee,
  input.role, input.status, input.content, input.remember, input.expires_at, input.created_at, input.answered_at,
  input.answered_by,
  COALESCE((
    SELECT max(told.level)
    FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
        parent_turn_id, branch FROM turns WHERE id = input.turn_id) telling JOIN turn_events told
      ON told.thread_id = telling.thread_id AND told.seq > telling.first_seq AND told.turn_id = telling.id),
      0) AS level,
  to_json(turn.*) AS turn, holder.held_by AS holder,
  CASE WHEN holder.held_by IS NOT NULL THEN pg_notify('turn_go_on', holder.held_by || ':' || turn.id) END,
  pg_notify('thread_log', $7),
  (SELECT pg_notify('user_events',
      CASE WHEN octet_length(p.whole) <= 7999 THEN p.whole
        ELSE json_build_object('kind', 'input_closed', 'id', input.id, 'to',
            concat_ws(' ',
                encode(sha256(convert_to('user' || E'\n' || input.org_id::text || E'\n' || input.user_id::text,
                    'UTF8')),
                    'hex'),
                encode(sha256(convert_to('user' || E'\n' || input.org_id::text || E'\n' || input.assignee::text,
                    'UTF8')),
                    'hex'),
                encode(sha256(convert_to('role' || E'\n' || input.org_id::text || E'\n' || input.role::text, 'UTF8')),
                    'hex')))::text END)
    FROM (
      SELECT json_build_object('kind', 'input_closed', 'id', input.id, 'to',
          concat_ws(' ',
              encode(sha256(convert_to('user' || E'\n' || input.org_id::text || E'\n' || input.user_id::text, 'UTF8')),
                  'hex'),
              encode(sha256(convert_to('user' || E'\n' || input.org_id::text || E'\n' || input.assignee::text, 'UTF8')),
                  'hex'),
              encode(sha256(convert_to('role' || E'\n' || input.org_id::text || E'\n' || input.role::text, 'UTF8')),
                  'hex')),
          'level',
          COALESCE((
            SELECT max(told.level)
            FROM (
              SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
                parent_turn_id, branch FROM turns WHERE id = input.turn_id) telling JOIN turn_events told
              ON told.thread_id = telling.thread_id AND told.seq > telling.first_seq AND told.turn_id = telling.id), 0),
          'input',
          json_build_object('id', input.id, 'threadId', input.thread_id, 'turnId', input.turn_id, 'kind', input.kind,
              'callId', input.call_id, 'prompt', left(input.prompt, 500), 'schema',
              CASE WHEN octet_length(input.schema::text) <= 3000 THEN input.schema END, 'server', input.server, 'mode',
              input.mode, 'url', input.url, 'assignee', input.assignee, 'role', input.role, 'status', input.status,
              'expiresAt', to_char(input.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'createdAt',
              to_char(input.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'answeredAt',
              to_char(input.answered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'answeredBy',
              input.answered_by))::text AS whole OFFSET 0) p),
  CASE WHEN turn.status = 'running' THEN
      pg_notify('user_events',
          json_build_object('kind', 'turn_started', 'id', turn.id, 'threadId', turn.thread_id, 'to',
              encode(sha256(convert_to('user' || E'\n' || input.org_id::text || E'\n' || input.user_id::text, 'UTF8')),
                  'hex'))::text) END
FROM input JOIN turn ON turn.id = input.turn_id LEFT JOIN holder ON true;

-- input_store.count_open
-- src/turn/adapters/input-statements.ts
SELECT count(*)::int AS open FROM inputs WHERE status = 'open';

-- input_store.due
-- src/turn/adapters/input-statements.ts
SELECT i.id FROM inputs i WHERE i.status = 'open' AND i.expires_at <= now() ORDER BY i.expires_at LIMIT $1;

-- input_store.expire
-- src/turn/adapters/input-statements.ts
WITH input AS (
  UPDATE inputs i SET status = $2, content = $3::json, remember = $4, answered_at = $5::timestamptz, answered_by = $6
  WHERE i.id = $1 AND i.status = 'open' AND i.expires_at <= now()
    AND EXISTS (SELECT 1 FROM turns WHERE turns.id = i.turn_id AND turns.status = 'waiting')
  RETURNING i.id, i.thread_id, i.turn_id, i.key, i.kind, i.call_id, i.prompt, i.schema, i.server, i.mode, i.url,
    i.assignee,
    i.role, i.status, i.content, i.remember, i.expires_at, i.created_at, i.answered_at, i.answered_by, i.org_id,
    i.user_id
), head AS (
  UPDATE thread_heads h SET last_seq = h.last_seq + 1
  FROM input WHERE h.thread_id = input.thread_id AND h.turn_id = input.turn_id
  RETURNING h.thread_id, h.turn_id, h.last_seq
), written AS (
  INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at, level)
  SELECT head.thread_id, head.last_seq, head.turn_id, 'input_resolved',
    json_build_object('inputId', $1::uuid, 'outcome', $2::text), $5::timestamptz, 0
  FROM head
), turn AS (
  UPDATE turns SET status = CASE WHEN o.is_last THEN 'running' ELSE 'waiting' END, is_resuming = o.is_last,
    lease_until = CASE WHEN o.is_last THEN now() - interval '1 second' END
  FROM input, LATERAL (SELECT NOT EXISTS (
    SELECT 1 FROM inputs other WHERE other.turn_id = input.turn_id AND other.status = 'open' AND other.id <> input.id
  ) AS is_last) o
  WHERE turns.id = input.turn_id
  RETURNING turns.id, turns.thread_id, turns.parent_turn_id, turns.status, turns.attempt, turns.user_message_id,
    turns.assistant_message_id, turns.workflow_run_id, turns.error, turns.created_at, turns.started_at, turns.ended_at
), holder AS (
  SELECT held.held_by FROM turn JOIN inputs held ON held.turn_id = turn.id
  WHERE turn.status = 'running' AND held.held_by <> $8 ORDER BY held.id DESC LIMIT 1
)
SELECT input.id, input.thread_id, input.turn_id, input.key, input.kind, input.call_id, input.prompt, input.schema,
  input.server, input.mode, input.url, input.assignee,
  input.role, input.status, input.content, input.remember, input.expires_at, input.created_at, input.answered_at,
  input.answered_by,
  COALESCE((
    SELECT max(told.level)
    FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
        parent_turn_id, branch FROM turns WHERE id = input.turn_id) telling JOIN turn_events told
      ON told.thread_id = telling.thread_id AND told.seq > telling.first_seq AND told.turn_id = telling.id),
      0) AS level,
  to_json(turn.*) AS turn, holder.held_by AS holder,
  CASE WHEN holder.held_by IS NOT NULL THEN pg_notify('turn_go_on', holder.held_by || ':' || turn.id) END,
  pg_notify('thread_log', $7),
  (SELECT pg_notify('user_events',
      CASE WHEN octet_length(p.whole) <= 7999 THEN p.whole
        ELSE json_build_object('kind', 'input_closed', 'id', input.id, 'to',
            concat_ws(' ',
                encode(sha256(convert_to('user' || E'\n' || input.org_id::text || E'\n' || input.user_id::text,
                    'UTF8')),
                    'hex'),
                encode(sha256(convert_to('user' || E'\n' || input.org_id::text || E'\n' || input.assignee::text,
                    'UTF8')),
                    'hex'),
                encode(sha256(convert_to('role' || E'\n' || input.org_id::text || E'\n' || input.role::text, 'UTF8')),
                    'hex')))::text END)
    FROM (
      SELECT json_build_object('kind', 'input_closed', 'id', input.id, 'to',
          concat_ws(' ',
              encode(sha256(convert_to('user' || E'\n' || input.org_id::text || E'\n' || input.user_id::text, 'UTF8')),
                  'hex'),
              encode(sha256(convert_to('user' || E'\n' || input.org_id::text || E'\n' || input.assignee::text, 'UTF8')),
                  'hex'),
              encode(sha256(convert_to('role' || E'\n' || input.org_id::text || E'\n' || input.role::text, 'UTF8')),
                  'hex')),
          'level',
          COALESCE((
            SELECT max(told.level)
            FROM (
              SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
                parent_turn_id, branch FROM turns WHERE id = input.turn_id) telling JOIN turn_events told
              ON told.thread_id = telling.thread_id AND told.seq > telling.first_seq AND told.turn_id = telling.id), 0),
          'input',
          json_build_object('id', input.id, 'threadId', input.thread_id, 'turnId', input.turn_id, 'kind', input.kind,
              'callId', input.call_id, 'prompt', left(input.prompt, 500), 'schema',
              CASE WHEN octet_length(input.schema::text) <= 3000 THEN input.schema END, 'server', input.server, 'mode',
              input.mode, 'url', input.url, 'assignee', input.assignee, 'role', input.role, 'status', input.status,
              'expiresAt', to_char(input.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'createdAt',
              to_char(input.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'answeredAt',
              to_char(input.answered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'answeredBy',
              input.answered_by))::text AS whole OFFSET 0) p),
  CASE WHEN turn.status = 'running' THEN
      pg_notify('user_events',
          json_build_object('kind', 'turn_started', 'id', turn.id, 'threadId', turn.thread_id, 'to',
              encode(sha256(convert_to('user' || E'\n' || input.org_id::text || E'\n' || input.user_id::text, 'UTF8')),
                  'hex'))::text) END
FROM input JOIN turn ON turn.id = input.turn_id LEFT JOIN holder ON true;

-- input_store.find
-- src/turn/adapters/input-statements.ts
SELECT i.id, i.thread_id, i.turn_id, i.key, i.kind, i.call_id, i.prompt, i.schema, i.server, i.mode, i.url, i.assignee,
  i.role, i.status, i.content, i.remember, i.expires_at, i.created_at, i.answered_at, i.answered_by,
  COALESCE((
    SELECT max(told.level)
    FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
        parent_turn_id, branch FROM turns WHERE id = i.turn_id) telling JOIN turn_events told
      ON told.thread_id = telling.thread_id AND told.seq > telling.first_seq AND told.turn_id = telling.id), 0) AS level
FROM inputs i
WHERE i.id = $1 AND i.org_id = $2 AND (i.user_id = $3 OR i.assignee = $3 OR i.role = ANY($4::text[]));

-- input_store.list
-- src/turn/adapters/input-statements.ts
SELECT i.id, i.thread_id, i.turn_id, i.key, i.kind, i.call_id, i.prompt, i.schema, i.server, i.mode, i.url, i.assignee,
  i.role, i.status, i.content, i.remember, i.expires_at, i.created_at, i.answered_at, i.answered_by,
  COALESCE((
    SELECT max(told.level)
    FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
        parent_turn_id, branch FROM turns WHERE id = i.turn_id) telling JOIN turn_events told
      ON told.thread_id = telling.thread_id AND told.seq > telling.first_seq AND told.turn_id = telling.id), 0) AS level
FROM inputs i
WHERE i.id IN (
    (SELECT id FROM inputs WHERE org_id = $2 AND user_id = $3 AND id < $1 AND ($5::text IS NULL OR status = $5)
      ORDER BY id DESC LIMIT $6)
  UNION
    (SELECT id FROM inputs WHERE org_id = $2 AND assignee = $3 AND id < $1 AND ($5::text IS NULL OR status = $5)
      ORDER BY id DESC LIMIT $6)
  UNION
    (SELECT named.id FROM unnest($4::text[]) AS own (role) CROSS JOIN LATERAL (
      SELECT id
      FROM inputs
      WHERE org_id = $2 AND role = own.role AND id < $1 AND ($5::text IS NULL OR status = $5)
      ORDER BY id DESC LIMIT $6) named)
) ORDER BY i.id DESC LIMIT $6;

-- input_store.lock_answerable
-- src/turn/adapters/input-statements.ts
SELECT i.thread_id FROM inputs i JOIN thread_heads own ON own.thread_id = i.thread_id
WHERE i.id = $1 AND i.org_id = $2 AND (i.user_id = $3 OR i.assignee = $3 OR i.role = ANY($4::text[])) FOR UPDATE OF own;

-- input_store.lock_expired
-- src/turn/adapters/input-statements.ts
SELECT i.thread_id FROM inputs i JOIN thread_heads own ON own.thread_id = i.thread_id
WHERE i.id = $1 AND i.status = 'open' AND i.expires_at <= now() FOR UPDATE OF own;

-- input_store.of_turn
-- src/turn/adapters/input-statements.ts
SELECT i.id, i.thread_id, i.turn_id, i.key, i.kind, i.call_id, i.prompt, i.schema, i.server, i.mode, i.url, i.assignee,
  i.role, i.status, i.content, i.remember, i.expires_at, i.created_at, i.answered_at, i.answered_by,
  COALESCE((
    SELECT max(told.level)
    FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
        parent_turn_id, branch FROM turns WHERE id = i.turn_id) telling JOIN turn_events told
      ON told.thread_id = telling.thread_id AND told.seq > telling.first_seq AND told.turn_id = telling.id), 0) AS level
FROM inputs i
WHERE i.turn_id = $1
ORDER BY i.id;

-- turn_store.accept
-- src/turn/adapters/turn-statements.ts
WITH thread AS (
  UPDATE threads SET message_count = message_count + CASE WHEN $15::boolean THEN 1 ELSE 2 END,
    active_at = $4::timestamptz, updated_at = $4::timestamptz, title = COALESCE(title, $5),
    head_turn_id = $6::uuid, head_parent_turn_id = head_turn_id,
    head_branch = CASE WHEN head_has_children THEN branch_count + 1 ELSE head_branch END,
    branch_count = branch_count + head_has_children::int, head_has_children = false
  WHERE threads.id = $1 AND org_id = $2 AND user_id = $3
    AND NOT EXISTS (SELECT 1 FROM turns q WHERE q.thread_id = $1 AND q.status = 'queued')
    AND threads.head_turn_id IS NOT DISTINCT FROM (SELECT head_turn_id FROM threads WHERE id = $1)
  RETURNING threads.id, message_count, head_parent_turn_id, head_branch, workflow, workflow_version
), place AS (
  SELECT siblings,
    CASE WHEN $15::boolean THEN ''
      ELSE ',"parentTurnId":' || COALESCE('"' || parent_turn_id || '"',
          'null') || ',"siblings":' || siblings || '}}' END AS saved_end
  FROM (
    SELECT thread.head_parent_turn_id AS parent_turn_id,
      (CASE
        WHEN NOT EXISTS (
          SELECT 1
          FROM (
            SELECT id
            FROM turns
            WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(thread.head_parent_turn_id, thread.id) UNION ALL
            SELECT $6::uuid) AS following
          WHERE id <> $6::uuid)
          THEN '{"index":0,"count":1,"turnIds":["' || $6::uuid::text || '"]}'
        ELSE (SELECT '{"index":' || place.own || ',"count":' || place.total || ',"turnIds":["' || (
          SELECT string_agg(id::text, '","' ORDER BY id) FROM (
            SELECT id
            FROM (
              SELECT id
              FROM turns
              WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(thread.head_parent_turn_id, thread.id) UNION ALL
              SELECT $6::uuid) AS following
            ORDER BY id OFFSET GREATEST(0, LEAST(place.own - 100, place.total - 200)) LIMIT 200
          ) named
        ) || '"]}'
          FROM (
            SELECT count(*) AS total, count(*) FILTER (WHERE id < $6::uuid) AS own
            FROM (
              SELECT id
              FROM turns
              WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(thread.head_parent_turn_id, thread.id) UNION ALL
              SELECT $6::uuid) AS following
          ) place) END) AS siblings FROM thread
    -- Evaluated once, not wherever it is read.
    OFFSET 0
  ) AS tree
), head AS (
  UPDATE thread_heads h SET last_seq = h.last_seq + 1, turn_id = $6::uuid, epoch = 1
  FROM thread, place WHERE h.thread_id = thread.id
  RETURNING h.thread_id, h.last_seq, place.saved_end
), turn AS (
  INSERT INTO turns (id, thread_id, parent_turn_id, branch, status, request, user_message_id, assistant_message_id,
      first_seq, lease_owner, lease_until, created_at, started_at, position)
  SELECT $6::uuid, head.thread_id, thread.head_parent_turn_id, thread.head_branch, 'running', $7::jsonb, $8::uuid,
    $9::uuid, head.last_seq, $10::uuid, now() + $16::int * interval '1 millisecond', $4::timestamptz, $4::timestamptz,
    thread.message_count
  FROM head, thread
  RETURNING turns.id, turns.thread_id, turns.parent_turn_id, turns.status, turns.attempt, turns.user_message_id,
    turns.assistant_message_id, turns.workflow_run_id, turns.error, turns.created_at, turns.started_at,
    turns.ended_at, turns.first_seq
), claimed AS (
  INSERT INTO idempotency_keys (org_id, user_id, key, request_hash, turn_id)
  SELECT $2, $3, $11::text, $12::bytea, turn.id FROM turn WHERE $11::text IS NOT NULL
), unindexed AS (
  INSERT INTO search_pending (thread_id) SELECT id FROM thread ON CONFLICT DO NOTHING
), messages_stored AS (
  INSERT INTO messages (id, thread_id, turn_id, branch, position, role, content, status, created_at)
  SELECT m.id, thread.id, $6::uuid, thread.head_branch, thread.message_count - m.back, m.role, m.content, m.status,
    $4::timestamptz
  FROM thread, (VALUES ($8::uuid, 1, 'user', $13::text, 'complete'), ($9::uuid, 0, 'assistant', '', 'streaming'))
    AS m (id, back, role, content, status)
  WHERE m.role <> 'user' OR NOT $15::boolean
), written AS (
  INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at)
  SELECT head.thread_id, head.last_seq, $6::uuid, 'message_saved', ($14 || head.saved_end)::json, $4::timestamptz
  FROM head
), settled AS (
  -- Whether this statement sees all that the turns before have come to: it may have waited for the last one to end.
  SELECT thread.* FROM thread
  WHERE NOT EXISTS (SELECT 1 FROM turns a WHERE a.thread_id = thread.id AND a.status IN ('running', 'waiting'))
), newest_run AS (
  SELECT newest.* FROM settled CROSS JOIN LATERAL (
    SELECT * FROM workflow_runs WHERE thread_id = settled.id AND branch = settled.head_branch ORDER BY id DESC LIMIT 1
  ) newest
), begun_run AS (
  INSERT INTO workflow_runs (id, thread_id, workflow, version, step, status, started_by, branch)
  SELECT $6::uuid, settled.id, first.workflow, first.version, first.step, 'waiting', $6::uuid, settled.head_branch
  FROM settled
  JOIN (VALUES ('chat', 1, 'reply'), ('guided-intake', 1, 'ask'), ('guided-intake', 2, 'ask'),
      ('drafted-answer', 1, 'draft'), ('agent', 1, 'act'), ('personal-chat', 1, 'reply'),
      ('support-triage', 1, 'classify'), ('document-answers', 1, 'search'),
      ('two-reviews', 1, 'draft')) AS first (workflow, version, step)
    ON first.workflow = settled.workflow AND first.version = settled.workflow_version
  WHERE NOT EXISTS (SELECT 1 FROM newest_run WHERE status = 'waiting')
    AND (settled.head_parent_turn_id IS NULL OR EXISTS (SELECT 1 FROM newest_run))
  RETURNING *
), run AS (
  SELECT r.id, r.thread_id, r.workflow, r.version, r.step, r.status, r.steps_done, r.position, r.org_id, r.created_at,
    r.updated_at, r.ended_at, r.entered, r.started_by IS NOT DISTINCT
  FROM $6::uuid AS is_begun
  FROM (SELECT * FROM newest_run WHERE status = 'waiting' UNION ALL SELECT * FROM begun_run) r
)
SELECT turn.id, turn.thread_id, turn.parent_turn_id, turn.status, turn.attempt, turn.user_message_id,
  turn.assistant_message_id, turn.workflow_run_id, turn.error, turn.created_at, turn.started_at, turn.ended_at,
  turn.first_seq::float8 AS first_seq,
  place.siblings::json AS siblings, place.saved_end, thread.workflow, thread.workflow_version,
  EXISTS (
    SELECT 1
    FROM rag_scopes
    WHERE org_id = $2::text AND level <= $17::smallint AND (private_to IS NULL OR private_to = $3::text)
      AND chunk_count > 0) AS has_documents,
  (SELECT row_to_json(run) FROM run) AS run
FROM turn, place, thread;

-- turn_store.begin_message
-- src/turn/adapters/progress-statements.ts
WITH thread AS (
  UPDATE threads SET further_messages = further_messages + 1 WHERE id = $1 AND EXISTS (SELECT 1 FROM thread_heads
    WHERE thread_id = $1 AND turn_id = $2::uuid AND epoch = $3 AND last_seq = $4) RETURNING id
), head AS (
  UPDATE thread_heads SET last_seq = $5::bigint
  WHERE thread_id = (SELECT id FROM thread) AND turn_id = $2::uuid AND epoch = $3 AND last_seq = $4
  RETURNING thread_id
), moved AS (
  UPDATE turns SET assistant_message_id = $12::uuid FROM head WHERE turns.id = $2::uuid AND $13 = 'assistant'
), stored AS (
  INSERT INTO messages (id, thread_id, turn_id, branch, position, part, role, content, status, tool_call_id,
      created_at, parts,
      level, documents)
  SELECT $12::uuid::uuid, own.thread_id, own.turn_id, own.branch, own.position, (
    SELECT max(m.part) + 1 FROM messages m WHERE m.thread_id = own.thread_id AND m.position = own.position
  ), $13, $14, $15, $16, $17::timestamptz, $18::jsonb,
    CASE WHEN $13 = 'tool' THEN own.level END, CASE WHEN $13 = 'tool' THEN own.documents END
  FROM head, messages own WHERE own.id = $11::uuid
), written AS (
  INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at, level)
  SELECT head.thread_id, e.seq, $2::uuid, e.type, e.data::json, e.created_at, $10::smallint
  FROM head, unnest($6::bigint[], $7::text[], $8::text[], $9::timestamptz[])
    AS e (seq, type, data, created_at)
)
SELECT head.thread_id FROM head;

-- turn_store.claim_expired
-- src/turn/adapters/lease-statements.ts
WITH expired AS (
  SELECT id, lease_owner IS NULL AS was_released,
    NOT cancel_requested AND NOT interrupt_requested AND (lease_owner IS NULL OR attempt < $3) AS runs_again,
    status = 'waiting' OR is_resuming AS is_resuming
  FROM turns JOIN thread_heads own ON own.thread_id = turns.thread_id
  WHERE (status = 'running' AND lease_until < now() OR status = 'waiting' AND (cancel_requested OR interrupt_requested))
    AND id = ANY(ARRAY(
        (SELECT id FROM turns WHERE status = 'running' AND lease_until < now() ORDER BY lease_until LIMIT $2)
      UNION ALL
        (SELECT id FROM turns WHERE status = 'waiting' AND (cancel_requested OR interrupt_requested) LIMIT $2)
      LIMIT $2))
  FOR UPDATE OF turns, own SKIP LOCKED
), taken AS (
  UPDATE turns SET status = 'running', epoch = turns.epoch + 2, lease_owner = $1,
    lease_until = now() + $4::int * interval '1 millisecond',
    attempt = turns.attempt + (expired.runs_again AND NOT expired.is_resuming)::int, is_resuming = false
  FROM expired WHERE turns.id = expired.id
  RETURNING turns.id, turns.thread_id, turns.parent_turn_id, turns.user_message_id, turns.assistant_message_id,
    turns.request,
    turns.created_at, turns.first_seq::float8 AS first_seq, turns.epoch, turns.attempt, turns.cancel_requested,
    turns.interrupt_requested, expired.was_released, expired.runs_again, expired.is_resuming
), head AS (
  UPDATE thread_heads h SET epoch = taken.epoch
  FROM taken WHERE h.thread_id = taken.thread_id AND h.turn_id = taken.id
  RETURNING h.thread_id, h.last_seq
)
SELECT taken.*,
  (CASE
    WHEN NOT EXISTS (
      SELECT 1
      FROM (
        SELECT id
        FROM turns
        WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(taken.parent_turn_id, taken.thread_id)) AS following
      WHERE id <> taken.id)
      THEN '{"index":0,"count":1,"turnIds":["' || taken.id::text || '"]}'
    ELSE (SELECT '{"index":' || place.own || ',"count":' || place.total || ',"turnIds":["' || (
      SELECT string_agg(id::text, '","' ORDER BY id) FROM (
        SELECT id
        FROM (
          SELECT id
          FROM turns
          WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(taken.parent_turn_id, taken.thread_id)) AS following
        ORDER BY id OFFSET GREATEST(0, LEAST(place.own - 100, place.total - 200)) LIMIT 200
      ) named
    ) || '"]}'
      FROM (
        SELECT count(*) AS total, count(*) FILTER (WHERE id < taken.id) AS own
        FROM (
          SELECT id
          FROM turns
          WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(taken.parent_turn_id, taken.thread_id)) AS following
      ) place) END)::json AS siblings, head.last_seq::float8 AS last_seq, pinned.workflow,
  pinned.workflow_version
FROM taken JOIN head ON head.thread_id = taken.thread_id
CROSS JOIN LATERAL (SELECT workflow, workflow_version FROM threads WHERE id = taken.thread_id) AS pinned;

-- turn_store.claim_expired_turn
-- src/turn/adapters/lease-statements.ts
WITH expired AS (
  SELECT id, lease_owner IS NULL AS was_released,
    NOT cancel_requested AND NOT interrupt_requested AND (lease_owner IS NULL OR attempt < $3) AS runs_again,
    status = 'waiting' OR is_resuming AS is_resuming
  FROM turns JOIN thread_heads own ON own.thread_id = turns.thread_id
  WHERE id = $2::uuid
    AND (status = 'running' AND lease_until < now() OR status = 'waiting' AND (cancel_requested OR interrupt_requested))
  FOR UPDATE OF turns, own SKIP LOCKED
), taken AS (
  UPDATE turns SET status = 'running', epoch = turns.epoch + 2, lease_owner = $1,
    lease_until = now() + $4::int * interval '1 millisecond',
    attempt = turns.attempt + (expired.runs_again AND NOT expired.is_resuming)::int, is_resuming = false
  FROM expired WHERE turns.id = expired.id
  RETURNING turns.id, turns.thread_id, turns.parent_turn_id, turns.user_message_id, turns.assistant_message_id,
    turns.request,
    turns.created_at, turns.first_seq::float8 AS first_seq, turns.epoch, turns.attempt, turns.cancel_requested,
    turns.interrupt_requested, expired.was_released, expired.runs_again, expired.is_resuming
), head AS (
  UPDATE thread_heads h SET epoch = taken.epoch
  FROM taken WHERE h.thread_id = taken.thread_id AND h.turn_id = taken.id
  RETURNING h.thread_id, h.last_seq
)
SELECT taken.*,
  (CASE
    WHEN NOT EXISTS (
      SELECT 1
      FROM (
        SELECT id
        FROM turns
        WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(taken.parent_turn_id, taken.thread_id)) AS following
      WHERE id <> taken.id)
      THEN '{"index":0,"count":1,"turnIds":["' || taken.id::text || '"]}'
    ELSE (SELECT '{"index":' || place.own || ',"count":' || place.total || ',"turnIds":["' || (
      SELECT string_agg(id::text, '","' ORDER BY id) FROM (
        SELECT id
        FROM (
          SELECT id
          FROM turns
          WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(taken.parent_turn_id, taken.thread_id)) AS following
        ORDER BY id OFFSET GREATEST(0, LEAST(place.own - 100, place.total - 200)) LIMIT 200
      ) named
    ) || '"]}'
      FROM (
        SELECT count(*) AS total, count(*) FILTER (WHERE id < taken.id) AS own
        FROM (
          SELECT id
          FROM turns
          WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(taken.parent_turn_id, taken.thread_id)) AS following
      ) place) END)::json AS siblings, head.last_seq::float8 AS last_seq, pinned.workflow,
  pinned.workflow_version
FROM taken JOIN head ON head.thread_id = taken.thread_id
CROSS JOIN LATERAL (SELECT workflow, workflow_version FROM threads WHERE id = taken.thread_id) AS pinned;

-- turn_store.claim_stopped_turn
-- src/turn/adapters/lease-statements.ts
WITH expired AS (
  SELECT id, lease_owner IS NULL AS was_released,
    NOT cancel_requested AND NOT interrupt_requested AND (lease_owner IS NULL OR attempt < $3) AS runs_again,
    status = 'waiting' OR is_resuming AS is_resuming
  FROM turns JOIN thread_heads own ON own.thread_id = turns.thread_id
  WHERE id = $2::uuid AND status IN ('running', 'waiting') AND (cancel_requested OR interrupt_requested)
  FOR UPDATE OF turns, own SKIP LOCKED
), taken AS (
  UPDATE turns SET status = 'running', epoch = turns.epoch + 2, lease_owner = $1,
    lease_until = now() + $4::int * interval '1 millisecond',
    attempt = turns.attempt + (expired.runs_again AND NOT expired.is_resuming)::int, is_resuming = false
  FROM expired WHERE turns.id = expired.id
  RETURNING turns.id, turns.thread_id, turns.parent_turn_id, turns.user_message_id, turns.assistant_message_id,
    turns.request,
    turns.created_at, turns.first_seq::float8 AS first_seq, turns.epoch, turns.attempt, turns.cancel_requested,
    turns.interrupt_requested, expired.was_released, expired.runs_again, expired.is_resuming
), head AS (
  UPDATE thread_heads h SET epoch = taken.epoch
  FROM taken WHERE h.thread_id = taken.thread_id AND h.turn_id = taken.id
  RETURNING h.thread_id, h.last_seq
)
SELECT taken.*,
  (CASE
    WHEN NOT EXISTS (
      SELECT 1
      FROM (
        SELECT id
        FROM turns
        WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(taken.parent_turn_id, taken.thread_id)) AS following
      WHERE id <> taken.id)
      THEN '{"index":0,"count":1,"turnIds":["' || taken.id::text || '"]}'
    ELSE (SELECT '{"index":' || place.own || ',"count":' || place.total || ',"turnIds":["' || (
      SELECT string_agg(id::text, '","' ORDER BY id) FROM (
        SELECT id
        FROM (
          SELECT id
          FROM turns
          WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(taken.parent_turn_id, taken.thread_id)) AS following
        ORDER BY id OFFSET GREATEST(0, LEAST(place.own - 100, place.total - 200)) LIMIT 200
      ) named
    ) || '"]}'
      FROM (
        SELECT count(*) AS total, count(*) FILTER (WHERE id < taken.id) AS own
        FROM (
          SELECT id
          FROM turns
          WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(taken.parent_turn_id, taken.thread_id)) AS following
      ) place) END)::json AS siblings, head.last_seq::float8 AS last_seq, pinned.workflow,
  pinned.workflow_version
FROM taken JOIN head ON head.thread_id = taken.thread_id
CROSS JOIN LATERAL (SELECT workflow, workflow_version FROM threads WHERE id = taken.thread_id) AS pinned;

-- turn_store.claim_turn
-- src/turn/adapters/thread-queue-statements.ts
WITH candidate AS MATERIALIZED (
  SELECT q.id, q.thread_id, q.saved_event FROM turns q JOIN thread_heads own ON own.thread_id = q.thread_id
  WHERE q.status = 'queued' AND q.id = $6::uuid
    AND NOT EXISTS (SELECT 1 FROM turns a WHERE a.thread_id = q.thread_id AND a.status IN ('running', 'waiting'))
    AND NOT EXISTS (SELECT 1 FROM turns b WHERE b.thread_id = q.thread_id AND b.status = 'queued'
        AND ROW(b.holds_thread, b.cancel_requested OR b.interrupt_requested, b.is_urgent,
            -b.position) > ROW(q.holds_thread, q.cancel_requested OR q.interrupt_requested, q.is_urgent, -q.position))
    AND (cardinality($7::text[]) + cardinality($8::text[]) = 0
        OR NOT EXISTS (
          SELECT 1
          FROM threads
          WHERE id = q.thread_id AND (org_id = ANY($8::text[]) OR org_id || E'\n' || user_id = ANY($7::text[]))))
  ORDER BY q.created_at, q.id LIMIT $2
  -- Neither is waited for: whoever deletes the thread takes them the other way round.
  FOR UPDATE OF q, own SKIP LOCKED
), head AS (
  UPDATE thread_heads h SET last_seq = h.last_seq + 1, turn_id = c.id, epoch = 1
  FROM candidate c WHERE h.thread_id = c.thread_id
  RETURNING h.thread_id, h.last_seq, c.id, c.saved_event
), taken AS (
  UPDATE turns SET status = 'running', lease_owner = $1, lease_until = now() + $3::int * interval '1 millisecond',
    started_at = $4::timestamptz,
    first_seq = head.last_seq, holds_thread = false, saved_event = NULL
  FROM head WHERE turns.id = head.id
  RETURNING turns.id, turns.thread_id, turns.parent_turn_id, turns.user_message_id, turns.assistant_message_id,
    turns.request,
    turns.created_at, turns.cancel_requested, turns.interrupt_requested
), written AS (
  INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at)
  SELECT head.thread_id, head.last_seq, head.id, 'message_saved', head.saved_event::json, $4::timestamptz FROM head
)
SELECT taken.*,
  (CASE
    WHEN NOT EXISTS (
      SELECT 1
      FROM (
        SELECT id
        FROM turns
        WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(taken.parent_turn_id, taken.thread_id)) AS following
      WHERE id <> taken.id)
      THEN '{"index":0,"count":1,"turnIds":["' || taken.id::text || '"]}'
    ELSE (SELECT '{"index":' || place.own || ',"count":' || place.total || ',"turnIds":["' || (
      SELECT string_agg(id::text, '","' ORDER BY id) FROM (
        SELECT id
        FROM (
          SELECT id
          FROM turns
          WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(taken.parent_turn_id, taken.thread_id)) AS following
        ORDER BY id OFFSET GREATEST(0, LEAST(place.own - 100, place.total - 200)) LIMIT 200
      ) named
    ) || '"]}'
      FROM (
        SELECT count(*) AS total, count(*) FILTER (WHERE id < taken.id) AS own
        FROM (
          SELECT id
          FROM turns
          WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(taken.parent_turn_id, taken.thread_id)) AS following
      ) place) END)::json AS siblings, head.last_seq::float8 AS last_seq, head.saved_event,
  pinned.workflow, pinned.workflow_version, pg_notify('thread_log', $5 || ':' || taken.thread_id),
  pg_notify('user_events',
      json_build_object('kind', 'turn_started', 'id', taken.id, 'threadId', taken.thread_id, 'to',
          (
            SELECT encode(sha256(convert_to('user' || E'\n' || org_id::text || E'\n' || user_id::text, 'UTF8')), 'hex')
            FROM threads
            WHERE id = taken.thread_id))::text)
FROM taken JOIN head ON head.id = taken.id
CROSS JOIN LATERAL (SELECT workflow, workflow_version FROM threads WHERE id = taken.thread_id) AS pinned
ORDER BY taken.created_at, taken.id;

-- turn_store.claim_waiting
-- src/turn/adapters/thread-queue-statements.ts
WITH candidate AS MATERIALIZED (
  SELECT q.id, q.thread_id, q.saved_event FROM turns q JOIN thread_heads own ON own.thread_id = q.thread_id
  WHERE q.status = 'queued' AND $6::uuid IS NULL
    AND NOT EXISTS (SELECT 1 FROM turns a WHERE a.thread_id = q.thread_id AND a.status IN ('running', 'waiting'))
    AND NOT EXISTS (SELECT 1 FROM turns b WHERE b.thread_id = q.thread_id AND b.status = 'queued'
        AND ROW(b.holds_thread, b.cancel_requested OR b.interrupt_requested, b.is_urgent,
            -b.position) > ROW(q.holds_thread, q.cancel_requested OR q.interrupt_requested, q.is_urgent, -q.position))
    AND (cardinality($7::text[]) + cardinality($8::text[]) = 0
        OR NOT EXISTS (
          SELECT 1
          FROM threads
          WHERE id = q.thread_id AND (org_id = ANY($8::text[]) OR org_id || E'\n' || user_id = ANY($7::text[]))))
  ORDER BY q.created_at, q.id LIMIT $2
  -- Neither is waited for: whoever deletes the thread takes them the other way round.
  FOR UPDATE OF q, own SKIP LOCKED
), head AS (
  UPDATE thread_heads h SET last_seq = h.last_seq + 1, turn_id = c.id, epoch = 1
  FROM candidate c WHERE h.thread_id = c.thread_id
  RETURNING h.thread_id, h.last_seq, c.id, c.saved_event
), taken AS (
  UPDATE turns SET status = 'running', lease_owner = $1, lease_until = now() + $3::int * interval '1 millisecond',
    started_at = $4::timestamptz,
    first_seq = head.last_seq, holds_thread = false, saved_event = NULL
  FROM head WHERE turns.id = head.id
  RETURNING turns.id, turns.thread_id, turns.parent_turn_id, turns.user_message_id, turns.assistant_message_id,
    turns.request,
    turns.created_at, turns.cancel_requested, turns.interrupt_requested
), written AS (
  INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at)
  SELECT head.thread_id, head.last_seq, head.id, 'message_saved', head.saved_event::json, $4::timestamptz FROM head
)
SELECT taken.*,
  (CASE
    WHEN NOT EXISTS (
      SELECT 1
      FROM (
        SELECT id
        FROM turns
        WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(taken.parent_turn_id, taken.thread_id)) AS following
      WHERE id <> taken.id)
      THEN '{"index":0,"count":1,"turnIds":["' || taken.id::text || '"]}'
    ELSE (SELECT '{"index":' || place.own || ',"count":' || place.total || ',"turnIds":["' || (
      SELECT string_agg(id::text, '","' ORDER BY id) FROM (
        SELECT id
        FROM (
          SELECT id
          FROM turns
          WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(taken.parent_turn_id, taken.thread_id)) AS following
        ORDER BY id OFFSET GREATEST(0, LEAST(place.own - 100, place.total - 200)) LIMIT 200
      ) named
    ) || '"]}'
      FROM (
        SELECT count(*) AS total, count(*) FILTER (WHERE id < taken.id) AS own
        FROM (
          SELECT id
          FROM turns
          WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(taken.parent_turn_id, taken.thread_id)) AS following
      ) place) END)::json AS siblings, head.last_seq::float8 AS last_seq, head.saved_event,
  pinned.workflow, pinned.workflow_version, pg_notify('thread_log', $5 || ':' || taken.thread_id),
  pg_notify('user_events',
      json_build_object('kind', 'turn_started', 'id', taken.id, 'threadId', taken.thread_id, 'to',
          (
            SELECT encode(sha256(convert_to('user' || E'\n' || org_id::text || E'\n' || user_id::text, 'UTF8')), 'hex')
            FROM threads
            WHERE id = taken.thread_id))::text)
FROM taken JOIN head ON head.id = taken.id
CROSS JOIN LATERAL (SELECT workflow, workflow_version FROM threads WHERE id = taken.thread_id) AS pinned
ORDER BY taken.created_at, taken.id;

-- turn_store.count_queued
-- src/turn/adapters/turn-statements.ts
WITH queued AS (
  SELECT count(*)::int AS total, (count(*) FILTER (WHERE thread_id = $1))::int AS own FROM turns WHERE status = 'queued'
)
SELECT total, own, (queued.total * 10 < $2::int OR $2::int < 5 OR (
  SELECT count(*)
  FROM turns q
  WHERE q.status = 'queued' AND EXISTS (SELECT id FROM threads WHERE id = q.thread_id AND org_id = $3 AND user_id = $4)
) <= 4 * ($2::int - queued.total - 1)) AS has_capacity FROM queued;

-- turn_store.end_message
-- src/turn/adapters/progress-statements.ts
WITH head AS (
  UPDATE thread_heads SET last_seq = $5::bigint
  WHERE thread_id = $1 AND turn_id = $2::uuid AND epoch = $3 AND last_seq = $4
  RETURNING thread_id
), answered AS (
  UPDATE messages SET content = $12, status = $13, provider = $14,
    model = $15, usage = $16::jsonb, citations = $17::jsonb,
    tool_calls = $18::jsonb, step = $19, level = $10::smallint,
    documents = $20::uuid[], provider_metadata = $21::jsonb
  FROM head WHERE messages.id = $11::uuid
), written AS (
  INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at, level)
  SELECT head.thread_id, e.seq, $2::uuid, e.type, e.data::json, e.created_at, $10::smallint
  FROM head, unnest($6::bigint[], $7::text[], $8::text[], $9::timestamptz[])
    AS e (seq, type, data, created_at)
)
SELECT head.thread_id FROM head;

-- turn_store.end_stopped
-- src/turn/adapters/stopped-queue-statements.ts
WITH stopped AS (
  SELECT q.id, q.thread_id, q.assistant_message_id, q.saved_event, w.id AS turn_id,
    CASE WHEN q.cancel_requested THEN 'cancelled' ELSE 'interrupted' END AS outcome
  FROM (
    SELECT *
    FROM turns
    WHERE thread_id = $1 AND status = 'queued' AND (cancel_requested OR interrupt_requested)
    ORDER BY position LIMIT 1) q
  JOIN (
    SELECT id, thread_id
    FROM turns
    WHERE thread_id = $1 AND status = 'waiting' AND NOT cancel_requested
      AND NOT interrupt_requested) w ON w.thread_id = q.thread_id
), head AS (
  UPDATE thread_heads h SET last_seq = h.last_seq + 2
  FROM stopped WHERE h.thread_id = stopped.thread_id AND h.turn_id = stopped.turn_id
  RETURNING h.thread_id, h.turn_id, h.last_seq, stopped.id, stopped.assistant_message_id, stopped.saved_event,
    stopped.outcome, format('{"success":false,"turnId":"%s","status":"%s"}', stopped.id, stopped.outcome) AS done_event
), ended AS (
  UPDATE turns SET status = head.outcome, first_seq = head.last_seq - 1, started_at = $2::timestamptz,
    ended_at = $2::timestamptz, saved_event = NULL
  FROM head WHERE turns.id = head.id
), answered AS (
  UPDATE messages SET content = '', status = head.outcome, provider = NULL,
    model = NULL, usage = NULL::jsonb, citations = '[]'::jsonb,
    tool_calls = '[]'::jsonb, step = NULL, level = 0::smallint,
    documents = NULL::uuid[]
  FROM head WHERE messages.id = head.assistant_message_id::uuid
), begun AS (
  SELECT thread_id, id, last_seq - 1 AS last_seq, saved_event FROM head
), saved AS (
  INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at)
  SELECT begun.thread_id, begun.last_seq, begun.id, 'message_saved', begun.saved_event::json, $2::timestamptz FROM begun
), over AS (
  SELECT thread_id, id AS turn_id, last_seq, done_event FROM head
), written AS (
  INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at, level)
  SELECT over.thread_id, over.last_seq, over.turn_id, 'done', over.done_event::json, $2::timestamptz, 0 FROM over
)
SELECT head.id, head.last_seq::float8 AS last_seq, head.saved_event, head.done_event,
  pg_notify('thread_log', $3),
  pg_notify('user_events',
      json_build_object('kind', 'turn_started', 'id', head.id, 'threadId', head.thread_id, 'to',
          (
            SELECT encode(sha256(convert_to('user' || E'\n' || org_id::text || E'\n' || user_id::text, 'UTF8')), 'hex')
            FROM threads
            WHERE id = head.thread_id))::text),
  pg_notify('user_events',
      json_build_object('kind', 'turn_ended', 'id', head.id, 'threadId', head.thread_id, 'to',
          (
            SELECT encode(sha256(convert_to('user' || E'\n' || org_id::text || E'\n' || user_id::text, 'UTF8')), 'hex')
            FROM threads
            WHERE id = head.thread_id))::text)
FROM head;

-- turn_store.enqueue
-- src/turn/adapters/thread-queue-statements.ts
WITH queued AS (
  SELECT count(*) AS total, count(*) FILTER (WHERE thread_id = $1) AS own FROM turns WHERE status = 'queued'
), share AS (
  SELECT (queued.total * 10 < $17::int OR $17::int < 5 OR (
    SELECT count(*)
    FROM turns q
    WHERE q.status = 'queued'
      AND EXISTS (SELECT id FROM threads WHERE id = q.thread_id AND org_id = $2 AND user_id = $3)
  ) <= 4 * ($17::int - queued.total - 1)) AS has_capacity FROM queued
), thread AS (
  UPDATE threads SET message_count = message_count + CASE WHEN $15::boolean THEN 1 ELSE 2 END,
    active_at = $4::timestamptz, updated_at = $4::timestamptz, title = COALESCE(title, $5),
    head_turn_id = $6::uuid, head_parent_turn_id = head_turn_id,
    head_branch = CASE WHEN head_has_children THEN branch_count + 1 ELSE head_branch END,
    branch_count = branch_count + head_has_children::int, head_has_children = false
  FROM queued, share
  WHERE threads.id = $1 AND org_id = $2 AND user_id = $3 AND queued.total < $17::int AND share.has_capacity
    AND (queued.own < $18::int OR $16::boolean) AND NOT ($10::boolean AND queued.own > 0)
  RETURNING threads.id, message_count, head_parent_turn_id, head_branch, workflow, workflow_version
), place AS (
  SELECT siblings,
    CASE WHEN $15::boolean THEN ''
      ELSE ',"parentTurnId":' || COALESCE('"' || parent_turn_id || '"',
          'null') || ',"siblings":' || siblings || '}}' END AS saved_end
  FROM (
    SELECT thread.head_parent_turn_id AS parent_turn_id,
      (CASE
        WHEN NOT EXISTS (
          SELECT 1
          FROM (
            SELECT id
            FROM turns
            WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(thread.head_parent_turn_id, thread.id) UNION ALL
            SELECT $6::uuid) AS following
          WHERE id <> $6::uuid)
          THEN '{"index":0,"count":1,"turnIds":["' || $6::uuid::text || '"]}'
        ELSE (SELECT '{"index":' || place.own || ',"count":' || place.total || ',"turnIds":["' || (
          SELECT string_agg(id::text, '","' ORDER BY id) FROM (
            SELECT id
            FROM (
              SELECT id
              FROM turns
              WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(thread.head_parent_turn_id, thread.id) UNION ALL
              SELECT $6::uuid) AS following
            ORDER BY id OFFSET GREATEST(0, LEAST(place.own - 100, place.total - 200)) LIMIT 200
          ) named
        ) || '"]}'
          FROM (
            SELECT count(*) AS total, count(*) FILTER (WHERE id < $6::uuid) AS own
            FROM (
              SELECT id
              FROM turns
              WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(thread.head_parent_turn_id, thread.id) UNION ALL
              SELECT $6::uuid) AS following
          ) place) END) AS siblings FROM thread
    -- Evaluated once, not wherever it is read.
    OFFSET 0
  ) AS tree
), turn AS (
  INSERT INTO turns (id, thread_id, parent_turn_id, branch, status, request, user_message_id, assistant_message_id,
      first_seq, created_at, position, holds_thread, is_urgent, saved_event)
  SELECT $6::uuid, thread.id, thread.head_parent_turn_id, thread.head_branch, 'queued', $7::jsonb, $8::uuid, $9::uuid,
    h.last_seq + 1, $4::timestamptz, thread.message_count, $10::boolean, $16::boolean, $14 || place.saved_end
  FROM place, thread JOIN thread_heads h ON h.thread_id = thread.id
  RETURNING turns.id, turns.thread_id, turns.parent_turn_id, turns.status, turns.attempt, turns.user_message_id,
    turns.assistant_message_id, turns.workflow_run_id, turns.error, turns.created_at, turns.started_at,
    turns.ended_at, turns.first_seq
), claimed AS (
  INSERT INTO idempotency_keys (org_id, user_id, key, request_hash, turn_id)
  SELECT $2, $3, $11::text, $12::bytea, turn.id FROM turn WHERE $11::text IS NOT NULL
), unindexed AS (
  INSERT INTO search_pending (thread_id) SELECT id FROM thread ON CONFLICT DO NOTHING
), messages_stored AS (
  INSERT INTO messages (id, thread_id, turn_id, branch, position, role, content, status, created_at)
  SELECT m.id, thread.id, $6::uuid, thread.head_branch, thread.message_count - m.back, m.role, m.content, m.status,
    $4::timestamptz
  FROM thread, (VALUES ($8::uuid, 1, 'user', $13::text, 'complete'), ($9::uuid, 0, 'assistant', '', 'streaming'))
    AS m (id, back, role, content, status)
  WHERE m.role <> 'user' OR NOT $15::boolean
), interrupted AS (
  UPDATE turns t SET interrupt_requested = true FROM thread
  WHERE $16::boolean AND t.thread_id = thread.id
    AND (t.status IN ('running', 'waiting') OR (t.status = 'queued' AND (t.holds_thread OR t.is_urgent)))
  RETURNING pg_notify('turn_stop', t.id::text || ':interrupted')
)
SELECT turn.id, turn.thread_id, turn.parent_turn_id, turn.status, turn.attempt, turn.user_message_id,
  turn.assistant_message_id, turn.workflow_run_id, turn.error, turn.created_at, turn.started_at, turn.ended_at,
  turn.first_seq::float8 AS first_seq,
  place.siblings::json AS siblings, place.saved_end, thread.workflow, thread.workflow_version,
  (SELECT count(*) FROM interrupted) AS interrupted,
  pg_notify('user_events',
      json_build_object('kind', 'thread_updated', 'id', turn.thread_id, 'to',
          encode(sha256(convert_to('user' || E'\n' || $2::text || E'\n' || $3::text, 'UTF8')), 'hex'))::text)
FROM turn, place, thread;

-- turn_store.expire_all
-- src/turn/adapters/lease-statements.ts
UPDATE turns SET lease_until = now() - interval '1 second' WHERE status = 'running';

-- turn_store.extend_leases
-- src/turn/adapters/lease-statements.ts
UPDATE turns SET lease_until = now() + $3::int * interval '1 millisecond'
WHERE id = ANY($1::uuid[]) AND lease_owner = $2 AND status = 'running'
RETURNING id, cancel_requested, interrupt_requested;

-- turn_store.find
-- src/turn/adapters/turn-statements.ts
SELECT turns.id, turns.thread_id, turns.parent_turn_id, turns.status, turns.attempt, turns.user_message_id,
  turns.assistant_message_id, turns.workflow_run_id, turns.error, turns.created_at, turns.started_at, turns.ended_at
FROM turns
WHERE turns.id = $1 AND turns.thread_id = $2
  AND EXISTS (SELECT id FROM threads WHERE id = turns.thread_id AND org_id = $3 AND user_id = $4);

-- turn_store.find_busy
-- src/turn/adapters/turn-statements.ts
SELECT (
  SELECT a.id FROM turns a WHERE a.thread_id = thread.id AND a.status IN ('running', 'waiting', 'queued')
  ORDER BY a.status = 'queued', a.position LIMIT 1
) AS turn_id, $4::uuid IS NULL OR EXISTS (SELECT 1 FROM turns p WHERE p.id = $4 AND p.thread_id = thread.id) AS follows
FROM (SELECT id FROM threads WHERE id = $1 AND org_id = $2 AND user_id = $3) AS thread;

-- turn_store.find_by_key
-- src/turn/adapters/turn-statements.ts
SELECT turns.id, turns.thread_id, turns.parent_turn_id, turns.status, turns.attempt, turns.user_message_id,
  turns.assistant_message_id, turns.workflow_run_id, turns.error, turns.created_at, turns.started_at, turns.ended_at,
  turns.first_seq::float8 AS first_seq, k.request_hash
FROM idempotency_keys k JOIN turns ON turns.id = k.turn_id
WHERE k.org_id = $1 AND k.user_id = $2 AND k.key = $3 AND k.created_at > now() - interval '24 hours';

-- turn_store.find_by_message
-- src/turn/adapters/turn-statements.ts
SELECT turns.id, turns.thread_id, turns.parent_turn_id, turns.status, turns.attempt, turns.user_message_id,
  turns.assistant_message_id, turns.workflow_run_id, turns.error, turns.created_at, turns.started_at, turns.ended_at,
  turns.first_seq::float8 AS first_seq
FROM turns
WHERE turns.user_message_id = $1
  AND EXISTS (SELECT id FROM threads WHERE id = turns.thread_id AND org_id = $2 AND user_id = $3)
ORDER BY turns.id DESC LIMIT 1;

-- turn_store.finish
-- src/turn/adapters/finish-statements.ts
WITH head AS (
  UPDATE thread_heads SET last_seq = $5::bigint
  WHERE thread_id = $1 AND turn_id = $2::uuid AND epoch = $3 AND last_seq = $4
  RETURNING thread_id
), ended AS (
  UPDATE turns SET status = $6, ended_at = $7::timestamptz, error = $8::jsonb, workflow_run_id = $9::uuid,
    workflow_state = COALESCE($25::json, workflow_state), lease_owner = NULL, lease_until = NULL
  FROM head WHERE turns.id = $2::uuid
), answered AS (
  UPDATE messages SET content = $11, status = $12, provider = $13,
    model = $14, usage = $15::jsonb, citations = $16::jsonb,
    tool_calls = $17::jsonb, step = $18, level = $23::smallint,
    documents = $24::uuid[]
  FROM head WHERE messages.id = $10::uuid
), written AS (
  INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at, level)
  SELECT head.thread_id, e.seq, $2::uuid, e.type, e.data::json, e.created_at, $23::smallint
  FROM head, unnest($19::bigint[], $20::text[], $21::text[], $22::timestamptz[])
    AS e (seq, type, data, created_at)
), told AS (
  SELECT t.*
  FROM head,
    json_to_record($26::json) AS t (id uuid, org_id text, user_id text, thread_id uuid, turn_id uuid, job_id text,
        step text, round smallint, purpose text, operation text, provider text, model text, input_tokens bigint,
        output_tokens bigint, cached_tokens bigint, reasoning_tokens bigint, estimated boolean, cost numeric,
        first_token_ms integer, duration_ms integer, retries integer, outcome text, error_code text,
        started_at timestamptz)
  WHERE $26 IS NOT NULL
), no_longer_in_flight AS (
  DELETE FROM llm_attempts_under_way WHERE id = (SELECT id FROM told)
), recorded AS (
  INSERT INTO llm_attempts AS a (id, org_id, user_id, thread_id, turn_id, job_id, step, round, purpose, operation,
      provider, model, input_tokens, output_tokens, cached_tokens, reasoning_tokens, estimated, cost, first_token_ms,
      duration_ms, retries, outcome, error_code, started_at)
  SELECT *
  FROM told
  ON CONFLICT (id) DO UPDATE SET org_id = excluded.org_id, user_id = excluded.user_id, thread_id = excluded.thread_id,
    turn_id = excluded.turn_id, job_id = excluded.job_id, step = excluded.step, round = excluded.round,
    purpose = excluded.purpose, operation = excluded.operation, provider = excluded.provider, model = excluded.model,
    input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
    cached_tokens = excluded.cached_tokens, reasoning_tokens = excluded.reasoning_tokens,
    estimated = excluded.estimated, cost = excluded.cost, first_token_ms = excluded.first_token_ms,
    duration_ms = excluded.duration_ms, retries = excluded.retries, outcome = excluded.outcome,
    error_code = excluded.error_code, started_at = excluded.started_at
  WHERE a.was_lost
  RETURNING id, was_lost
)
SELECT (
  SELECT q.id FROM turns q WHERE q.thread_id = head.thread_id AND q.status = 'queued'
  ORDER BY ROW(q.holds_thread, q.cancel_requested OR q.interrupt_requested, q.is_urgent, -q.position) DESC LIMIT 1
) AS next_id, COALESCE((SELECT was_lost FROM recorded), false) AS was_lost
FROM head;

-- turn_store.finish_told
-- src/turn/adapters/finish-statements.ts
WITH head AS (
  UPDATE thread_heads SET last_seq = $5::bigint
  WHERE thread_id = $1 AND turn_id = $2::uuid AND epoch = $3 AND last_seq = $4
  RETURNING thread_id
), ended AS (
  UPDATE turns SET status = $6, ended_at = $7::timestamptz, error = $8::jsonb, workflow_run_id = $9::uuid,
    workflow_state = COALESCE($25::json, workflow_state), lease_owner = NULL, lease_until = NULL
  FROM head WHERE turns.id = $2::uuid
), answered AS (
  UPDATE messages SET content = $11, status = $12, provider = $13,
    model = $14, usage = $15::jsonb, citations = $16::jsonb,
    tool_calls = $17::jsonb, step = $18, level = $23::smallint,
    documents = $24::uuid[]
  FROM head WHERE messages.id = $10::uuid
), written AS (
  INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at, level)
  SELECT head.thread_id, e.seq, $2::uuid, e.type, e.data::json, e.created_at, $23::smallint
  FROM head, unnest($19::bigint[], $20::text[], $21::text[], $22::timestamptz[])
    AS e (seq, type, data, created_at)
), told AS (
  SELECT t.*
  FROM head,
    json_to_record($26::json) AS t (id uuid, org_id text, user_id text, thread_id uuid, turn_id uuid, job_id text,
        step text, round smallint, purpose text, operation text, provider text, model text, input_tokens bigint,
        output_tokens bigint, cached_tokens bigint, reasoning_tokens bigint, estimated boolean, cost numeric,
        first_token_ms integer, duration_ms integer, retries integer, outcome text, error_code text,
        started_at timestamptz)
  WHERE $26 IS NOT NULL
), no_longer_in_flight AS (
  DELETE FROM llm_attempts_under_way WHERE id = (SELECT id FROM told)
), recorded AS (
  INSERT INTO llm_attempts AS a (id, org_id, user_id, thread_id, turn_id, job_id, step, round, purpose, operation,
      provider, model, input_tokens, output_tokens, cached_tokens, reasoning_tokens, estimated, cost, first_token_ms,
      duration_ms, retries, outcome, error_code, started_at)
  SELECT *
  FROM told
  ON CONFLICT (id) DO UPDATE SET org_id = excluded.org_id, user_id = excluded.user_id, thread_id = excluded.thread_id,
    turn_id = excluded.turn_id, job_id = excluded.job_id, step = excluded.step, round = excluded.round,
    purpose = excluded.purpose, operation = excluded.operation, provider = excluded.provider, model = excluded.model,
    input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
    cached_tokens = excluded.cached_tokens, reasoning_tokens = excluded.reasoning_tokens,
    estimated = excluded.estimated, cost = excluded.cost, first_token_ms = excluded.first_token_ms,
    duration_ms = excluded.duration_ms, retries = excluded.retries, outcome = excluded.outcome,
    error_code = excluded.error_code, started_at = excluded.started_at
  WHERE a.was_lost
  RETURNING id, was_lost
), outbox AS (
  INSERT INTO webhook_deliveries (id, webhook, org_id, user_id, type, body)
  SELECT d.id, d.webhook, d.org_id, d.user_id, d.type, d.body
  FROM head, json_to_recordset($27::json)
    AS d (id uuid, webhook text, org_id text, user_id text, type text, body text)
)
SELECT (
  SELECT q.id FROM turns q WHERE q.thread_id = head.thread_id AND q.status = 'queued'
  ORDER BY ROW(q.holds_thread, q.cancel_requested OR q.interrupt_requested, q.is_urgent, -q.position) DESC LIMIT 1
) AS next_id, COALESCE((SELECT was_lost FROM recorded), false) AS was_lost
FROM head;

-- turn_store.finish_waiting
-- src/turn/adapters/finish-statements.ts
WITH head AS (
  UPDATE thread_heads SET last_seq = $5::bigint
  WHERE thread_id = $1 AND turn_id = $2::uuid AND epoch = $3 AND last_seq = $4
  RETURNING thread_id
), ended AS (
  UPDATE turns SET status = $6, ended_at = $7::timestamptz, error = $8::jsonb, workflow_run_id = $9::uuid,
    workflow_state = COALESCE($25::json, workflow_state), lease_owner = NULL, lease_until = NULL
  FROM head WHERE turns.id = $2::uuid
), answered AS (
  UPDATE messages SET content = $11, status = $12, provider = $13,
    model = $14, usage = $15::jsonb, citations = $16::jsonb,
    tool_calls = $17::jsonb, step = $18, level = $23::smallint,
    documents = $24::uuid[]
  FROM head WHERE messages.id = $10::uuid
), written AS (
  INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at, level)
  SELECT head.thread_id, e.seq, $2::uuid, e.type, e.data::json, e.created_at, $23::smallint
  FROM head, unnest($19::bigint[], $20::text[], $21::text[], $22::timestamptz[])
    AS e (seq, type, data, created_at)
), told AS (
  SELECT t.*
  FROM head,
    json_to_record($26::json) AS t (id uuid, org_id text, user_id text, thread_id uuid, turn_id uuid, job_id text,
        step text, round smallint, purpose text, operation text, provider text, model text, input_tokens bigint,
        output_tokens bigint, cached_tokens bigint, reasoning_tokens bigint, estimated boolean, cost numeric,
        first_token_ms integer, duration_ms integer, retries integer, outcome text, error_code text,
        started_at timestamptz)
  WHERE $26 IS NOT NULL
), no_longer_in_flight AS (
  DELETE FROM llm_attempts_under_way WHERE id = (SELECT id FROM told)
), recorded AS (
  INSERT INTO llm_attempts AS a (id, org_id, user_id, thread_id, turn_id, job_id, step, round, purpose, operation,
      provider, model, input_tokens, output_tokens, cached_tokens, reasoning_tokens, estimated, cost, first_token_ms,
      duration_ms, retries, outcome, error_code, started_at)
  SELECT *
  FROM told
  ON CONFLICT (id) DO UPDATE SET org_id = excluded.org_id, user_id = excluded.user_id, thread_id = excluded.thread_id,
    turn_id = excluded.turn_id, job_id = excluded.job_id, step = excluded.step, round = excluded.round,
    purpose = excluded.purpose, operation = excluded.operation, provider = excluded.provider, model = excluded.model,
    input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
    cached_tokens = excluded.cached_tokens, reasoning_tokens = excluded.reasoning_tokens,
    estimated = excluded.estimated, cost = excluded.cost, first_token_ms = excluded.first_token_ms,
    duration_ms = excluded.duration_ms, retries = excluded.retries, outcome = excluded.outcome,
    error_code = excluded.error_code, started_at = excluded.started_at
  WHERE a.was_lost
  RETURNING id, was_lost
), closed AS (
  UPDATE inputs SET status = 'cancelled', answered_at = $7::timestamptz
  FROM head WHERE inputs.turn_id = $2::uuid AND inputs.status = 'open'
  RETURNING (SELECT pg_notify('user_events',
      CASE WHEN octet_length(p.whole) <= 7999 THEN p.whole
        ELSE json_build_object('kind', 'input_closed', 'id', inputs.id, 'to',
            concat_ws(' ',
                encode(sha256(convert_to('user' || E'\n' || inputs.org_id::text || E'\n' || inputs.user_id::text,
                    'UTF8')),
                    'hex'),
                encode(sha256(convert_to('user' || E'\n' || inputs.org_id::text || E'\n' || inputs.assignee::text,
                    'UTF8')),
                    'hex'),
                encode(sha256(convert_to('role' || E'\n' || inputs.org_id::text || E'\n' || inputs.role::text, 'UTF8')),
                    'hex')))::text END)
    FROM (
      SELECT json_build_object('kind', 'input_closed', 'id', inputs.id, 'to',
          concat_ws(' ',
              encode(sha256(convert_to('user' || E'\n' || inputs.org_id::text || E'\n' || inputs.user_id::text,
                  'UTF8')),
                  'hex'),
              encode(sha256(convert_to('user' || E'\n' || inputs.org_id::text || E'\n' || inputs.assignee::text,
                  'UTF8')),
                  'hex'),
              encode(sha256(convert_to('role' || E'\n' || inputs.org_id::text || E'\n' || inputs.role::text, 'UTF8')),
                  'hex')),
          'level',
          COALESCE((
            SELECT max(told.level)
            FROM (
              SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
                parent_turn_id, branch FROM turns WHERE id = inputs.turn_id) telling JOIN turn_events told
              ON told.thread_id = telling.thread_id AND told.seq > telling.first_seq AND told.turn_id = telling.id), 0),
          'input',
          json_build_object('id', inputs.id, 'threadId', inputs.thread_id, 'turnId', inputs.turn_id, 'kind',
              inputs.kind, 'callId', inputs.call_id, 'prompt', left(inputs.prompt, 500), 'schema',
              CASE WHEN octet_length(inputs.schema::text) <= 3000 THEN inputs.schema END, 'server', inputs.server,
              'mode',
              inputs.mode, 'url', inputs.url, 'assignee', inputs.assignee, 'role', inputs.role, 'status', inputs.status,
              'expiresAt', to_char(inputs.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'createdAt',
              to_char(inputs.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'answeredAt',
              to_char(inputs.answered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'answeredBy',
              inputs.answered_by))::text AS whole OFFSET 0) p)
)
SELECT (
  SELECT q.id FROM turns q WHERE q.thread_id = head.thread_id AND q.status = 'queued'
  ORDER BY ROW(q.holds_thread, q.cancel_requested OR q.interrupt_requested, q.is_urgent, -q.position) DESC LIMIT 1
) AS next_id, COALESCE((SELECT was_lost FROM recorded), false) AS was_lost
FROM head;

-- turn_store.finish_waiting_told
-- src/turn/adapters/finish-statements.ts
WITH head AS (
  UPDATE thread_heads SET last_seq = $5::bigint
  WHERE thread_id = $1 AND turn_id = $2::uuid AND epoch = $3 AND last_seq = $4
  RETURNING thread_id
), ended AS (
  UPDATE turns SET status = $6, ended_at = $7::timestamptz, error = $8::jsonb, workflow_run_id = $9::uuid,
    workflow_state = COALESCE($25::json, workflow_state), lease_owner = NULL, lease_until = NULL
  FROM head WHERE turns.id = $2::uuid
), answered AS (
  UPDATE messages SET content = $11, status = $12, provider = $13,
    model = $14, usage = $15::jsonb, citations = $16::jsonb,
    tool_calls = $17::jsonb, step = $18, level = $23::smallint,
    documents = $24::uuid[]
  FROM head WHERE messages.id = $10::uuid
), written AS (
  INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at, level)
  SELECT head.thread_id, e.seq, $2::uuid, e.type, e.data::json, e.created_at, $23::smallint
  FROM head, unnest($19::bigint[], $20::text[], $21::text[], $22::timestamptz[])
    AS e (seq, type, data, created_at)
), told AS (
  SELECT t.*
  FROM head,
    json_to_record($26::json) AS t (id uuid, org_id text, user_id text, thread_id uuid, turn_id uuid, job_id text,
        step text, round smallint, purpose text, operation text, provider text, model text, input_tokens bigint,
        output_tokens bigint, cached_tokens bigint, reasoning_tokens bigint, estimated boolean, cost numeric,
        first_token_ms integer, duration_ms integer, retries integer, outcome text, error_code text,
        started_at timestamptz)
  WHERE $26 IS NOT NULL
), no_longer_in_flight AS (
  DELETE FROM llm_attempts_under_way WHERE id = (SELECT id FROM told)
), recorded AS (
  INSERT INTO llm_attempts AS a (id, org_id, user_id, thread_id, turn_id, job_id, step, round, purpose, operation,
      provider, model, input_tokens, output_tokens, cached_tokens, reasoning_tokens, estimated, cost, first_token_ms,
      duration_ms, retries, outcome, error_code, started_at)
  SELECT *
  FROM told
  ON CONFLICT (id) DO UPDATE SET org_id = excluded.org_id, user_id = excluded.user_id, thread_id = excluded.thread_id,
    turn_id = excluded.turn_id, job_id = excluded.job_id, step = excluded.step, round = excluded.round,
    purpose = excluded.purpose, operation = excluded.operation, provider = excluded.provider, model = excluded.model,
    input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
    cached_tokens = excluded.cached_tokens, reasoning_tokens = excluded.reasoning_tokens,
    estimated = excluded.estimated, cost = excluded.cost, first_token_ms = excluded.first_token_ms,
    duration_ms = excluded.duration_ms, retries = excluded.retries, outcome = excluded.outcome,
    error_code = excluded.error_code, started_at = excluded.started_at
  WHERE a.was_lost
  RETURNING id, was_lost
), closed AS (
  UPDATE inputs SET status = 'cancelled', answered_at = $7::timestamptz
  FROM head WHERE inputs.turn_id = $2::uuid AND inputs.status = 'open'
  RETURNING (SELECT pg_notify('user_events',
      CASE WHEN octet_length(p.whole) <= 7999 THEN p.whole
        ELSE json_build_object('kind', 'input_closed', 'id', inputs.id, 'to',
            concat_ws(' ',
                encode(sha256(convert_to('user' || E'\n' || inputs.org_id::text || E'\n' || inputs.user_id::text,
                    'UTF8')),
                    'hex'),
                encode(sha256(convert_to('user' || E'\n' || inputs.org_id::text || E'\n' || inputs.assignee::text,
                    'UTF8')),
                    'hex'),
                encode(sha256(convert_to('role' || E'\n' || inputs.org_id::text || E'\n' || inputs.role::text, 'UTF8')),
                    'hex')))::text END)
    FROM (
      SELECT json_build_object('kind', 'input_closed', 'id', inputs.id, 'to',
          concat_ws(' ',
              encode(sha256(convert_to('user' || E'\n' || inputs.org_id::text || E'\n' || inputs.user_id::text,
                  'UTF8')),
                  'hex'),
              encode(sha256(convert_to('user' || E'\n' || inputs.org_id::text || E'\n' || inputs.assignee::text,
                  'UTF8')),
                  'hex'),
              encode(sha256(convert_to('role' || E'\n' || inputs.org_id::text || E'\n' || inputs.role::text, 'UTF8')),
                  'hex')),
          'level',
          COALESCE((
            SELECT max(told.level)
            FROM (
              SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
                parent_turn_id, branch FROM turns WHERE id = inputs.turn_id) telling JOIN turn_events told
              ON told.thread_id = telling.thread_id AND told.seq > telling.first_seq AND told.turn_id = telling.id), 0),
          'input',
          json_build_object('id', inputs.id, 'threadId', inputs.thread_id, 'turnId', inputs.turn_id, 'kind',
              inputs.kind, 'callId', inputs.call_id, 'prompt', left(inputs.prompt, 500), 'schema',
              CASE WHEN octet_length(inputs.schema::text) <= 3000 THEN inputs.schema END, 'server', inputs.server,
              'mode',
              inputs.mode, 'url', inputs.url, 'assignee', inputs.assignee, 'role', inputs.role, 'status', inputs.status,
              'expiresAt', to_char(inputs.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'createdAt',
              to_char(inputs.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'answeredAt',
              to_char(inputs.answered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'answeredBy',
              inputs.answered_by))::text AS whole OFFSET 0) p)
), outbox AS (
  INSERT INTO webhook_deliveries (id, webhook, org_id, user_id, type, body)
  SELECT d.id, d.webhook, d.org_id, d.user_id, d.type, d.body
  FROM head, json_to_recordset($27::json)
    AS d (id uuid, webhook text, org_id text, user_id text, type text, body text)
)
SELECT (
  SELECT q.id FROM turns q WHERE q.thread_id = head.thread_id AND q.status = 'queued'
  ORDER BY ROW(q.holds_thread, q.cancel_requested OR q.interrupt_requested, q.is_urgent, -q.position) DESC LIMIT 1
) AS next_id, COALESCE((SELECT was_lost FROM recorded), false) AS was_lost
FROM head;

-- turn_store.follow
-- src/turn/adapters/turn-statements.ts
WITH target AS (
  SELECT t.id AS thread_id, u.id, u.parent_turn_id, u.branch, a.position,
    EXISTS (SELECT id FROM turns WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(u.id, t.id)) AS has_children,
    b.path, b.ends
  FROM threads t
  LEFT JOIN (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
      parent_turn_id, branch FROM turns WHERE id = $4::uuid) u ON u.thread_id = t.id
  LEFT JOIN messages a ON a.id = u.assistant_message_id
  LEFT JOIN thread_branches b ON b.thread_id = t.id AND b.branch = u.branch
  WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3 AND ($4::uuid IS NULL OR u.id IS NOT NULL)
), moved AS (
  UPDATE threads SET head_turn_id = target.id, head_parent_turn_id = target.parent_turn_id,
    head_branch = COALESCE(target.branch, 0), head_has_children = target.has_children, updated_at = now()
  FROM target
  WHERE threads.id = target.thread_id AND NOT (target.has_children AND COALESCE(cardinality(target.path), 0) >= 1000)
  RETURNING threads.id, branch_count + 1 AS next_branch
), noted AS (
  INSERT INTO thread_branches (thread_id, branch, path, ends)
  -- What begins at the beginning goes back to nothing.
  SELECT moved.id, moved.next_branch, array_remove(COALESCE(target.path, '{}') || target.branch, NULL),
    array_remove(COALESCE(target.ends, '{}') || target.position, NULL)
  FROM moved, target
  WHERE target.has_children
  ON CONFLICT (thread_id, branch) DO UPDATE SET path = excluded.path, ends = excluded.ends
)
SELECT id, false AS is_too_deep FROM moved
UNION ALL SELECT thread_id, true FROM target WHERE target.has_children AND COALESCE(cardinality(target.path), 0) >= 1000;

-- turn_store.forget_old_key
-- src/turn/adapters/turn-statements.ts
DELETE FROM idempotency_keys
WHERE org_id = $1 AND user_id = $2 AND key = $3 AND created_at <= now() - interval '24 hours' RETURNING key;

-- turn_store.lock_thread
-- src/turn/adapters/turn-statements.ts
SELECT id FROM threads WHERE id = $1 AND org_id = $2 AND user_id = $3 FOR NO KEY UPDATE;

-- turn_store.lock_waiting
-- src/turn/adapters/stopped-queue-statements.ts
SELECT own.thread_id
FROM (
  SELECT thread_id
  FROM turns
  WHERE thread_id = $1 AND status = 'waiting' AND NOT cancel_requested AND NOT interrupt_requested) w
JOIN threads t ON t.id = w.thread_id JOIN thread_heads own ON own.thread_id = t.id
WHERE EXISTS (
  SELECT 1
  FROM turns
  WHERE thread_id = $1 AND status = 'queued' AND (cancel_requested OR interrupt_requested))
FOR KEY SHARE OF t FOR UPDATE OF own;

-- turn_store.overtake
-- src/turn/adapters/overtake-statements.ts
WITH own AS (
  SELECT id, thread_id, parent_turn_id, branch, position FROM turns WHERE id = $2 AND thread_id = $1
), next AS MATERIALIZED (
  SELECT q.id, q.parent_turn_id, (SELECT min(m.position) FROM messages m
    WHERE m.id IN (q.user_message_id, q.assistant_message_id) AND m.turn_id = q.id) AS position
  FROM own JOIN turns q ON q.thread_id = own.thread_id AND q.branch = own.branch AND q.status = 'queued'
    AND NOT (q.holds_thread OR q.is_urgent OR q.cancel_requested OR q.interrupt_requested)
  JOIN turns p ON p.id = q.parent_turn_id AND p.branch = q.branch
  ORDER BY q.position LIMIT 1
  -- It does not begin meanwhile.
  FOR UPDATE OF q
), place AS MATERIALIZED (
  SELECT own.id, own.thread_id, own.position AS enqueued_at, next.position, next.id AS next_id, next.parent_turn_id,
    own.parent_turn_id AS head_id,
    CASE WHEN head.id = next.id THEN own.id ELSE head.parent_turn_id END AS head_parent_id,
    (CASE
      WHEN NOT EXISTS (
        SELECT 1
        FROM (
          SELECT id
          FROM (
            SELECT id
            FROM turns
            WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(next.parent_turn_id, own.thread_id)) AS following
          WHERE id <> next.id
          UNION ALL SELECT own.id) AS following WHERE id <> own.id)
        THEN '{"index":0,"count":1,"turnIds":["' || own.id::text || '"]}'
      ELSE (SELECT '{"index":' || place.own || ',"count":' || place.total || ',"turnIds":["' || (
        SELECT string_agg(id::text, '","' ORDER BY id) FROM (
          SELECT id
          FROM (
            SELECT id
            FROM (
              SELECT id
              FROM turns
              WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(next.parent_turn_id, own.thread_id)) AS following
            WHERE id <> next.id
            UNION ALL SELECT own.id) AS following
          ORDER BY id OFFSET GREATEST(0, LEAST(place.own - 100, place.total - 200)) LIMIT 200
        ) named
      ) || '"]}'
        FROM (
          SELECT count(*) AS total, count(*) FILTER (WHERE id < own.id) AS own
          FROM (
            SELECT id
            FROM (
              SELECT id
              FROM turns
              WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(next.parent_turn_id, own.thread_id)) AS following
            WHERE id <> next.id
            UNION ALL SELECT own.id) AS following
        ) place) END) AS siblings,
    (CASE WHEN NOT EXISTS (SELECT 1 FROM (SELECT next.id) AS following WHERE id <> next.id)
        THEN '{"index":0,"count":1,"turnIds":["' || next.id::text || '"]}'
      ELSE (SELECT '{"index":' || place.own || ',"count":' || place.total || ',"turnIds":["' || (
        SELECT string_agg(id::text, '","' ORDER BY id) FROM (
          SELECT id FROM (SELECT next.id) AS following
          ORDER BY id OFFSET GREATEST(0, LEAST(place.own - 100, place.total - 200)) LIMIT 200
        ) named
      ) || '"]}'
        FROM (
          SELECT count(*) AS total, count(*) FILTER (WHERE id < next.id) AS own FROM (SELECT next.id) AS following
        ) place) END) AS next_siblings
  FROM own, next, turns head WHERE head.id = own.parent_turn_id
), moved AS (
  UPDATE turns SET position = CASE turns.id WHEN place.id THEN place.position + 1 ELSE turns.position + 2 END,
    parent_turn_id = CASE turns.id WHEN place.id THEN place.parent_turn_id WHEN place.next_id THEN place.id
      ELSE turns.parent_turn_id END,
    saved_event = CASE turns.id
      WHEN place.id THEN regexp_replace(turns.saved_event, ',"parentTurnId":[^{]*\{[^{}]*\}\}\}$',
          ',"parentTurnId":' || COALESCE('"' || place.parent_turn_id || '"',
              'null') || ',"siblings":' || place.siblings || '}}')
      WHEN place.next_id THEN regexp_replace(turns.saved_event, ',"parentTurnId":[^{]*\{[^{}]*\}\}\}$',
          ',"parentTurnId":' || COALESCE('"' || place.id || '"',
              'null') || ',"siblings":' || place.next_siblings || '}}')
      ELSE turns.saved_event END
  FROM place
  WHERE turns.id IN (
    SELECT m.turn_id
    FROM messages m
    WHERE m.thread_id = place.thread_id AND m.position >= place.position)
), kept AS (
  UPDATE threads SET head_turn_id = place.head_id, head_parent_turn_id = place.head_parent_id
  FROM place WHERE threads.id = place.thread_id
), shifted AS (
  UPDATE thread_branches b SET ends = ARRAY(
    SELECT e.at + CASE WHEN e.at >= place.position THEN 2 ELSE 0 END
    FROM unnest(b.ends) WITH ORDINALITY AS e (at, place) ORDER BY e.place)
  FROM place WHERE b.thread_id = place.thread_id AND place.position <= ANY(b.ends)
)
SELECT parent_turn_id, siblings::json AS siblings,
  ',"parentTurnId":' || COALESCE('"' || parent_turn_id || '"',
      'null') || ',"siblings":' || siblings || '}}' AS saved_end,
  position, enqueued_at
FROM place;

-- turn_store.owner_of
-- src/turn/adapters/told-statements.ts
SELECT t.org_id, t.user_id, t.workflow, t.workflow_version FROM (SELECT $1::uuid AS id) own
JOIN threads t ON t.id = own.id;

-- turn_store.place_shifted_messages
-- src/turn/adapters/overtake-statements.ts
UPDATE messages SET position = -position WHERE thread_id = $1 AND position < 0;

-- turn_store.release
-- src/turn/adapters/lease-statements.ts
UPDATE turns SET lease_owner = NULL, lease_until = now() - interval '1 second'
WHERE id = $1 AND epoch = $2 AND lease_owner = $3 AND status = 'running'
RETURNING id;

-- turn_store.request_cancel
-- src/turn/adapters/turn-statements.ts
UPDATE turns SET cancel_requested = true
WHERE turns.id = $1::uuid AND turns.thread_id = $2 AND turns.status IN ('queued', 'running', 'waiting')
  AND EXISTS (SELECT id FROM threads WHERE id = turns.thread_id AND org_id = $3 AND user_id = $4)
RETURNING turns.id, turns.thread_id, turns.parent_turn_id, turns.status, turns.attempt, turns.user_message_id,
  turns.assistant_message_id, turns.workflow_run_id, turns.error, turns.created_at, turns.started_at, turns.ended_at,
  pg_notify('turn_stop', turns.id::text || ':cancelled');

-- turn_store.request_cancel_all
-- src/turn/adapters/turn-statements.ts
UPDATE turns SET cancel_requested = true
WHERE turns.thread_id = $1 AND turns.status IN ('queued', 'running', 'waiting')
  AND EXISTS (SELECT id FROM threads WHERE id = turns.thread_id AND org_id = $2 AND user_id = $3)
RETURNING turns.id, turns.status = 'queued' AS is_queued,
  pg_notify('turn_stop', turns.id::text || ':cancelled');

-- turn_store.shift_messages
-- src/turn/adapters/overtake-statements.ts
UPDATE messages SET position = -(CASE WHEN turn_id = $2 THEN position - $4::int + $3::int + 1
  ELSE position + 2 END)
WHERE thread_id = $1 AND position >= $3::int;

-- turn_store.suspend
-- src/turn/adapters/progress-statements.ts
WITH head AS (
  UPDATE thread_heads SET last_seq = $5::bigint
  WHERE thread_id = $1 AND turn_id = $2::uuid AND epoch = $3 AND last_seq = $4
  RETURNING thread_id
), suspended AS (
  UPDATE turns SET status = 'waiting', lease_owner = NULL, lease_until = NULL, workflow_run_id = $11::uuid,
    workflow_state = COALESCE($12::json, workflow_state)
  FROM head WHERE turns.id = $2::uuid
  RETURNING turns.cancel_requested OR turns.interrupt_requested AS is_stopped
), asked AS (
  INSERT INTO inputs (id, thread_id, turn_id, org_id, user_id, key, kind, call_id, prompt, schema, server, mode, url,
      assignee, role, held_by, expires_at, created_at)
  SELECT i.id, head.thread_id, $2::uuid, $13, $14, i.key, i.kind, i.call_id, i.prompt, i.schema, i.server, i.mode,
    i.url, i.assignee, i.role, i.held_by, i.expires_at, now()
  FROM head, json_to_recordset($15::json) AS i (id uuid, key text, kind text, call_id text, prompt text, schema json,
      server text, mode text, url text, assignee text, role text, held_by text, expires_at timestamptz)
  RETURNING pg_notify('user_events',
      json_build_object('kind', 'input_opened', 'id', inputs.id, 'to',
          concat_ws(' ',
              encode(sha256(convert_to('user' || E'\n' || inputs.org_id::text || E'\n' || inputs.user_id::text,
                  'UTF8')),
                  'hex'),
              encode(sha256(convert_to('user' || E'\n' || inputs.org_id::text || E'\n' || inputs.assignee::text,
                  'UTF8')),
                  'hex'),
              encode(sha256(convert_to('role' || E'\n' || inputs.org_id::text || E'\n' || inputs.role::text, 'UTF8')),
                  'hex')))::text)
), written AS (
  INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at, level)
  SELECT head.thread_id, e.seq, $2::uuid, e.type, e.data::json, e.created_at, $10::smallint
  FROM head, unnest($6::bigint[], $7::text[], $8::text[], $9::timestamptz[])
    AS e (seq, type, data, created_at)
)
SELECT suspended.is_stopped, pg_notify('thread_log', $16),
  pg_notify('user_events',
      json_build_object('kind', 'turn_waiting', 'id', $2, 'threadId', $1, 'to',
          encode(sha256(convert_to('user' || E'\n' || $13::text || E'\n' || $14::text, 'UTF8')), 'hex'))::text)
FROM suspended;

-- turn_store.suspend_told
-- src/turn/adapters/progress-statements.ts
WITH head AS (
  UPDATE thread_heads SET last_seq = $5::bigint
  WHERE thread_id = $1 AND turn_id = $2::uuid AND epoch = $3 AND last_seq = $4
  RETURNING thread_id
), suspended AS (
  UPDATE turns SET status = 'waiting', lease_owner = NULL, lease_until = NULL, workflow_run_id = $11::uuid,
    workflow_state = COALESCE($12::json, workflow_state)
  FROM head WHERE turns.id = $2::uuid
  RETURNING turns.cancel_requested OR turns.interrupt_requested AS is_stopped
), asked AS (
  INSERT INTO inputs (id, thread_id, turn_id, org_id, user_id, key, kind, call_id, prompt, schema, server, mode, url,
      assignee, role, held_by, expires_at, created_at)
  SELECT i.id, head.thread_id, $2::uuid, $13, $14, i.key, i.kind, i.call_id, i.prompt, i.schema, i.server, i.mode,
    i.url, i.assignee, i.role, i.held_by, i.expires_at, now()
  FROM head, json_to_recordset($15::json) AS i (id uuid, key text, kind text, call_id text, prompt text, schema json,
      server text, mode text, url text, assignee text, role text, held_by text, expires_at timestamptz)
  RETURNING pg_notify('user_events',
      json_build_object('kind', 'input_opened', 'id', inputs.id, 'to',
          concat_ws(' ',
              encode(sha256(convert_to('user' || E'\n' || inputs.org_id::text || E'\n' || inputs.user_id::text,
                  'UTF8')),
                  'hex'),
              encode(sha256(convert_to('user' || E'\n' || inputs.org_id::text || E'\n' || inputs.assignee::text,
                  'UTF8')),
                  'hex'),
              encode(sha256(convert_to('role' || E'\n' || inputs.org_id::text || E'\n' || inputs.role::text, 'UTF8')),
                  'hex')))::text)
), written AS (
  INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at, level)
  SELECT head.thread_id, e.seq, $2::uuid, e.type, e.data::json, e.created_at, $10::smallint
  FROM head, unnest($6::bigint[], $7::text[], $8::text[], $9::timestamptz[])
    AS e (seq, type, data, created_at)
), outbox AS (
  INSERT INTO webhook_deliveries (id, webhook, org_id, user_id, type, body)
  SELECT d.id, d.webhook, d.org_id, d.user_id, d.type, d.body
  FROM suspended, json_to_recordset($17::json)
    AS d (id uuid, webhook text, org_id text, user_id text, type text, body text)
)
SELECT suspended.is_stopped, pg_notify('thread_log', $16),
  pg_notify('user_events',
      json_build_object('kind', 'turn_waiting', 'id', $2, 'threadId', $1, 'to',
          encode(sha256(convert_to('user' || E'\n' || $13::text || E'\n' || $14::text, 'UTF8')), 'hex'))::text)
FROM suspended;

-- turn_store.sweep_keys
-- src/turn/adapters/turn-statements.ts
DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM idempotency_keys WHERE created_at <= now() - interval '24 hours'
  ORDER BY created_at LIMIT $1::int FOR UPDATE SKIP LOCKED)) RETURNING 1 AS one;

-- turn_store.tell
-- src/turn/adapters/told-statements.ts
INSERT INTO webhook_deliveries (id, webhook, org_id, user_id, type, body)
SELECT d.id, d.webhook, d.org_id, d.user_id, d.type, d.body
FROM (SELECT 1) AS one, json_to_recordset($1::json)
  AS d (id uuid, webhook text, org_id text, user_id text, type text, body text);

-- turn_store.was_finished
-- src/turn/adapters/finish-statements.ts
SELECT turns.id FROM turns JOIN thread_heads h ON h.thread_id = turns.thread_id
WHERE turns.id = $1 AND turns.epoch = $2 AND turns.ended_at IS NOT NULL AND h.last_seq >= $3;

-- turn_store.was_written
-- src/turn/adapters/progress-statements.ts
SELECT id FROM turns WHERE id = $2 AND EXISTS (SELECT 1 FROM thread_heads
  WHERE thread_id = $1 AND turn_id = $2::uuid AND epoch = $3 AND last_seq = $4) AND thread_id = $1;
