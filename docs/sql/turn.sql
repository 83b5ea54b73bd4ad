-- Written by `npm run generate` from src/: change the statements there.

-- turn_store.accept
-- src/turn/adapters/turn-statements.ts
WITH thread AS (
  UPDATE threads SET message_count = message_count + CASE WHEN $16::boolean THEN 1 ELSE 2 END,
    active_at = $4::timestamptz, updated_at = $4::timestamptz, title = COALESCE(title, $5)
  WHERE threads.id = $1 AND org_id = $2 AND user_id = $3
    AND NOT EXISTS (SELECT 1 FROM turns q WHERE q.thread_id = $1 AND q.status = 'queued')
  RETURNING threads.id, message_count
), head AS (
  UPDATE thread_heads h SET last_seq = h.last_seq + 1, turn_id = $6::uuid, epoch = 1
  FROM thread WHERE h.thread_id = thread.id
  RETURNING h.thread_id, h.last_seq
), turn AS (
  INSERT INTO turns (id, thread_id, status, request, user_message_id, assistant_message_id, first_seq,
      lease_owner, lease_until, created_at, started_at, position)
  SELECT $6::uuid, head.thread_id, 'running', $7::jsonb, $8::uuid, $9::uuid, head.last_seq,
    $10::uuid, now() + $17::int * interval '1 millisecond', $4::timestamptz, $4::timestamptz, thread.message_count
  FROM head, thread
  RETURNING turns.id, turns.thread_id, turns.status, turns.attempt, turns.user_message_id,
    turns.assistant_message_id, turns.workflow_run_id, turns.error, turns.created_at, turns.started_at,
    turns.ended_at, turns.first_seq
), claimed AS (
  INSERT INTO idempotency_keys (org_id, user_id, key, request_hash, turn_id)
  SELECT $2, $3, $11::text, $12::bytea, turn.id FROM turn WHERE $11::text IS NOT NULL
), unindexed AS (
  INSERT INTO search_pending (thread_id) SELECT id FROM thread ON CONFLICT DO NOTHING
), messages_stored AS (
  INSERT INTO messages (id, thread_id, turn_id, position, role, content, status, created_at)
  SELECT m.id, thread.id, $6::uuid, thread.message_count - m.back, m.role, m.content, m.status, $4::timestamptz
  FROM thread, (VALUES ($8::uuid, 1, 'user', $13::text, 'complete'), ($9::uuid, 0, 'assistant', '', 'streaming'))
    AS m (id, back, role, content, status)
  WHERE m.role <> 'user' OR NOT $16::boolean
), written AS (
  INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at)
  SELECT head.thread_id, head.last_seq, $6::uuid, 'message_saved', $14::json, $4::timestamptz FROM head
)
SELECT turn.id, turn.thread_id, turn.status, turn.attempt, turn.user_message_id,
  turn.assistant_message_id, turn.workflow_run_id, turn.error, turn.created_at, turn.started_at, turn.ended_at,
  turn.first_seq::float8 AS first_seq,
  pg_notify('thread_log', $15)
FROM turn;

-- turn_store.claim_expired
-- src/turn/adapters/lease-statements.ts
WITH expired AS (
  SELECT id, lease_owner IS NULL AS was_released,
    NOT cancel_requested AND NOT interrupt_requested AND (lease_owner IS NULL OR attempt < $3) AS runs_again
  FROM turns JOIN thread_heads own ON own.thread_id = turns.thread_id
  WHERE status = 'running' AND lease_until < now() AND id = ANY(ARRAY(
    SELECT id FROM turns WHERE status = 'running' AND lease_until < now() ORDER BY lease_until LIMIT $2))
  FOR UPDATE OF turns, own SKIP LOCKED
), taken AS (
  UPDATE turns SET epoch = turns.epoch + 1, lease_owner = $1, lease_until = now() + $4::int * interval '1 millisecond',
    attempt = turns.attempt + expired.runs_again::int
  FROM expired WHERE turns.id = expired.id
  RETURNING turns.id, turns.thread_id, turns.user_message_id, turns.assistant_message_id, turns.request,
    turns.created_at, turns.first_seq::float8 AS first_seq, turns.epoch, turns.attempt, turns.cancel_requested,
    turns.interrupt_requested, expired.was_released, expired.runs_again
), head AS (
  UPDATE thread_heads h SET epoch = taken.epoch
  FROM taken WHERE h.thread_id = taken.thread_id AND h.turn_id = taken.id
  RETURNING h.thread_id, h.last_seq
)
SELECT taken.*, head.last_seq::float8 AS last_seq FROM taken JOIN head ON head.thread_id = taken.thread_id;

-- turn_store.claim_expired_turn
-- src/turn/adapters/lease-statements.ts
WITH expired AS (
  SELECT id, lease_owner IS NULL AS was_released,
    NOT cancel_requested AND NOT interrupt_requested AND (lease_owner IS NULL OR attempt < $3) AS runs_again
  FROM turns JOIN thread_heads own ON own.thread_id = turns.thread_id
  WHERE status = 'running' AND id = $2::uuid AND lease_until < now()
  FOR UPDATE OF turns, own SKIP LOCKED
), taken AS (
  UPDATE turns SET epoch = turns.epoch + 1, lease_owner = $1, lease_until = now() + $4::int * interval '1 millisecond',
    attempt = turns.attempt + expired.runs_again::int
  FROM expired WHERE turns.id = expired.id
  RETURNING turns.id, turns.thread_id, turns.user_message_id, turns.assistant_message_id, turns.request,
    turns.created_at, turns.first_seq::float8 AS first_seq, turns.epoch, turns.attempt, turns.cancel_requested,
    turns.interrupt_requested, expired.was_released, expired.runs_again
), head AS (
  UPDATE thread_heads h SET epoch = taken.epoch
  FROM taken WHERE h.thread_id = taken.thread_id AND h.turn_id = taken.id
  RETURNING h.thread_id, h.last_seq
)
SELECT taken.*, head.last_seq::float8 AS last_seq FROM taken JOIN head ON head.thread_id = taken.thread_id;

-- turn_store.claim_stopped_turn
-- src/turn/adapters/lease-statements.ts
WITH expired AS (
  SELECT id, lease_owner IS NULL AS was_released,
    NOT cancel_requested AND NOT interrupt_requested AND (lease_owner IS NULL OR attempt < $3) AS runs_again
  FROM turns JOIN thread_heads own ON own.thread_id = turns.thread_id
  WHERE status = 'running' AND id = $2::uuid AND (cancel_requested OR interrupt_requested)
  FOR UPDATE OF turns, own SKIP LOCKED
), taken AS (
  UPDATE turns SET epoch = turns.epoch + 1, lease_owner = $1, lease_until = now() + $4::int * interval '1 millisecond',
    attempt = turns.attempt + expired.runs_again::int
  FROM expired WHERE turns.id = expired.id
  RETURNING turns.id, turns.thread_id, turns.user_message_id, turns.assistant_message_id, turns.request,
    turns.created_at, turns.first_seq::float8 AS first_seq, turns.epoch, turns.attempt, turns.cancel_requested,
    turns.interrupt_requested, expired.was_released, expired.runs_again
), head AS (
  UPDATE thread_heads h SET epoch = taken.epoch
  FROM taken WHERE h.thread_id = taken.thread_id AND h.turn_id = taken.id
  RETURNING h.thread_id, h.last_seq
)
SELECT taken.*, head.last_seq::float8 AS last_seq FROM taken JOIN head ON head.thread_id = taken.thread_id;

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
  RETURNING turns.id, turns.thread_id, turns.user_message_id, turns.assistant_message_id, turns.request,
    turns.created_at, turns.cancel_requested, turns.interrupt_requested
), written AS (
  INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at)
  SELECT head.thread_id, head.last_seq, head.id, 'message_saved', head.saved_event::json, $4::timestamptz FROM head
)
SELECT taken.*, head.last_seq::float8 AS last_seq, head.saved_event,
  pg_notify('thread_log', $5 || ':' || taken.thread_id)
FROM taken JOIN head ON head.id = taken.id ORDER BY taken.created_at, taken.id;

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
  RETURNING turns.id, turns.thread_id, turns.user_message_id, turns.assistant_message_id, turns.request,
    turns.created_at, turns.cancel_requested, turns.interrupt_requested
), written AS (
  INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at)
  SELECT head.thread_id, head.last_seq, head.id, 'message_saved', head.saved_event::json, $4::timestamptz FROM head
)
SELECT taken.*, head.last_seq::float8 AS last_seq, head.saved_event,
  pg_notify('thread_log', $5 || ':' || taken.thread_id)
FROM taken JOIN head ON head.id = taken.id ORDER BY taken.created_at, taken.id;

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
    active_at = $4::timestamptz, updated_at = $4::timestamptz, title = COALESCE(title, $5)
  FROM queued, share
  WHERE threads.id = $1 AND org_id = $2 AND user_id = $3 AND queued.total < $17::int AND share.has_capacity
    AND (queued.own < $18::int OR $16::boolean) AND NOT ($10::boolean AND queued.own > 0)
  RETURNING threads.id, message_count
), turn AS (
  INSERT INTO turns (id, thread_id, status, request, user_message_id, assistant_message_id, first_seq, created_at,
      position, holds_thread, is_urgent, saved_event)
  SELECT $6::uuid, thread.id, 'queued', $7::jsonb, $8::uuid, $9::uuid, h.last_seq + 1, $4::timestamptz,
    thread.message_count, $10::boolean, $16::boolean, $14
  FROM thread JOIN thread_heads h ON h.thread_id = thread.id
  RETURNING turns.id, turns.thread_id, turns.status, turns.attempt, turns.user_message_id,
    turns.assistant_message_id, turns.workflow_run_id, turns.error, turns.created_at, turns.started_at,
    turns.ended_at, turns.first_seq
), claimed AS (
  INSERT INTO idempotency_keys (org_id, user_id, key, request_hash, turn_id)
  SELECT $2, $3, $11::text, $12::bytea, turn.id FROM turn WHERE $11::text IS NOT NULL
), unindexed AS (
  INSERT INTO search_pending (thread_id) SELECT id FROM thread ON CONFLICT DO NOTHING
), messages_stored AS (
  INSERT INTO messages (id, thread_id, turn_id, position, role, content, status, created_at)
  SELECT m.id, thread.id, $6::uuid, thread.message_count - m.back, m.role, m.content, m.status, $4::timestamptz
  FROM thread, (VALUES ($8::uuid, 1, 'user', $13::text, 'complete'), ($9::uuid, 0, 'assistant', '', 'streaming'))
    AS m (id, back, role, content, status)
  WHERE m.role <> 'user' OR NOT $15::boolean
), interrupted AS (
  UPDATE turns t SET interrupt_requested = true FROM thread
  WHERE $16::boolean AND t.thread_id = thread.id
    AND (t.status IN ('running', 'waiting') OR (t.status = 'queued' AND (t.holds_thread OR t.is_urgent)))
  RETURNING pg_notify('turn_stop', t.id::text || ':interrupted')
)
SELECT turn.id, turn.thread_id, turn.status, turn.attempt, turn.user_message_id,
  turn.assistant_message_id, turn.workflow_run_id, turn.error, turn.created_at, turn.started_at, turn.ended_at,
  turn.first_seq::float8 AS first_seq,
  (SELECT count(*) FROM interrupted) AS interrupted
FROM turn;

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
SELECT turns.id, turns.thread_id, turns.status, turns.attempt, turns.user_message_id,
  turns.assistant_message_id, turns.workflow_run_id, turns.error, turns.created_at, turns.started_at, turns.ended_at
FROM turns
WHERE turns.id = $1 AND turns.thread_id = $2
  AND EXISTS (SELECT id FROM threads WHERE id = turns.thread_id AND org_id = $3 AND user_id = $4);

-- turn_store.find_busy
-- src/turn/adapters/turn-statements.ts
SELECT (
  SELECT a.id FROM turns a WHERE a.thread_id = thread.id AND a.status IN ('running', 'waiting', 'queued')
  ORDER BY a.status = 'queued', a.position LIMIT 1
) AS turn_id
FROM (SELECT id FROM threads WHERE id = $1 AND org_id = $2 AND user_id = $3) AS thread;

-- turn_store.find_by_key
-- src/turn/adapters/turn-statements.ts
SELECT turns.id, turns.thread_id, turns.status, turns.attempt, turns.user_message_id,
  turns.assistant_message_id, turns.workflow_run_id, turns.error, turns.created_at, turns.started_at, turns.ended_at,
  turns.first_seq::float8 AS first_seq, k.request_hash
FROM idempotency_keys k JOIN turns ON turns.id = k.turn_id
WHERE k.org_id = $1 AND k.user_id = $2 AND k.key = $3 AND k.created_at > now() - interval '24 hours';

-- turn_store.find_by_message
-- src/turn/adapters/turn-statements.ts
SELECT turns.id, turns.thread_id, turns.status, turns.attempt, turns.user_message_id,
  turns.assistant_message_id, turns.workflow_run_id, turns.error, turns.created_at, turns.started_at, turns.ended_at,
  turns.first_seq::float8 AS first_seq
FROM turns
WHERE turns.user_message_id = $1
  AND EXISTS (SELECT id FROM threads WHERE id = turns.thread_id AND org_id = $2 AND user_id = $3)
ORDER BY turns.id DESC LIMIT 1;

-- turn_store.finish
-- src/turn/adapters/turn-statements.ts
WITH head AS (
  UPDATE thread_heads SET last_seq = $5::bigint
  WHERE thread_id = $1 AND turn_id = $2::uuid AND epoch = $3 AND last_seq = $4
  RETURNING thread_id
), ended AS (
  UPDATE turns SET status = $6, ended_at = $7::timestamptz, error = $8::jsonb, workflow_run_id = $9::uuid,
    lease_owner = NULL, lease_until = NULL
  FROM head WHERE turns.id = $2::uuid
), answered AS (
  UPDATE messages SET content = $11, status = $12, provider = $13,
    model = $14, usage = $15::jsonb, citations = $16::jsonb,
    tool_calls = $17::jsonb, step = $18, level = $24::smallint,
    documents = $25::uuid[]
  FROM head WHERE messages.id = $10::uuid
), written AS (
  INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at, level)
  SELECT head.thread_id, e.seq, $2::uuid, e.type, e.data::json, e.created_at, $24::smallint
  FROM head, unnest($19::bigint[], $20::text[], $21::text[], $22::timestamptz[])
    AS e (seq, type, data, created_at)
)
SELECT pg_notify('thread_log', $23), (
  SELECT q.id FROM turns q WHERE q.thread_id = head.thread_id AND q.status = 'queued'
  ORDER BY ROW(q.holds_thread, q.cancel_requested OR q.interrupt_requested, q.is_urgent, -q.position) DESC LIMIT 1
) AS next_id
FROM head;

-- turn_store.forget_old_key
-- src/turn/adapters/turn-statements.ts
DELETE FROM idempotency_keys
WHERE org_id = $1 AND user_id = $2 AND key = $3 AND created_at <= now() - interval '24 hours' RETURNING key;

-- turn_store.lock_thread
-- src/turn/adapters/turn-statements.ts
SELECT id FROM threads WHERE id = $1 AND org_id = $2 AND user_id = $3 FOR NO KEY UPDATE;

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
RETURNING turns.id, turns.thread_id, turns.status, turns.attempt, turns.user_message_id,
  turns.assistant_message_id, turns.workflow_run_id, turns.error, turns.created_at, turns.started_at, turns.ended_at,
  pg_notify('turn_stop', turns.id::text || ':cancelled');

-- turn_store.request_cancel_all
-- src/turn/adapters/turn-statements.ts
UPDATE turns SET cancel_requested = true
WHERE turns.thread_id = $1 AND turns.status IN ('queued', 'running', 'waiting')
  AND EXISTS (SELECT id FROM threads WHERE id = turns.thread_id AND org_id = $2 AND user_id = $3)
RETURNING turns.id, turns.status = 'queued' AS is_queued,
  pg_notify('turn_stop', turns.id::text || ':cancelled');

-- turn_store.sweep_keys
-- src/turn/adapters/turn-statements.ts
DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM idempotency_keys WHERE created_at <= now() - interval '24 hours'
  ORDER BY created_at LIMIT $1::int FOR UPDATE SKIP LOCKED)) RETURNING 1 AS one;

-- turn_store.was_finished
-- src/turn/adapters/turn-statements.ts
SELECT turns.id FROM turns JOIN thread_heads h ON h.thread_id = turns.thread_id
WHERE turns.id = $1 AND turns.epoch = $2 AND turns.ended_at IS NOT NULL AND h.last_seq >= $3;
