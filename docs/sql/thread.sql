-- Written by `npm run generate` from src/: change the statements there.

-- message_index.add_blocks
-- src/thread/adapters/search-statements.ts
INSERT INTO search_blocks (thread_id, first_position, last_position, part, bits)
SELECT t.id, b.first, b.last, b.part, b.bits
FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::bytea[]) AS b (thread_id, first, last, part, bits)
JOIN threads t ON t.id = b.thread_id FOR KEY SHARE OF t
ON CONFLICT DO NOTHING;

-- message_index.done_with
-- src/thread/adapters/search-statements.ts
DELETE FROM search_pending p
USING (
  SELECT t.id, a.indexed_to FROM unnest($1::uuid[], $2::int[]) AS a (thread_id, indexed_to)
  JOIN threads t ON t.id = a.thread_id AND t.message_count <= a.indexed_to FOR NO KEY UPDATE OF t SKIP LOCKED
) AS t
WHERE p.thread_id = t.id
  AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.thread_id = t.id AND m.position > t.indexed_to)
RETURNING p.thread_id;

-- message_index.forget_deleted
-- src/thread/adapters/search-statements.ts
DELETE FROM search_pending p WHERE p.thread_id = ANY($1::uuid[])
  AND NOT EXISTS (SELECT 1 FROM threads t WHERE t.id = p.thread_id)
RETURNING p.thread_id;

-- message_index.pending
-- src/thread/adapters/search-statements.ts
SELECT p.thread_id, COALESCE((
  SELECT b.last_position FROM search_blocks b WHERE b.thread_id = p.thread_id ORDER BY b.first_position DESC LIMIT 1
), 0) AS indexed_to
FROM search_pending p
WHERE NOT EXISTS (
  SELECT 1
  FROM turns
  WHERE thread_id = p.thread_id AND (status IN ('running', 'waiting') OR (status = 'queued' AND holds_thread))) LIMIT $1;

-- message_index.settle_levels
-- src/thread/adapters/search-statements.ts
UPDATE messages SET level = known.level
FROM (
  SELECT id, position, max(own) OVER (ORDER BY position) AS level FROM (
    SELECT m.id, m.position, CASE WHEN m.role = 'user' THEN 0 ELSE COALESCE(m.level, CASE
      WHEN m.status = 'streaming' THEN (
        SELECT max(e.level)
        FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
            parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
          ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
        WHERE own.has_begun)
      WHEN m.citations <> '[]' THEN (
        SELECT max(d.level) FROM jsonb_array_elements(m.citations) c
        CROSS JOIN LATERAL (
          SELECT s.level
          FROM rag_documents d
          JOIN rag_scopes s ON s.id = d.scope_id
          WHERE d.id = (c ->> 'documentId')::uuid) d)
    END, 0) END AS own
    FROM messages m WHERE m.thread_id = $1 AND m.position > $2 - 200 AND m.position <= $3) AS said
) AS known
WHERE messages.id = known.id AND known.position > $2 AND known.level > 0
  AND messages.level IS NULL AND messages.role <> 'user' AND messages.status <> 'streaming';

-- message_index.try
-- src/thread/adapters/search-statements.ts
SELECT pg_try_advisory_xact_lock(7468726562) AS is_held;

-- message_index.unindexed
-- src/thread/adapters/search-statements.ts
SELECT m.thread_id, m.position, m.content, m.level IS NULL AND m.role <> 'user' AS is_unknown
FROM (
  SELECT next.id, p.place, octet_length(next.content) AS own,
    sum(octet_length(next.content)) OVER (ORDER BY p.place, next.position) AS total
  FROM unnest($1::uuid[], $2::int[]) WITH ORDINALITY AS p (thread_id, indexed_to, place)
  CROSS JOIN LATERAL (
    SELECT id, position, content FROM messages
    WHERE thread_id = p.thread_id AND position > p.indexed_to
      AND position < COALESCE(LEAST(
          (SELECT min(position) FROM turns WHERE thread_id = p.thread_id AND status = 'queued'),
          (
            SELECT min(position)
            FROM turns
            WHERE thread_id = p.thread_id
              AND (status IN ('running', 'waiting') OR (status = 'queued' AND holds_thread)))
      ) - 1, 2147483647)
    ORDER BY position LIMIT $3) AS next
) AS measured
JOIN messages m ON m.id = measured.id
WHERE measured.total - measured.own < $4 ORDER BY measured.place, m.position;

-- message_store.basis_before
-- src/thread/adapters/message-statements.ts
WITH RECURSIVE line AS (
  SELECT u.thread_id, COALESCE(b.path, '{}') || u.branch AS path,
    COALESCE(b.ends, '{}') || (asked.position - 1) AS ends, cardinality(COALESCE(b.path, '{}')) + 1 AS place,
    '{}'::uuid[] AS ids, '{}'::int[] AS lengths
  FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
      parent_turn_id, branch FROM turns WHERE id = $2) u
  JOIN messages asked ON asked.id = u.user_message_id
  LEFT JOIN thread_branches b ON b.thread_id = u.thread_id AND b.branch = u.branch
  WHERE u.thread_id = (SELECT id FROM threads WHERE id = $1 AND org_id = $7 AND user_id = $8)
  UNION ALL
  SELECT line.thread_id, line.path, line.ends, line.place - 1, line.ids || said.ids, line.lengths || said.lengths
  FROM line CROSS JOIN LATERAL (
    SELECT array_agg(s.id ORDER BY s.position DESC, s.part DESC) AS ids,
      array_agg(s.length ORDER BY s.position DESC, s.part DESC) AS lengths
    FROM (
      SELECT id, position, part,
        CASE WHEN role = 'tool' THEN LEAST(length(content), 16000) ELSE length(content) END AS length
      FROM messages
      WHERE thread_id = line.thread_id AND branch = line.path[line.place] AND position <= line.ends[line.place]
        AND (role = 'tool' OR role IN ('user', 'assistant') AND (content <> '' OR tool_calls <> '[]'))
        AND turn_id <> ALL (ARRAY(SELECT id FROM turns WHERE thread_id = $1 AND status = 'queued'))
      ORDER BY position DESC, part DESC LIMIT $3::int - cardinality(line.ids)
    ) s
  ) said
  WHERE line.place > 0 AND cardinality(line.ids) < $3::int AND cardinality(line.path) - line.place < $3::int
)
SELECT
  CASE WHEN w.reason IS NULL AND m.role <> 'user' THEN COALESCE(m.level, CASE
    WHEN m.status = 'streaming' THEN (
      SELECT max(e.level)
      FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
          parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
        ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
      WHERE own.has_begun)
    WHEN m.citations <> '[]' THEN (
      SELECT max(d.level) FROM jsonb_array_elements(m.citations) c
      CROSS JOIN LATERAL (
        SELECT s.level
        FROM rag_documents d
        JOIN rag_scopes s ON s.id = d.scope_id
        WHERE d.id = (c ->> 'documentId')::uuid) d)
  END, 0) ELSE 0 END AS level,
  CASE WHEN w.reason IS NULL THEN CASE
    WHEN m.status = 'streaming' THEN ARRAY(
      SELECT (c ->> 'documentId')::uuid
      FROM (
        SELECT e.data
        FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
            parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
          ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
        WHERE own.has_begun AND e.type = 'rag_context') told
      CROSS JOIN json_array_elements(told.data -> 'citations') c)
    WHEN m.documents IS NULL AND m.citations <> '[]' THEN ARRAY(
      SELECT (c ->> 'documentId')::uuid FROM jsonb_array_elements(m.citations) c)
    ELSE m.documents END END AS documents
FROM (
  SELECT newest.id, sum(newest.length) OVER (ORDER BY newest.nth) AS chars
  FROM (
    SELECT said.* FROM (SELECT ids, lengths FROM line ORDER BY place LIMIT 1) whole
    CROSS JOIN LATERAL unnest(whole.ids, whole.lengths) WITH ORDINALITY AS said (id, length, nth)
    -- There are no more of them; the limit tells the planner so, whose generic plan is dearer than one a turn without it.
    ORDER BY said.nth LIMIT $3
  ) newest
) measured
JOIN messages m ON m.id = measured.id
CROSS JOIN LATERAL (SELECT CASE
  WHEN m.role = 'user' OR (m.status <> 'streaming' AND m.content = '' AND m.tool_calls = '[]') THEN NULL
  WHEN COALESCE(m.level, CASE
    WHEN m.status = 'streaming' THEN (
      SELECT max(e.level)
      FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
          parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
        ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
      WHERE own.has_begun)
    WHEN m.citations <> '[]' THEN (
      SELECT max(d.level) FROM jsonb_array_elements(m.citations) c
      CROSS JOIN LATERAL (
        SELECT s.level
        FROM rag_documents d
        JOIN rag_scopes s ON s.id = d.scope_id
        WHERE d.id = (c ->> 'documentId')::uuid) d)
  END, 0) > $5::smallint THEN 'clearance'
  WHEN $6::boolean AND EXISTS (
    SELECT 1 FROM unnest(CASE
      WHEN m.status = 'streaming' THEN ARRAY(
        SELECT (c ->> 'documentId')::uuid
        FROM (
          SELECT e.data
          FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
              parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
            ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
          WHERE own.has_begun AND e.type = 'rag_context') told
        CROSS JOIN json_array_elements(told.data -> 'citations') c)
      WHEN m.documents IS NULL AND m.citations <> '[]' THEN ARRAY(
        SELECT (c ->> 'documentId')::uuid FROM jsonb_array_elements(m.citations) c)
      ELSE m.documents END) AS given (id)
    WHERE NOT EXISTS (SELECT 1 FROM rag_documents d WHERE d.id = given.id)) THEN 'document_deleted'
END AS reason OFFSET 0) w
WHERE measured.chars <= $4 ORDER BY m.position, m.part;

-- message_store.has_spoken_by
-- src/thread/adapters/message-statements.ts
SELECT 1 AS one
FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
    parent_turn_id, branch FROM turns WHERE id = $1) u
JOIN threads t ON t.id = u.thread_id
WHERE t.org_id = $2 AND t.user_id = $3 AND EXISTS (
  SELECT 1 FROM turn_events e
  WHERE e.thread_id = u.thread_id AND e.seq > u.first_seq AND e.seq <= $5::bigint AND e.turn_id = u.id
    AND e.type = 'ai_response' AND e.data ->> 'messageId' = $4::text
    AND NOT EXISTS (
      SELECT 1 FROM turn_events r WHERE r.thread_id = u.thread_id AND r.seq > e.seq AND r.seq <= $5::bigint
        AND r.turn_id = u.id AND r.type = 'ai_reset' AND r.data ->> 'messageId' = $4::text));

-- message_store.history_before
-- src/thread/adapters/message-statements.ts
WITH RECURSIVE line AS (
  SELECT u.thread_id, COALESCE(b.path, '{}') || u.branch AS path,
    COALESCE(b.ends, '{}') || (asked.position - 1) AS ends, cardinality(COALESCE(b.path, '{}')) + 1 AS place,
    '{}'::uuid[] AS ids, '{}'::int[] AS lengths
  FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
      parent_turn_id, branch FROM turns WHERE id = $2) u
  JOIN messages asked ON asked.id = u.user_message_id
  LEFT JOIN thread_branches b ON b.thread_id = u.thread_id AND b.branch = u.branch
  WHERE u.thread_id = (SELECT id FROM threads WHERE id = $1 AND org_id = $7 AND user_id = $8)
  UNION ALL
  SELECT line.thread_id, line.path, line.ends, line.place - 1, line.ids || said.ids, line.lengths || said.lengths
  FROM line CROSS JOIN LATERAL (
    SELECT array_agg(s.id ORDER BY s.position DESC, s.part DESC) AS ids,
      array_agg(s.length ORDER BY s.position DESC, s.part DESC) AS lengths
    FROM (
      SELECT id, position, part,
        CASE WHEN role = 'tool' THEN LEAST(length(content), 16000) ELSE length(content) END AS length
      FROM messages
      WHERE thread_id = line.thread_id AND branch = line.path[line.place] AND position <= line.ends[line.place]
        AND (role = 'tool' OR role IN ('user', 'assistant') AND (content <> '' OR tool_calls <> '[]'))
        AND turn_id <> ALL (ARRAY(SELECT id FROM turns WHERE thread_id = $1 AND status = 'queued'))
      ORDER BY position DESC, part DESC LIMIT $3::int - cardinality(line.ids)
    ) s
  ) said
  WHERE line.place > 0 AND cardinality(line.ids) < $3::int AND cardinality(line.path) - line.place < $3::int
)
SELECT m.role, CASE WHEN w.reason IS NULL THEN CASE WHEN m.role = 'tool' AND length(m.content) > 16000
    THEN left(m.content, 14000) || ' [… the middle is left out here; read_result reads it …] ' || right(m.content, 2000)
  ELSE m.content END ELSE '[withheld]' END AS content,
  CASE WHEN w.reason IS NULL THEN m.tool_calls ELSE '[]' END AS tool_calls, m.tool_call_id,
  CASE WHEN w.reason IS NULL THEN m.provider_metadata END AS metadata,
  CASE WHEN w.reason IS NULL
      AND m.parts IS NOT NULL THEN jsonb_path_query_array(m.parts, '$[*] ? (@.type == "image")') END AS images,
  CASE WHEN w.reason IS NULL AND m.role <> 'user' THEN COALESCE(m.level, CASE
    WHEN m.status = 'streaming' THEN (
      SELECT max(e.level)
      FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
          parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
        ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
      WHERE own.has_begun)
    WHEN m.citations <> '[]' THEN (
      SELECT max(d.level) FROM jsonb_array_elements(m.citations) c
      CROSS JOIN LATERAL (
        SELECT s.level
        FROM rag_documents d
        JOIN rag_scopes s ON s.id = d.scope_id
        WHERE d.id = (c ->> 'documentId')::uuid) d)
  END, 0) ELSE 0 END AS level,
  CASE WHEN w.reason IS NULL THEN CASE
    WHEN m.status = 'streaming' THEN ARRAY(
      SELECT (c ->> 'documentId')::uuid
      FROM (
        SELECT e.data
        FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
            parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
          ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
        WHERE own.has_begun AND e.type = 'rag_context') told
      CROSS JOIN json_array_elements(told.data -> 'citations') c)
    WHEN m.documents IS NULL AND m.citations <> '[]' THEN ARRAY(
      SELECT (c ->> 'documentId')::uuid FROM jsonb_array_elements(m.citations) c)
    ELSE m.documents END END AS documents
FROM (
  SELECT newest.id, sum(newest.length) OVER (ORDER BY newest.nth) AS chars
  FROM (
    SELECT said.* FROM (SELECT ids, lengths FROM line ORDER BY place LIMIT 1) whole
    CROSS JOIN LATERAL unnest(whole.ids, whole.lengths) WITH ORDINALITY AS said (id, length, nth)
    -- There are no more of them; the limit tells the planner so, whose generic plan is dearer than one a turn without it.
    ORDER BY said.nth LIMIT $3
  ) newest
) measured
JOIN messages m ON m.id = measured.id
CROSS JOIN LATERAL (SELECT CASE
  WHEN m.role = 'user' OR (m.status <> 'streaming' AND m.content = '' AND m.tool_calls = '[]') THEN NULL
  WHEN COALESCE(m.level, CASE
    WHEN m.status = 'streaming' THEN (
      SELECT max(e.level)
      FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
          parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
        ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
      WHERE own.has_begun)
    WHEN m.citations <> '[]' THEN (
      SELECT max(d.level) FROM jsonb_array_elements(m.citations) c
      CROSS JOIN LATERAL (
        SELECT s.level
        FROM rag_documents d
        JOIN rag_scopes s ON s.id = d.scope_id
        WHERE d.id = (c ->> 'documentId')::uuid) d)
  END, 0) > $5::smallint THEN 'clearance'
  WHEN $6::boolean AND EXISTS (
    SELECT 1 FROM unnest(CASE
      WHEN m.status = 'streaming' THEN ARRAY(
        SELECT (c ->> 'documentId')::uuid
        FROM (
          SELECT e.data
          FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
              parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
            ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
          WHERE own.has_begun AND e.type = 'rag_context') told
        CROSS JOIN json_array_elements(told.data -> 'citations') c)
      WHEN m.documents IS NULL AND m.citations <> '[]' THEN ARRAY(
        SELECT (c ->> 'documentId')::uuid FROM jsonb_array_elements(m.citations) c)
      ELSE m.documents END) AS given (id)
    WHERE NOT EXISTS (SELECT 1 FROM rag_documents d WHERE d.id = given.id)) THEN 'document_deleted'
END AS reason OFFSET 0) w
WHERE measured.chars <= $4 ORDER BY m.position, m.part;

-- message_store.of_turn
-- src/thread/adapters/message-statements.ts
SELECT m.id, m.thread_id, m.turn_id, u.parent_turn_id,
  (CASE
    WHEN NOT EXISTS (
      SELECT 1
      FROM (
        SELECT id
        FROM turns
        WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(u.parent_turn_id, u.thread_id)) AS following
      WHERE id <> u.id)
      THEN '{"index":0,"count":1,"turnIds":["' || u.id::text || '"]}'
    ELSE (SELECT '{"index":' || place.own || ',"count":' || place.total || ',"turnIds":["' || (
      SELECT string_agg(id::text, '","' ORDER BY id) FROM (
        SELECT id
        FROM (
          SELECT id
          FROM turns
          WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(u.parent_turn_id, u.thread_id)) AS following
        ORDER BY id OFFSET GREATEST(0, LEAST(place.own - 100, place.total - 200)) LIMIT 200
      ) named
    ) || '"]}'
      FROM (
        SELECT count(*) AS total, count(*) FILTER (WHERE id < u.id) AS own
        FROM (
          SELECT id
          FROM turns
          WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(u.parent_turn_id, u.thread_id)) AS following
      ) place) END)::json AS siblings, m.position, m.part,
  m.role, m.tool_call_id, CASE WHEN w.reason IS NULL THEN m.parts END AS parts,
  CASE WHEN w.reason IS NULL THEN CASE WHEN m.status <> 'streaming' THEN m.content ELSE COALESCE((
    SELECT string_agg(e.data ->> 'content', '' ORDER BY e.seq)
    FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
        parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
      ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
    WHERE e.type = 'ai_response' AND e.data ->> 'messageId' = m.id::text AND e.seq > COALESCE((
      SELECT max(r.seq) FROM turn_events r
      WHERE r.thread_id = own.thread_id AND r.seq > own.first_seq AND r.turn_id = own.id AND r.type = 'ai_reset'
        AND r.data ->> 'messageId' = m.id::text), 0)
  ), '') END ELSE '[withheld]' END AS content, m.status, m.provider, m.model, m.usage, m.citations,
  CASE WHEN w.reason IS NULL THEN m.tool_calls ELSE '[]' END AS tool_calls, m.step, m.created_at, w.reason AS withheld
FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
    parent_turn_id, branch FROM turns WHERE id = $1) answered
JOIN threads t ON t.id = answered.thread_id
CROSS JOIN LATERAL (
  SELECT answered.user_message_id AS id UNION ALL SELECT id FROM messages
  WHERE thread_id = answered.thread_id
    AND position = (SELECT position FROM messages WHERE id = answered.assistant_message_id)
) own
JOIN messages m ON m.id = own.id
CROSS JOIN LATERAL (
  SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
    parent_turn_id, branch FROM turns WHERE id = m.turn_id) u
CROSS JOIN LATERAL (SELECT CASE
  WHEN m.role = 'user' OR (m.status <> 'streaming' AND m.content = '' AND m.tool_calls = '[]') THEN NULL
  WHEN COALESCE(m.level, CASE
    WHEN m.status = 'streaming' THEN (
      SELECT max(e.level)
      FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
          parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
        ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
      WHERE own.has_begun)
    WHEN m.citations <> '[]' THEN (
      SELECT max(d.level) FROM jsonb_array_elements(m.citations) c
      CROSS JOIN LATERAL (
        SELECT s.level
        FROM rag_documents d
        JOIN rag_scopes s ON s.id = d.scope_id
        WHERE d.id = (c ->> 'documentId')::uuid) d)
  END, 0) > $4::smallint THEN 'clearance'
  WHEN $5::boolean AND EXISTS (
    SELECT 1 FROM unnest(CASE
      WHEN m.status = 'streaming' THEN ARRAY(
        SELECT (c ->> 'documentId')::uuid
        FROM (
          SELECT e.data
          FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
              parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
            ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
          WHERE own.has_begun AND e.type = 'rag_context') told
        CROSS JOIN json_array_elements(told.data -> 'citations') c)
      WHEN m.documents IS NULL AND m.citations <> '[]' THEN ARRAY(
        SELECT (c ->> 'documentId')::uuid FROM jsonb_array_elements(m.citations) c)
      ELSE m.documents END) AS given (id)
    WHERE NOT EXISTS (SELECT 1 FROM rag_documents d WHERE d.id = given.id)) THEN 'document_deleted'
END AS reason OFFSET 0) w
WHERE t.org_id = $2 AND t.user_id = $3
ORDER BY m.position, m.part;

-- message_store.page_asc
-- src/thread/adapters/message-statements.ts
SELECT shown.branch AS shown_branch, page.*
FROM threads t
LEFT JOIN LATERAL (
  SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
    parent_turn_id, branch FROM turns WHERE id = COALESCE($9::uuid, t.head_turn_id)) shown ON shown.thread_id = t.id
LEFT JOIN LATERAL (
  SELECT m.id, m.thread_id, m.turn_id, u.parent_turn_id,
    (CASE
      WHEN NOT EXISTS (
        SELECT 1
        FROM (
          SELECT id
          FROM turns
          WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(u.parent_turn_id, u.thread_id)) AS following
        WHERE id <> u.id)
        THEN '{"index":0,"count":1,"turnIds":["' || u.id::text || '"]}'
      ELSE (SELECT '{"index":' || place.own || ',"count":' || place.total || ',"turnIds":["' || (
        SELECT string_agg(id::text, '","' ORDER BY id) FROM (
          SELECT id
          FROM (
            SELECT id
            FROM turns
            WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(u.parent_turn_id, u.thread_id)) AS following
          ORDER BY id OFFSET GREATEST(0, LEAST(place.own - 100, place.total - 200)) LIMIT 200
        ) named
      ) || '"]}'
        FROM (
          SELECT count(*) AS total, count(*) FILTER (WHERE id < u.id) AS own
          FROM (
            SELECT id
            FROM turns
            WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(u.parent_turn_id, u.thread_id)) AS following
        ) place) END)::json AS siblings, m.position, m.part,
    m.role, m.tool_call_id, CASE WHEN w.reason IS NULL THEN m.parts END AS parts,
    CASE WHEN w.reason IS NULL THEN CASE WHEN m.status <> 'streaming' THEN m.content ELSE COALESCE((
      SELECT string_agg(e.data ->> 'content', '' ORDER BY e.seq)
      FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
          parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
        ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
      WHERE e.type = 'ai_response' AND e.data ->> 'messageId' = m.id::text AND e.seq > COALESCE((
        SELECT max(r.seq) FROM turn_events r
        WHERE r.thread_id = own.thread_id AND r.seq > own.first_seq AND r.turn_id = own.id AND r.type = 'ai_reset'
          AND r.data ->> 'messageId' = m.id::text), 0)
    ), '') END ELSE '[withheld]' END AS content, m.status, m.provider, m.model, m.usage, m.citations,
    CASE WHEN w.reason IS NULL THEN m.tool_calls ELSE '[]' END AS tool_calls, m.step, m.created_at, w.reason AS withheld
  FROM (
    SELECT found.* FROM (
      SELECT s.* FROM (SELECT s.* FROM (SELECT shown.branch AS branch) own
        LEFT JOIN thread_branches b ON b.thread_id = t.id AND b.branch = own.branch
        CROSS JOIN LATERAL unnest(COALESCE(b.path, '{}') || own.branch, 0 || COALESCE(b.ends, '{}'),
            COALESCE(b.ends, '{}') || (SELECT position FROM messages WHERE id = shown.assistant_message_id))
        WITH ORDINALITY AS s (branch, lower, upper, place)) s
      WHERE s.upper >= $4::int ORDER BY s.place ASC LIMIT $5 + 1
    ) segment
    CROSS JOIN LATERAL (
      SELECT messages.* FROM messages
      WHERE thread_id = t.id AND branch = segment.branch AND position <= segment.upper
        AND (position, part) > ($4::int, $8::int)
      ORDER BY position ASC, part ASC LIMIT $5
    ) found
    ORDER BY segment.place ASC, found.position ASC, found.part ASC LIMIT $5
  ) m
  CROSS JOIN LATERAL (
    SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
      parent_turn_id, branch FROM turns WHERE id = m.turn_id) u
  CROSS JOIN LATERAL (SELECT CASE
    WHEN m.role = 'user' OR (m.status <> 'streaming' AND m.content = '' AND m.tool_calls = '[]') THEN NULL
    WHEN COALESCE(m.level, CASE
      WHEN m.status = 'streaming' THEN (
        SELECT max(e.level)
        FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
            parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
          ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
        WHERE own.has_begun)
      WHEN m.citations <> '[]' THEN (
        SELECT max(d.level) FROM jsonb_array_elements(m.citations) c
        CROSS JOIN LATERAL (
          SELECT s.level
          FROM rag_documents d
          JOIN rag_scopes s ON s.id = d.scope_id
          WHERE d.id = (c ->> 'documentId')::uuid) d)
    END, 0) > $6::smallint THEN 'clearance'
    WHEN $7::boolean AND EXISTS (
      SELECT 1 FROM unnest(CASE
        WHEN m.status = 'streaming' THEN ARRAY(
          SELECT (c ->> 'documentId')::uuid
          FROM (
            SELECT e.data
            FROM (
              SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
                parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
              ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
            WHERE own.has_begun AND e.type = 'rag_context') told
          CROSS JOIN json_array_elements(told.data -> 'citations') c)
        WHEN m.documents IS NULL AND m.citations <> '[]' THEN ARRAY(
          SELECT (c ->> 'documentId')::uuid FROM jsonb_array_elements(m.citations) c)
        ELSE m.documents END) AS given (id)
      WHERE NOT EXISTS (SELECT 1 FROM rag_documents d WHERE d.id = given.id)) THEN 'document_deleted'
  END AS reason OFFSET 0) w
) page ON true
WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3 AND ($9::uuid IS NULL OR shown.id IS NOT NULL)
ORDER BY page.position ASC, page.part ASC;

-- message_store.page_desc
-- src/thread/adapters/message-statements.ts
SELECT shown.branch AS shown_branch, page.*
FROM threads t
LEFT JOIN LATERAL (
  SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
    parent_turn_id, branch FROM turns WHERE id = COALESCE($9::uuid, t.head_turn_id)) shown ON shown.thread_id = t.id
LEFT JOIN LATERAL (
  SELECT m.id, m.thread_id, m.turn_id, u.parent_turn_id,
    (CASE
      WHEN NOT EXISTS (
        SELECT 1
        FROM (
          SELECT id
          FROM turns
          WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(u.parent_turn_id, u.thread_id)) AS following
        WHERE id <> u.id)
        THEN '{"index":0,"count":1,"turnIds":["' || u.id::text || '"]}'
      ELSE (SELECT '{"index":' || place.own || ',"count":' || place.total || ',"turnIds":["' || (
        SELECT string_agg(id::text, '","' ORDER BY id) FROM (
          SELECT id
          FROM (
            SELECT id
            FROM turns
            WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(u.parent_turn_id, u.thread_id)) AS following
          ORDER BY id OFFSET GREATEST(0, LEAST(place.own - 100, place.total - 200)) LIMIT 200
        ) named
      ) || '"]}'
        FROM (
          SELECT count(*) AS total, count(*) FILTER (WHERE id < u.id) AS own
          FROM (
            SELECT id
            FROM turns
            WHERE COALESCE(parent_turn_id, thread_id) = COALESCE(u.parent_turn_id, u.thread_id)) AS following
        ) place) END)::json AS siblings, m.position, m.part,
    m.role, m.tool_call_id, CASE WHEN w.reason IS NULL THEN m.parts END AS parts,
    CASE WHEN w.reason IS NULL THEN CASE WHEN m.status <> 'streaming' THEN m.content ELSE COALESCE((
      SELECT string_agg(e.data ->> 'content', '' ORDER BY e.seq)
      FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
          parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
        ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
      WHERE e.type = 'ai_response' AND e.data ->> 'messageId' = m.id::text AND e.seq > COALESCE((
        SELECT max(r.seq) FROM turn_events r
        WHERE r.thread_id = own.thread_id AND r.seq > own.first_seq AND r.turn_id = own.id AND r.type = 'ai_reset'
          AND r.data ->> 'messageId' = m.id::text), 0)
    ), '') END ELSE '[withheld]' END AS content, m.status, m.provider, m.model, m.usage, m.citations,
    CASE WHEN w.reason IS NULL THEN m.tool_calls ELSE '[]' END AS tool_calls, m.step, m.created_at, w.reason AS withheld
  FROM (
    SELECT found.* FROM (
      SELECT s.* FROM (SELECT s.* FROM (SELECT shown.branch AS branch) own
        LEFT JOIN thread_branches b ON b.thread_id = t.id AND b.branch = own.branch
        CROSS JOIN LATERAL unnest(COALESCE(b.path, '{}') || own.branch, 0 || COALESCE(b.ends, '{}'),
            COALESCE(b.ends, '{}') || (SELECT position FROM messages WHERE id = shown.assistant_message_id))
        WITH ORDINALITY AS s (branch, lower, upper, place)) s
      WHERE s.lower < $4::int ORDER BY s.place DESC LIMIT $5 + 1
    ) segment
    CROSS JOIN LATERAL (
      SELECT messages.* FROM messages
      WHERE thread_id = t.id AND branch = segment.branch AND position <= segment.upper
        AND (position, part) < ($4::int, $8::int)
      ORDER BY position DESC, part DESC LIMIT $5
    ) found
    ORDER BY segment.place DESC, found.position DESC, found.part DESC LIMIT $5
  ) m
  CROSS JOIN LATERAL (
    SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
      parent_turn_id, branch FROM turns WHERE id = m.turn_id) u
  CROSS JOIN LATERAL (SELECT CASE
    WHEN m.role = 'user' OR (m.status <> 'streaming' AND m.content = '' AND m.tool_calls = '[]') THEN NULL
    WHEN COALESCE(m.level, CASE
      WHEN m.status = 'streaming' THEN (
        SELECT max(e.level)
        FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
            parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
          ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
        WHERE own.has_begun)
      WHEN m.citations <> '[]' THEN (
        SELECT max(d.level) FROM jsonb_array_elements(m.citations) c
        CROSS JOIN LATERAL (
          SELECT s.level
          FROM rag_documents d
          JOIN rag_scopes s ON s.id = d.scope_id
          WHERE d.id = (c ->> 'documentId')::uuid) d)
    END, 0) > $6::smallint THEN 'clearance'
    WHEN $7::boolean AND EXISTS (
      SELECT 1 FROM unnest(CASE
        WHEN m.status = 'streaming' THEN ARRAY(
          SELECT (c ->> 'documentId')::uuid
          FROM (
            SELECT e.data
            FROM (
              SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
                parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
              ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
            WHERE own.has_begun AND e.type = 'rag_context') told
          CROSS JOIN json_array_elements(told.data -> 'citations') c)
        WHEN m.documents IS NULL AND m.citations <> '[]' THEN ARRAY(
          SELECT (c ->> 'documentId')::uuid FROM jsonb_array_elements(m.citations) c)
        ELSE m.documents END) AS given (id)
      WHERE NOT EXISTS (SELECT 1 FROM rag_documents d WHERE d.id = given.id)) THEN 'document_deleted'
  END AS reason OFFSET 0) w
) page ON true
WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3 AND ($9::uuid IS NULL OR shown.id IS NOT NULL)
ORDER BY page.position DESC, page.part DESC;

-- message_store.result_of
-- src/thread/adapters/message-statements.ts
SELECT substr(m.content, $5::int + 1, $6::int) AS content, COALESCE(whole.characters, length(m.content)) AS length,
  whole.id AS whole
FROM threads t JOIN messages m ON m.thread_id = t.id AND m.tool_call_id = $4
LEFT JOIN result_parts whole ON whole.thread_id = t.id AND whole.turn_id = m.turn_id AND whole.call_id = $4
  AND whole.is_whole_text AND m.parts IS NOT NULL
CROSS JOIN LATERAL (SELECT CASE
  WHEN m.role = 'user' OR (m.status <> 'streaming' AND m.content = '' AND m.tool_calls = '[]') THEN NULL
  WHEN COALESCE(m.level, CASE
    WHEN m.status = 'streaming' THEN (
      SELECT max(e.level)
      FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
          parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
        ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
      WHERE own.has_begun)
    WHEN m.citations <> '[]' THEN (
      SELECT max(d.level) FROM jsonb_array_elements(m.citations) c
      CROSS JOIN LATERAL (
        SELECT s.level
        FROM rag_documents d
        JOIN rag_scopes s ON s.id = d.scope_id
        WHERE d.id = (c ->> 'documentId')::uuid) d)
  END, 0) > $7::smallint THEN 'clearance'
  WHEN $8::boolean AND EXISTS (
    SELECT 1 FROM unnest(CASE
      WHEN m.status = 'streaming' THEN ARRAY(
        SELECT (c ->> 'documentId')::uuid
        FROM (
          SELECT e.data
          FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
              parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
            ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
          WHERE own.has_begun AND e.type = 'rag_context') told
        CROSS JOIN json_array_elements(told.data -> 'citations') c)
      WHEN m.documents IS NULL AND m.citations <> '[]' THEN ARRAY(
        SELECT (c ->> 'documentId')::uuid FROM jsonb_array_elements(m.citations) c)
      ELSE m.documents END) AS given (id)
    WHERE NOT EXISTS (SELECT 1 FROM rag_documents d WHERE d.id = given.id)) THEN 'document_deleted'
END AS reason OFFSET 0) w
WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3 AND w.reason IS NULL
ORDER BY m.position DESC, m.part DESC LIMIT 1;

-- message_store.withheld_turns
-- src/thread/adapters/message-statements.ts
SELECT u.id AS turn_id, min(w.reason) AS reason
FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
    parent_turn_id, branch FROM turns WHERE id = ANY($1::uuid[])) u
JOIN threads t ON t.id = u.thread_id
CROSS JOIN LATERAL (SELECT * FROM messages
  WHERE thread_id = u.thread_id AND position = (SELECT position FROM messages WHERE id = u.assistant_message_id)) m
CROSS JOIN LATERAL (SELECT CASE
  WHEN m.role = 'user' OR (m.status <> 'streaming' AND m.content = '' AND m.tool_calls = '[]') THEN NULL
  WHEN COALESCE(m.level, CASE
    WHEN m.status = 'streaming' THEN (
      SELECT max(e.level)
      FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
          parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
        ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
      WHERE own.has_begun)
    WHEN m.citations <> '[]' THEN (
      SELECT max(d.level) FROM jsonb_array_elements(m.citations) c
      CROSS JOIN LATERAL (
        SELECT s.level
        FROM rag_documents d
        JOIN rag_scopes s ON s.id = d.scope_id
        WHERE d.id = (c ->> 'documentId')::uuid) d)
  END, 0) > $4::smallint THEN 'clearance'
  WHEN $5::boolean AND EXISTS (
    SELECT 1 FROM unnest(CASE
      WHEN m.status = 'streaming' THEN ARRAY(
        SELECT (c ->> 'documentId')::uuid
        FROM (
          SELECT e.data
          FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
              parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
            ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
          WHERE own.has_begun AND e.type = 'rag_context') told
        CROSS JOIN json_array_elements(told.data -> 'citations') c)
      WHEN m.documents IS NULL AND m.citations <> '[]' THEN ARRAY(
        SELECT (c ->> 'documentId')::uuid FROM jsonb_array_elements(m.citations) c)
      ELSE m.documents END) AS given (id)
    WHERE NOT EXISTS (SELECT 1 FROM rag_documents d WHERE d.id = given.id)) THEN 'document_deleted'
END AS reason OFFSET 0) w
WHERE t.org_id = $2 AND t.user_id = $3 AND w.reason IS NOT NULL
GROUP BY u.id;

-- result_parts.add_piece
-- src/thread/adapters/result-part-statements.ts
WITH held AS (
  SELECT thread_id FROM thread_heads
  WHERE thread_id = $1::uuid AND turn_id = $2::uuid AND epoch = $3::int FOR SHARE
), added AS (
  INSERT INTO result_part_pieces (part_id, nth, first_character, characters, bytes)
  SELECT $4::uuid, $5::int, $6::int, $7::int, $8::bytea FROM held
  ON CONFLICT (part_id, nth) DO NOTHING
)
SELECT thread_id FROM held;

-- result_parts.begin
-- src/thread/adapters/result-part-statements.ts
WITH held AS (
  SELECT thread_id FROM thread_heads
  WHERE thread_id = $1::uuid AND turn_id = $2::uuid AND epoch = $3::int FOR SHARE
), room AS (
  SELECT COALESCE(sum(p.size), 0) + (SELECT sum(size) FROM unnest($7::bigint[]) AS size) <= $10::bigint AS has_room
  FROM held LEFT JOIN result_parts p ON p.thread_id = held.thread_id AND p.turn_id = $2::uuid AND p.call_id <> $4
  GROUP BY held.thread_id
), former AS (
  DELETE FROM result_parts p USING room
  WHERE room.has_room AND p.thread_id = $1::uuid AND p.turn_id = $2::uuid AND p.call_id = $4
    AND p.id <> ALL ($5::uuid[])
), begun AS (
  INSERT INTO result_parts (id, thread_id, turn_id, call_id, media_type, size, characters, is_whole_text)
  SELECT part.id, $1::uuid, $2::uuid, $4, part.media_type, part.size, part.characters, part.is_whole_text
  FROM room, unnest($5::uuid[], $6::text[], $7::bigint[], $8::int[], $9::boolean[])
    AS part (id, media_type, size, characters, is_whole_text)
  WHERE room.has_room
  ON CONFLICT (id) DO NOTHING
)
SELECT has_room FROM room;

-- result_parts.open
-- src/thread/adapters/result-part-statements.ts
SELECT p.media_type, p.size::float8 AS size
FROM threads t JOIN result_parts p ON p.thread_id = t.id
JOIN messages m ON m.thread_id = t.id AND m.tool_call_id = p.call_id AND m.turn_id = p.turn_id
CROSS JOIN LATERAL (SELECT CASE
  WHEN m.role = 'user' OR (m.status <> 'streaming' AND m.content = '' AND m.tool_calls = '[]') THEN NULL
  WHEN COALESCE(m.level, CASE
    WHEN m.status = 'streaming' THEN (
      SELECT max(e.level)
      FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
          parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
        ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
      WHERE own.has_begun)
    WHEN m.citations <> '[]' THEN (
      SELECT max(d.level) FROM jsonb_array_elements(m.citations) c
      CROSS JOIN LATERAL (
        SELECT s.level
        FROM rag_documents d
        JOIN rag_scopes s ON s.id = d.scope_id
        WHERE d.id = (c ->> 'documentId')::uuid) d)
  END, 0) > $5::smallint THEN 'clearance'
  WHEN $6::boolean AND EXISTS (
    SELECT 1 FROM unnest(CASE
      WHEN m.status = 'streaming' THEN ARRAY(
        SELECT (c ->> 'documentId')::uuid
        FROM (
          SELECT e.data
          FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
              parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
            ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
          WHERE own.has_begun AND e.type = 'rag_context') told
        CROSS JOIN json_array_elements(told.data -> 'citations') c)
      WHEN m.documents IS NULL AND m.citations <> '[]' THEN ARRAY(
        SELECT (c ->> 'documentId')::uuid FROM jsonb_array_elements(m.citations) c)
      ELSE m.documents END) AS given (id)
    WHERE NOT EXISTS (SELECT 1 FROM rag_documents d WHERE d.id = given.id)) THEN 'document_deleted'
END AS reason OFFSET 0) w
WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3 AND p.id = $4 AND w.reason IS NULL;

-- result_parts.piece
-- src/thread/adapters/result-part-statements.ts
SELECT bytes FROM result_part_pieces WHERE part_id = $1 AND nth = $2;

-- result_parts.pieces_between
-- src/thread/adapters/result-part-statements.ts
SELECT first_character, bytes FROM result_part_pieces
WHERE part_id = $1 AND first_character < $2::int + $3::int AND first_character + characters > $2::int ORDER BY nth;

-- thread_search.candidates
-- src/thread/adapters/search-statements.ts
SELECT t.id, t.active_at, COALESCE(t.title ILIKE $6, false) AS is_titled, COALESCE((
  SELECT m.position FROM messages m WHERE m.thread_id = t.id ORDER BY m.position DESC LIMIT 1
), 0) AS newest, known.firsts, known.lasts,
  COALESCE(known.indexed_to, 0) AS indexed_to
FROM (
  SELECT id, title, active_at FROM threads
  WHERE org_id = $1 AND user_id = $2 AND (active_at, id) < ($3::timestamptz, $4::uuid)
  ORDER BY active_at DESC, id DESC LIMIT $5
) AS t
CROSS JOIN LATERAL (
  SELECT array_agg(b.first_position ORDER BY b.first_position DESC) FILTER (WHERE b.may_say) AS firsts,
    array_agg(b.last_position ORDER BY b.first_position DESC) FILTER (WHERE b.may_say) AS lasts,
    max(b.last_position) AS indexed_to
  FROM (
    SELECT s.first_position, s.last_position, NOT EXISTS (
      SELECT 1 FROM unnest($7::int[]) AS asked (bit)
      WHERE get_bit(s.bits, asked.bit & (8 * octet_length(s.bits) - 1)) = 0
    ) AS may_say
    FROM search_blocks s WHERE s.thread_id = t.id OFFSET 0
  ) AS b
) AS known
ORDER BY t.active_at DESC, t.id DESC;

-- thread_search.limit_statements
-- src/thread/adapters/search-statements.ts
SELECT set_config('statement_timeout', $1, true), set_config('jit', 'off', true);

-- thread_search.saying
-- src/thread/adapters/search-statements.ts
SELECT DISTINCT r.thread_id
FROM unnest($3::uuid[], $4::int[], $5::int[]) AS r (thread_id, first, last)
JOIN threads t ON t.id = r.thread_id AND t.org_id = $1 AND t.user_id = $2
JOIN messages m ON m.thread_id = r.thread_id AND m.position BETWEEN r.first AND r.last AND m.content ILIKE $6
CROSS JOIN LATERAL (SELECT CASE
  WHEN m.role = 'user' OR (m.status <> 'streaming' AND m.content = '' AND m.tool_calls = '[]') THEN NULL
  WHEN COALESCE(m.level, CASE
    WHEN m.status = 'streaming' THEN (
      SELECT max(e.level)
      FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
          parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
        ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
      WHERE own.has_begun)
    WHEN m.citations <> '[]' THEN (
      SELECT max(d.level) FROM jsonb_array_elements(m.citations) c
      CROSS JOIN LATERAL (
        SELECT s.level
        FROM rag_documents d
        JOIN rag_scopes s ON s.id = d.scope_id
        WHERE d.id = (c ->> 'documentId')::uuid) d)
  END, 0) > $7::smallint THEN 'clearance'
  WHEN $8::boolean AND EXISTS (
    SELECT 1 FROM unnest(CASE
      WHEN m.status = 'streaming' THEN ARRAY(
        SELECT (c ->> 'documentId')::uuid
        FROM (
          SELECT e.data
          FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
              parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
            ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
          WHERE own.has_begun AND e.type = 'rag_context') told
        CROSS JOIN json_array_elements(told.data -> 'citations') c)
      WHEN m.documents IS NULL AND m.citations <> '[]' THEN ARRAY(
        SELECT (c ->> 'documentId')::uuid FROM jsonb_array_elements(m.citations) c)
      ELSE m.documents END) AS given (id)
    WHERE NOT EXISTS (SELECT 1 FROM rag_documents d WHERE d.id = given.id)) THEN 'document_deleted'
END AS reason OFFSET 0) w
WHERE w.reason IS NULL;

-- thread_search.to_index
-- src/thread/adapters/search-statements.ts
INSERT INTO search_pending (thread_id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING;

-- thread_store.answer_past
-- src/thread/adapters/answer-statements.ts
SELECT u.id AS turn_id, next.message_id, next.seq::float8 AS last_seq, CASE
  WHEN w.reason IS NULL THEN COALESCE((
    SELECT string_agg(e.data ->> 'content', '' ORDER BY e.seq) FROM turn_events e
    WHERE e.thread_id = u.thread_id AND e.seq > u.first_seq AND e.seq <= next.seq AND e.turn_id = u.id
      AND e.type = 'ai_response' AND e.data ->> 'messageId' = next.message_id::text
  ), '') ELSE '[withheld]' END AS content, w.reason AS withheld
FROM threads t
CROSS JOIN LATERAL (
  SELECT seq, turn_id, type, data ->> 'messageId' AS message_id FROM turn_events
  WHERE thread_id = t.id AND seq > $4::bigint ORDER BY seq LIMIT 1
) AS next
CROSS JOIN LATERAL (
  SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
    parent_turn_id, branch FROM turns WHERE id = next.turn_id) u
JOIN messages m ON m.id = next.message_id::uuid
CROSS JOIN LATERAL (SELECT CASE
  WHEN m.role = 'user' OR (m.status <> 'streaming' AND m.content = '' AND m.tool_calls = '[]') THEN NULL
  WHEN COALESCE(m.level, CASE
    WHEN m.status = 'streaming' THEN (
      SELECT max(e.level)
      FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
          parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
        ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
      WHERE own.has_begun)
    WHEN m.citations <> '[]' THEN (
      SELECT max(d.level) FROM jsonb_array_elements(m.citations) c
      CROSS JOIN LATERAL (
        SELECT s.level
        FROM rag_documents d
        JOIN rag_scopes s ON s.id = d.scope_id
        WHERE d.id = (c ->> 'documentId')::uuid) d)
  END, 0) > $5::smallint THEN 'clearance'
  WHEN $6::boolean AND EXISTS (
    SELECT 1 FROM unnest(CASE
      WHEN m.status = 'streaming' THEN ARRAY(
        SELECT (c ->> 'documentId')::uuid
        FROM (
          SELECT e.data
          FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
              parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
            ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
          WHERE own.has_begun AND e.type = 'rag_context') told
        CROSS JOIN json_array_elements(told.data -> 'citations') c)
      WHEN m.documents IS NULL AND m.citations <> '[]' THEN ARRAY(
        SELECT (c ->> 'documentId')::uuid FROM jsonb_array_elements(m.citations) c)
      ELSE m.documents END) AS given (id)
    WHERE NOT EXISTS (SELECT 1 FROM rag_documents d WHERE d.id = given.id)) THEN 'document_deleted'
END AS reason OFFSET 0) w
WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3 AND next.type IN ('ai_response', 'ai_reasoning');

-- thread_store.by_ids
-- src/thread/adapters/thread-statements.ts
SELECT t.id, t.title, t.workflow, t.workflow_version, t.metadata,
  t.message_count + t.further_messages AS message_count, t.head_turn_id, t.created_at,
  t.updated_at, t.active_at, COALESCE((
    SELECT json_build_object('id', a.id, 'status', a.status) FROM turns a
    WHERE a.thread_id = t.id AND a.status IN ('running', 'waiting')
  ), (
    -- Nothing runs yet of what waits, but the thread is not idle.
    SELECT json_build_object('id', q.id, 'status', 'running') FROM turns q
    WHERE q.thread_id = t.id AND q.status = 'queued'
    ORDER BY q.holds_thread DESC, q.is_urgent DESC, q.position LIMIT 1
  )) AS active FROM unnest($3::uuid[]) WITH ORDINALITY AS found (id, place)
JOIN threads t ON t.id = found.id
WHERE t.org_id = $1 AND t.user_id = $2 ORDER BY found.place;

-- thread_store.create
-- src/thread/adapters/thread-statements.ts
WITH thread AS (
  INSERT INTO threads (id, org_id, user_id, title, workflow, workflow_version, metadata, created_at, updated_at,
      active_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8::timestamptz, $8::timestamptz, $8::timestamptz)
  RETURNING id
)
INSERT INTO thread_heads (thread_id)
SELECT id
FROM thread
RETURNING pg_notify('user_events',
    json_build_object('kind', 'thread_created', 'id', thread_id, 'to',
        encode(sha256(convert_to('user' || E'\n' || $2::text || E'\n' || $3::text, 'UTF8')), 'hex'))::text);

-- thread_store.find
-- src/thread/adapters/thread-statements.ts
SELECT t.id, t.title, t.workflow, t.workflow_version, t.metadata,
  t.message_count + t.further_messages AS message_count, t.head_turn_id, t.created_at,
  t.updated_at, t.active_at, COALESCE((
    SELECT json_build_object('id', a.id, 'status', a.status) FROM turns a
    WHERE a.thread_id = t.id AND a.status IN ('running', 'waiting')
  ), (
    -- Nothing runs yet of what waits, but the thread is not idle.
    SELECT json_build_object('id', q.id, 'status', 'running') FROM turns q
    WHERE q.thread_id = t.id AND q.status = 'queued'
    ORDER BY q.holds_thread DESC, q.is_urgent DESC, q.position LIMIT 1
  )) AS active FROM threads t WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3;

-- thread_store.head
-- src/thread/adapters/thread-statements.ts
SELECT h.last_seq::float8 AS last_seq FROM threads t JOIN thread_heads h ON h.thread_id = t.id
WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3;

-- thread_store.hold
-- src/thread/adapters/thread-statements.ts
SELECT id FROM threads WHERE id = $1 AND org_id = $2 AND user_id = $3 FOR NO KEY UPDATE;

-- thread_store.is_busy
-- src/thread/adapters/thread-statements.ts
SELECT 1 AS one WHERE COALESCE((
  SELECT json_build_object('id', a.id, 'status', a.status) FROM turns a
  WHERE a.thread_id = $1 AND a.status IN ('running', 'waiting')
), (
  -- Nothing runs yet of what waits, but the thread is not idle.
  SELECT json_build_object('id', q.id, 'status', 'running') FROM turns q
  WHERE q.thread_id = $1 AND q.status = 'queued'
  ORDER BY q.holds_thread DESC, q.is_urgent DESC, q.position LIMIT 1
)) IS NOT NULL;

-- thread_store.list
-- src/thread/adapters/thread-statements.ts
SELECT t.id, t.title, t.workflow, t.workflow_version, t.metadata,
  t.message_count + t.further_messages AS message_count, t.head_turn_id, t.created_at,
  t.updated_at, t.active_at, COALESCE((
    SELECT json_build_object('id', a.id, 'status', a.status) FROM turns a
    WHERE a.thread_id = t.id AND a.status IN ('running', 'waiting')
  ), (
    -- Nothing runs yet of what waits, but the thread is not idle.
    SELECT json_build_object('id', q.id, 'status', 'running') FROM turns q
    WHERE q.thread_id = t.id AND q.status = 'queued'
    ORDER BY q.holds_thread DESC, q.is_urgent DESC, q.position LIMIT 1
  )) AS active FROM threads t
WHERE t.org_id = $1 AND t.user_id = $2 AND (t.active_at, t.id) < ($3::timestamptz, $4::uuid)
ORDER BY t.active_at DESC, t.id DESC LIMIT $5;

-- thread_store.lock
-- src/thread/adapters/thread-statements.ts
SELECT t.id FROM threads t JOIN thread_heads h ON h.thread_id = t.id
WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3
FOR UPDATE OF t, h;

-- thread_store.move_head
-- src/thread/adapters/thread-statements.ts
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
SELECT id, false AS is_too_deep,
  pg_notify('user_events',
      json_build_object('kind', 'thread_updated', 'id', id, 'to',
          encode(sha256(convert_to('user' || E'\n' || $2::text || E'\n' || $3::text, 'UTF8')), 'hex'))::text)
FROM moved
UNION ALL
SELECT thread_id, true, NULL
FROM target
WHERE target.has_children AND COALESCE(cardinality(target.path), 0) >= 1000;

-- thread_store.newest_answer
-- src/thread/adapters/answer-statements.ts
SELECT m.turn_id, m.id AS message_id,
  CASE WHEN w.reason IS NULL THEN CASE WHEN m.status <> 'streaming' THEN m.content ELSE COALESCE((
    SELECT string_agg(e.data ->> 'content', '' ORDER BY e.seq)
    FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
        parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
      ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
    WHERE e.type = 'ai_response' AND e.data ->> 'messageId' = m.id::text AND e.seq > COALESCE((
      SELECT max(r.seq) FROM turn_events r
      WHERE r.thread_id = own.thread_id AND r.seq > own.first_seq AND r.turn_id = own.id AND r.type = 'ai_reset'
        AND r.data ->> 'messageId' = m.id::text), 0)
  ), '') END ELSE '[withheld]' END AS content, h.last_seq::float8 AS last_seq,
  w.reason AS withheld
FROM threads t
JOIN thread_heads h ON h.thread_id = t.id
JOIN messages m ON m.thread_id = t.id
JOIN LATERAL (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
    parent_turn_id, branch FROM turns WHERE id = m.turn_id) u ON u.has_begun
CROSS JOIN LATERAL (SELECT CASE
  WHEN m.role = 'user' OR (m.status <> 'streaming' AND m.content = '' AND m.tool_calls = '[]') THEN NULL
  WHEN COALESCE(m.level, CASE
    WHEN m.status = 'streaming' THEN (
      SELECT max(e.level)
      FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
          parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
        ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
      WHERE own.has_begun)
    WHEN m.citations <> '[]' THEN (
      SELECT max(d.level) FROM jsonb_array_elements(m.citations) c
      CROSS JOIN LATERAL (
        SELECT s.level
        FROM rag_documents d
        JOIN rag_scopes s ON s.id = d.scope_id
        WHERE d.id = (c ->> 'documentId')::uuid) d)
  END, 0) > $4::smallint THEN 'clearance'
  WHEN $5::boolean AND EXISTS (
    SELECT 1 FROM unnest(CASE
      WHEN m.status = 'streaming' THEN ARRAY(
        SELECT (c ->> 'documentId')::uuid
        FROM (
          SELECT e.data
          FROM (SELECT id, thread_id, first_seq, status <> 'queued' AS has_begun, user_message_id, assistant_message_id,
              parent_turn_id, branch FROM turns WHERE id = m.turn_id) own JOIN turn_events e
            ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
          WHERE own.has_begun AND e.type = 'rag_context') told
        CROSS JOIN json_array_elements(told.data -> 'citations') c)
      WHEN m.documents IS NULL AND m.citations <> '[]' THEN ARRAY(
        SELECT (c ->> 'documentId')::uuid FROM jsonb_array_elements(m.citations) c)
      ELSE m.documents END) AS given (id)
    WHERE NOT EXISTS (SELECT 1 FROM rag_documents d WHERE d.id = given.id)) THEN 'document_deleted'
END AS reason OFFSET 0) w
WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3 AND m.role = 'assistant'
ORDER BY m.position DESC, m.part DESC LIMIT 1;

-- thread_store.place
-- src/thread/adapters/thread-statements.ts
SELECT h.last_seq::float8 AS head, $4::bigint = 0 OR $4::bigint >= h.last_seq
  OR EXISTS (SELECT 1 FROM turn_events e WHERE e.thread_id = t.id AND e.seq = $4::bigint) AS is_kept
FROM threads t JOIN thread_heads h ON h.thread_id = t.id
WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3;

-- thread_store.remove
-- src/thread/adapters/thread-statements.ts
WITH removed AS (
  DELETE FROM threads WHERE id = $1 AND org_id = $2 AND user_id = $3 RETURNING threads.*
), events AS (
  DELETE FROM turn_events e USING removed WHERE e.thread_id = removed.id
), pending AS (
  DELETE FROM search_pending p USING removed WHERE p.thread_id = removed.id
)
SELECT pg_notify('user_events',
    json_build_object('kind', 'thread_deleted', 'id', removed.id, 'to',
        encode(sha256(convert_to('user' || E'\n' || removed.org_id::text || E'\n' || removed.user_id::text, 'UTF8')),
            'hex'),
        'thread',
        json_build_object('id', removed.id, 'title', left(removed.title, 300), 'workflow', removed.workflow,
            'workflowVersion', removed.workflow_version, 'status', 'idle', 'metadata',
            CASE WHEN octet_length(removed.metadata::text) <= 4000 THEN removed.metadata ELSE '{}' END, 'createdAt',
            to_char(removed.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'updatedAt',
            to_char(removed.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'messageCount',
            removed.message_count + removed.further_messages, 'activeTurnId', NULL, 'headTurnId',
            removed.head_turn_id))::text)
FROM removed;

-- thread_store.update
-- src/thread/adapters/thread-statements.ts
UPDATE threads t SET title = COALESCE($4, t.title), metadata = COALESCE($5::jsonb, t.metadata), updated_at = now()
WHERE t.id = $1 AND t.org_id = $2 AND t.user_id = $3
RETURNING t.id, t.title, t.workflow, t.workflow_version, t.metadata,
  t.message_count + t.further_messages AS message_count, t.head_turn_id, t.created_at,
  t.updated_at, t.active_at, COALESCE((
    SELECT json_build_object('id', a.id, 'status', a.status) FROM turns a
    WHERE a.thread_id = t.id AND a.status IN ('running', 'waiting')
  ), (
    -- Nothing runs yet of what waits, but the thread is not idle.
    SELECT json_build_object('id', q.id, 'status', 'running') FROM turns q
    WHERE q.thread_id = t.id AND q.status = 'queued'
    ORDER BY q.holds_thread DESC, q.is_urgent DESC, q.position LIMIT 1
  )) AS active,
  pg_notify('user_events',
      json_build_object('kind', 'thread_updated', 'id', t.id, 'to',
          encode(sha256(convert_to('user' || E'\n' || $2::text || E'\n' || $3::text, 'UTF8')), 'hex'))::text);
