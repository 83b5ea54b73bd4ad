-- Written by `npm run generate` from src/: change the statements there.

-- definition_store.find
-- src/workflow/adapters/definition-statements.ts
SELECT name, version, definition FROM workflow_definitions
WHERE org_id = $1 AND name = $2 AND (version = $3 OR ($3::int IS NULL AND deleted_at IS NULL))
ORDER BY version DESC LIMIT 1;

-- definition_store.list
-- src/workflow/adapters/definition-statements.ts
SELECT DISTINCT ON (name) name, version, definition FROM workflow_definitions
WHERE org_id = $1 AND deleted_at IS NULL ORDER BY name, version DESC;

-- definition_store.lock
-- src/workflow/adapters/definition-statements.ts
SELECT pg_advisory_xact_lock(hashtextextended('definitions ' || $1, 0));

-- definition_store.publish
-- src/workflow/adapters/definition-statements.ts
INSERT INTO workflow_definitions (org_id, name, version, definition)
SELECT $1, $2, GREATEST(COALESCE(max(version), 0), $3::int) + 1, $4::json
FROM workflow_definitions WHERE org_id = $1 AND name = $2
HAVING count(*) < $6 AND (count(*) > 0 OR (
  SELECT count(DISTINCT name) FROM workflow_definitions WHERE org_id = $1) < $5)
RETURNING version;

-- definition_store.remove
-- src/workflow/adapters/definition-statements.ts
WITH found AS (
  SELECT version FROM workflow_definitions
  WHERE org_id = $1 AND name = $2 AND version = $3 AND deleted_at IS NULL FOR UPDATE
), live AS (
  SELECT 1 FROM workflow_runs WHERE org_id = $1 AND workflow = $2 AND version = $3 AND status = 'waiting' LIMIT 1
), removed AS (
  UPDATE workflow_definitions d SET deleted_at = now() FROM found
  WHERE d.org_id = $1 AND d.name = $2 AND d.version = $3 AND NOT EXISTS (SELECT 1 FROM live)
  RETURNING d.version
)
SELECT EXISTS (SELECT 1 FROM found) AS was_found, EXISTS (SELECT 1 FROM removed) AS is_removed;

-- run_journal.begin
-- src/workflow/adapters/journal-statements.ts
WITH held AS (
  SELECT thread_id FROM thread_heads
  WHERE thread_id = $1::uuid AND turn_id = $2::uuid AND epoch = $3::int FOR SHARE
), begun AS (
  INSERT INTO run_journal (turn_id, key, epoch) SELECT $2::uuid, $4, $3::int FROM held
  ON CONFLICT (turn_id, key) DO NOTHING
  RETURNING epoch, done_at IS NOT NULL AS is_done, result
), known AS (
  SELECT * FROM begun
  UNION ALL SELECT epoch, done_at IS NOT NULL AS is_done, result FROM run_journal WHERE turn_id = $2::uuid AND key = $4
)
SELECT known.* FROM held LEFT JOIN known ON true;

-- run_journal.complete
-- src/workflow/adapters/journal-statements.ts
WITH held AS (
  SELECT thread_id FROM thread_heads
  WHERE thread_id = $1::uuid AND turn_id = $2::uuid AND epoch = $3::int FOR SHARE
), done AS (
  INSERT INTO run_journal (turn_id, key, epoch, result, done_at)
  SELECT $2::uuid, $4, $3::int, $5::json, now() FROM held
  ON CONFLICT (turn_id, key) DO UPDATE SET epoch = EXCLUDED.epoch, result = EXCLUDED.result, done_at = EXCLUDED.done_at
  WHERE run_journal.done_at IS NULL
  RETURNING epoch, done_at IS NOT NULL AS is_done, result
), known AS (
  SELECT * FROM done
  UNION ALL
  SELECT epoch, done_at IS NOT NULL AS is_done, result
  FROM run_journal
  WHERE turn_id = $2::uuid AND key = $4 AND done_at IS NOT NULL
)
SELECT known.* FROM held LEFT JOIN known ON true;

-- run_journal.find
-- src/workflow/adapters/journal-statements.ts
SELECT epoch, done_at IS NOT NULL AS is_done, result FROM run_journal WHERE turn_id = $1 AND key = $2;

-- workflow_run_store.advance
-- src/workflow/adapters/run-statements.ts
WITH moved AS (
  UPDATE workflow_runs SET step = $4, status = $5, steps_done = $6, position = $10::json,
    entered = COALESCE($9::json, entered), updated_at = now(), ended_at = CASE WHEN $5 = 'completed' THEN now() END
  WHERE id = $1 AND step = $2 AND steps_done = $3
    AND NOT EXISTS (SELECT 1 FROM workflow_step_results WHERE turn_id = $7::uuid)
  RETURNING id
), ran AS (
  INSERT INTO workflow_run_steps (run_id, steps_before, step, status, turn_id, started_at, error_code)
  SELECT id, $3, $11, $12, $7::uuid, $13::timestamptz, $14::text FROM moved
  ON CONFLICT (run_id, steps_before) DO UPDATE SET step = EXCLUDED.step, status = EXCLUDED.status,
    turn_id = EXCLUDED.turn_id, started_at = EXCLUDED.started_at, ended_at = now(), error_code = EXCLUDED.error_code
), swept AS (
  DELETE FROM workflow_step_results WHERE turn_id IN (
    SELECT turn_id FROM workflow_step_results WHERE created_at < now() - interval '1 day'
    ORDER BY created_at LIMIT 20 FOR UPDATE SKIP LOCKED
  )
)
INSERT INTO workflow_step_results (turn_id, run_id, step, result)
SELECT $7::uuid, id, $2, $8::json FROM moved
ON CONFLICT (turn_id) DO NOTHING;

-- workflow_run_store.advance_within
-- src/workflow/adapters/run-statements.ts
WITH held AS (
  SELECT thread_id FROM thread_heads
  WHERE thread_id = $10::uuid AND turn_id = $7::uuid AND epoch = $11::int FOR SHARE
), moved AS (
  UPDATE workflow_runs SET step = $4, status = $5, steps_done = $6, position = $13::json,
    entered = COALESCE($9::json, entered), updated_at = now(), ended_at = CASE WHEN $5 = 'completed' THEN now() END
  FROM held WHERE id = $1 AND step = $2 AND steps_done = $3
  RETURNING id
), kept AS (
  INSERT INTO run_journal (turn_id, key, epoch, result, done_at)
  SELECT $7::uuid, $12, $11::int, $8::json, now() FROM moved
), ran AS (
  INSERT INTO workflow_run_steps (run_id, steps_before, step, status, turn_id, started_at, error_code)
  SELECT id, $3, $14, $15, $7::uuid, $16::timestamptz, $17::text FROM moved
  ON CONFLICT (run_id, steps_before) DO UPDATE SET step = EXCLUDED.step, status = EXCLUDED.status,
    turn_id = EXCLUDED.turn_id, started_at = EXCLUDED.started_at, ended_at = now(), error_code = EXCLUDED.error_code
)
SELECT EXISTS (SELECT 1 FROM moved) OR EXISTS (
  SELECT 1 FROM run_journal WHERE turn_id = $7::uuid AND key = $12) AS is_stored
FROM held;

-- workflow_run_store.before
-- src/workflow/adapters/run-statements.ts
SELECT r.id, r.thread_id, r.workflow, r.version, r.step, r.status, r.steps_done, r.position, r.org_id, r.created_at,
  r.updated_at, r.ended_at, r.entered, b.state, b.step AS answered_step
FROM (WITH RECURSIVE line AS (
  SELECT p.parent_turn_id, p.status, p.workflow_state, p.workflow_run_id, p.assistant_message_id, 1 AS unmoved
  FROM turns own JOIN turns p ON p.id = own.parent_turn_id WHERE own.id = $1
  UNION ALL
  SELECT p.parent_turn_id, p.status, p.workflow_state, p.workflow_run_id, p.assistant_message_id, line.unmoved + 1
  FROM line JOIN turns p ON p.id = line.parent_turn_id
  WHERE NOT (line.workflow_state IS NOT NULL OR line.status = 'completed') AND line.unmoved < 1000
)
  SELECT line.workflow_state AS state, line.workflow_run_id AS run_id,
    (SELECT step FROM messages WHERE id = line.assistant_message_id) AS step
  FROM line WHERE line.workflow_state IS NOT NULL OR line.status = 'completed' LIMIT 1) b
JOIN workflow_runs r ON r.id = COALESCE((b.state ->> 'runId')::uuid, b.run_id);

-- workflow_run_store.begin
-- src/workflow/adapters/run-statements.ts
WITH held AS (
  SELECT thread_id FROM thread_heads
  WHERE thread_id = $1::uuid AND turn_id = $2::uuid AND epoch = $3::int FOR SHARE
), newest AS (
  SELECT *
  FROM workflow_runs
  WHERE thread_id = $1 AND branch = COALESCE((SELECT branch FROM turns WHERE id = $2), 0)
  ORDER BY id DESC LIMIT 1
), begun AS (
  INSERT INTO workflow_runs (id, thread_id, workflow, version, step, status, steps_done, entered, started_by,
      position, org_id, branch)
  SELECT $4::uuid, thread_id, $5, $6::int, $7, 'waiting', $8::int, $9::json, $10::uuid, $11::json, $12::text,
    COALESCE((SELECT branch FROM turns WHERE id = $2), 0)
  FROM held WHERE NOT EXISTS (SELECT 1 FROM newest)
  ON CONFLICT (id) DO NOTHING
  RETURNING *
)
SELECT r.id, r.thread_id, r.workflow, r.version, r.step, r.status, r.steps_done, r.position, r.org_id, r.created_at,
  r.updated_at, r.ended_at, r.entered, r.started_by IS NOT DISTINCT
FROM $2::uuid AS is_begun
FROM held LEFT JOIN (SELECT * FROM newest UNION ALL SELECT * FROM begun) r ON true;

-- workflow_run_store.completed_by
-- src/workflow/adapters/run-statements.ts
SELECT step, result FROM workflow_step_results WHERE turn_id = $1;

-- workflow_run_store.current
-- src/workflow/adapters/run-statements.ts
WITH newest AS (
  SELECT *
  FROM workflow_runs
  WHERE thread_id = $1 AND branch = COALESCE((SELECT branch FROM turns WHERE id = $6), 0)
  ORDER BY id DESC LIMIT 1
), open AS (
  SELECT * FROM newest WHERE status = 'waiting'
), kept AS (
  SELECT step, result FROM workflow_step_results WHERE turn_id = $6
), started AS (
  INSERT INTO workflow_runs (id, thread_id, workflow, version, step, status, started_by, org_id, branch)
  SELECT $2::uuid, $1, $3, $4::int, $5, 'waiting', $6::uuid, $7::text,
    COALESCE((SELECT branch FROM turns WHERE id = $6), 0)
  WHERE NOT EXISTS (SELECT 1 FROM open) AND NOT EXISTS (SELECT 1 FROM kept)
    AND (EXISTS (SELECT 1 FROM newest) OR NOT EXISTS (WITH RECURSIVE line AS (
      SELECT p.parent_turn_id, p.status, p.workflow_state, p.workflow_run_id, p.assistant_message_id, 1 AS unmoved
      FROM turns own JOIN turns p ON p.id = own.parent_turn_id WHERE own.id = $6
      UNION ALL
      SELECT p.parent_turn_id, p.status, p.workflow_state, p.workflow_run_id, p.assistant_message_id, line.unmoved + 1
      FROM line JOIN turns p ON p.id = line.parent_turn_id
      WHERE NOT (line.workflow_state IS NOT NULL OR line.status = 'completed') AND line.unmoved < 1000
    )
      SELECT line.workflow_state AS state, line.workflow_run_id AS run_id,
        (SELECT step FROM messages WHERE id = line.assistant_message_id) AS step
      FROM line WHERE line.workflow_state IS NOT NULL OR line.status = 'completed' LIMIT 1))
  ON CONFLICT (id) DO NOTHING
  RETURNING *
)
SELECT r.id, r.thread_id, r.workflow, r.version, r.step, r.status, r.steps_done, r.position, r.org_id, r.created_at,
  r.updated_at, r.ended_at, r.entered, r.started_by IS NOT DISTINCT
FROM $6::uuid AS is_begun,
  kept.step AS kept_step, kept.result
FROM (SELECT * FROM open UNION ALL SELECT * FROM started) r FULL JOIN kept ON true;

-- workflow_run_store.failed
-- src/workflow/adapters/run-statements.ts
INSERT INTO workflow_run_steps (run_id, steps_before, step, status, turn_id, started_at, error_code)
SELECT r.id, $2::int, $3, 'failed', $4::uuid, $5::timestamptz, $6 FROM workflow_runs r WHERE r.id = $1
ON CONFLICT (run_id, steps_before) DO UPDATE SET step = EXCLUDED.step, status = EXCLUDED.status,
  turn_id = EXCLUDED.turn_id, started_at = EXCLUDED.started_at, ended_at = now(), error_code = EXCLUDED.error_code
WHERE workflow_run_steps.status = 'failed';

-- workflow_run_store.find
-- src/workflow/adapters/run-statements.ts
SELECT r.id, r.thread_id, r.workflow, r.version, r.step, r.status, r.steps_done, r.position, r.org_id, r.created_at,
  r.updated_at, r.ended_at, r.entered
FROM workflow_runs r
WHERE r.id = $1
  AND EXISTS (
    SELECT id, workflow, workflow_version, head_branch
    FROM threads
    WHERE id = r.thread_id AND org_id = $2 AND user_id = $3);

-- workflow_run_store.of_thread
-- src/workflow/adapters/run-statements.ts
SELECT t.workflow AS pinned, t.workflow_version AS pinned_version, r.id, r.thread_id, r.workflow, r.version, r.step,
  r.status, r.steps_done, r.position, r.org_id, r.created_at, r.updated_at, r.ended_at
FROM (SELECT id, workflow, workflow_version, head_branch FROM threads WHERE id = $1 AND org_id = $2 AND user_id = $3) t
LEFT JOIN workflow_runs r ON r.thread_id = t.id AND r.branch = t.head_branch
ORDER BY r.id DESC LIMIT 1;

-- workflow_run_store.seed
-- src/workflow/adapters/run-statements.ts
INSERT INTO workflow_runs (id, thread_id, workflow, version, step, status, steps_done, entered, org_id, branch)
SELECT $4::uuid, t.id, $5, $6::int, $7, 'waiting', $8::int, $9::json, $10::text, t.head_branch
FROM (SELECT id, workflow, workflow_version, head_branch FROM threads WHERE id = $1 AND org_id = $2 AND user_id = $3) t
WHERE NOT EXISTS (SELECT 1 FROM workflow_runs r WHERE r.thread_id = t.id);

-- workflow_run_store.steps_of
-- src/workflow/adapters/run-statements.ts
SELECT result FROM run_journal
WHERE turn_id = $1 AND starts_with(key, 'step:') AND done_at IS NOT NULL
ORDER BY substr(key, 6)::int;

-- workflow_run_store.steps_of_run
-- src/workflow/adapters/run-statements.ts
SELECT s.step, s.status, s.steps_before, s.turn_id, s.started_at, s.ended_at, s.error_code
FROM workflow_runs r JOIN workflow_run_steps s ON s.run_id = r.id
WHERE r.id = $1
  AND EXISTS (
    SELECT id, workflow, workflow_version, head_branch
    FROM threads
    WHERE id = r.thread_id AND org_id = $2 AND user_id = $3)
ORDER BY s.steps_before DESC LIMIT $4;
