-- Written by `npm run generate` from src/: change the statements there.

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
  UPDATE workflow_runs SET step = $4, status = $5, steps_done = $6, updated_at = now(),
    ended_at = CASE WHEN $5 = 'completed' THEN now() END
  WHERE id = $1 AND step = $2 AND steps_done = $3
    AND NOT EXISTS (SELECT 1 FROM workflow_step_results WHERE turn_id = $7::uuid)
  RETURNING id
), swept AS (
  DELETE FROM workflow_step_results WHERE turn_id IN (
    SELECT turn_id FROM workflow_step_results WHERE created_at < now() - interval '1 day'
    ORDER BY created_at LIMIT 20 FOR UPDATE SKIP LOCKED
  )
)
INSERT INTO workflow_step_results (turn_id, run_id, step, result)
SELECT $7::uuid, id, $2, $8::json FROM moved
ON CONFLICT (turn_id) DO NOTHING;

-- workflow_run_store.completed_by
-- src/workflow/adapters/run-statements.ts
SELECT step, result FROM workflow_step_results WHERE turn_id = $1;

-- workflow_run_store.current
-- src/workflow/adapters/run-statements.ts
WITH newest AS (
  SELECT * FROM workflow_runs WHERE thread_id = $1 ORDER BY id DESC LIMIT 1
), open AS (
  SELECT * FROM newest WHERE status = 'waiting'
), kept AS (
  SELECT step, result FROM workflow_step_results WHERE turn_id = $6
), started AS (
  INSERT INTO workflow_runs (id, thread_id, workflow, version, step, status, started_by)
  SELECT $2::uuid, $1, $3, $4::int, $5, 'waiting', $6::uuid
  WHERE NOT EXISTS (SELECT 1 FROM open) AND NOT EXISTS (SELECT 1 FROM kept)
  RETURNING *
)
SELECT r.id, r.thread_id, r.workflow, r.version, r.step, r.status, r.steps_done, r.created_at, r.updated_at,
  r.ended_at, r.started_by IS NOT DISTINCT
FROM $6::uuid AS is_begun,
  kept.step AS kept_step, kept.result
FROM (SELECT * FROM open UNION ALL SELECT * FROM started) r FULL JOIN kept ON true;

-- workflow_run_store.find
-- src/workflow/adapters/run-statements.ts
SELECT r.id, r.thread_id, r.workflow, r.version, r.step, r.status, r.steps_done, r.created_at, r.updated_at, r.ended_at
FROM workflow_runs r
WHERE r.id = $1
  AND EXISTS (
    SELECT id, workflow, workflow_version, head_branch
    FROM threads
    WHERE id = r.thread_id AND org_id = $2 AND user_id = $3);

-- workflow_run_store.of_thread
-- src/workflow/adapters/run-statements.ts
SELECT t.workflow AS pinned, t.workflow_version AS pinned_version, r.id, r.thread_id, r.workflow, r.version, r.step,
  r.status, r.steps_done, r.created_at, r.updated_at, r.ended_at
FROM (SELECT id, workflow, workflow_version, head_branch FROM threads WHERE id = $1 AND org_id = $2 AND user_id = $3) t
LEFT JOIN workflow_runs r ON r.thread_id = t.id
ORDER BY r.id DESC LIMIT 1;
