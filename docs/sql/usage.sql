-- Written by `npm run generate` from src/: change the statements there.

-- usage.begin
-- src/usage/adapters/usage-statements.ts
WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO llm_attempts_under_way (id, org_id, user_id, thread_id, turn_id, job_id, step, round, purpose, operation,
    provider, model, prompt_chars, started_at)
SELECT begun.* FROM quick, unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::text[],
    $7::text[], $8::smallint[], $9::text[], $10::text[], $11::text[], $12::text[], $13::integer[],
    $14::timestamptz[]) AS begun
ON CONFLICT (id) DO NOTHING;

-- usage.close
-- src/usage/adapters/usage-statements.ts
WITH ended AS (
  DELETE FROM llm_attempts_under_way WHERE id = ANY($1::uuid[])
)
INSERT INTO llm_attempts (id, org_id, user_id, thread_id, turn_id, job_id, step, round, purpose, operation, provider,
    model, input_tokens, output_tokens, cached_tokens, reasoning_tokens, estimated, cost, first_token_ms, duration_ms,
    retries, outcome, error_code, started_at, was_lost)
SELECT *, true
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::smallint[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[],
    $17::boolean[], $18::numeric[], $19::integer[], $20::integer[], $21::integer[], $22::text[], $23::text[],
    $24::timestamptz[])
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- usage.in_flight_before
-- src/usage/adapters/usage-statements.ts
SELECT id, org_id, user_id, thread_id, turn_id, job_id, step, round, purpose, operation, provider,
  model, prompt_chars, started_at
FROM llm_attempts_under_way WHERE started_at < $1::timestamptz ORDER BY started_at, id LIMIT $2::integer;

-- usage.in_flight_of_turn
-- src/usage/adapters/usage-statements.ts
SELECT id, org_id, user_id, thread_id, turn_id, job_id, step, round, purpose, operation, provider,
  model, prompt_chars, started_at
FROM llm_attempts_under_way WHERE turn_id = $1 AND thread_id IS NOT NULL ORDER BY started_at, id LIMIT 100;

-- usage.of_org
-- src/usage/adapters/usage-statements.ts
WITH groups AS MATERIALIZED (
  SELECT CASE WHEN 'day' = ANY($4::text[]) THEN to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')
    ELSE '' END COLLATE "C" AS by_day,
    CASE WHEN 'hour' = ANY($4::text[]) THEN to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:00:00.000"Z"')
      ELSE '' END COLLATE "C" AS by_hour,
    CASE WHEN 'user' = ANY($4::text[]) THEN user_id ELSE '' END COLLATE "C" AS by_user,
    CASE WHEN 'thread' = ANY($4::text[]) THEN COALESCE(thread_id::text, '') ELSE '' END COLLATE "C" AS by_thread,
    CASE WHEN 'turn' = ANY($4::text[]) THEN COALESCE(turn_id::text, '') ELSE '' END COLLATE "C" AS by_turn,
    CASE WHEN 'step' = ANY($4::text[]) THEN COALESCE(step, '') ELSE '' END COLLATE "C" AS by_step,
    CASE WHEN 'round' = ANY($4::text[]) THEN COALESCE(to_char(round, 'FM000'), '') ELSE '' END COLLATE "C" AS by_round,
    CASE WHEN 'purpose' = ANY($4::text[]) THEN COALESCE(purpose, '') ELSE '' END COLLATE "C" AS by_purpose,
    CASE WHEN 'provider' = ANY($4::text[]) THEN provider ELSE '' END COLLATE "C" AS by_provider,
    CASE WHEN 'model' = ANY($4::text[]) THEN model ELSE '' END COLLATE "C" AS by_model,
    CASE WHEN 'operation' = ANY($4::text[]) THEN operation ELSE '' END COLLATE "C" AS by_operation,
    CASE WHEN 'outcome' = ANY($4::text[]) THEN outcome ELSE '' END COLLATE "C" AS by_outcome, count(*) AS attempts,
    sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
    sum(cached_tokens) AS cached_tokens, sum(reasoning_tokens) AS reasoning_tokens,
    count(*) FILTER (WHERE estimated) AS estimated_attempts,
    count(*) FILTER (WHERE cost IS NULL) AS unpriced_attempts,
    count(*) FILTER (WHERE outcome = 'failed') AS failed_attempts,
    COALESCE(sum(cost), 0) AS cost, COALESCE(sum(first_token_ms), 0) AS first_token_ms,
    count(first_token_ms) AS first_tokens
  FROM llm_attempts
  WHERE org_id = $1::text AND started_at >= $2::timestamptz AND started_at < $3::timestamptz
  GROUP BY by_day, by_hour, by_user, by_thread, by_turn, by_step, by_round, by_purpose, by_provider, by_model,
    by_operation, by_outcome
), page AS (
  SELECT *
  FROM groups
  WHERE $5::text[] IS NULL
    OR (by_day, by_hour, by_user, by_thread, by_turn, by_step, by_round, by_purpose, by_provider, by_model,
        by_operation, by_outcome) > (($5::text[])[1], ($5::text[])[2], ($5::text[])[3], ($5::text[])[4],
            ($5::text[])[5],
            ($5::text[])[6], ($5::text[])[7], ($5::text[])[8], ($5::text[])[9], ($5::text[])[10], ($5::text[])[11],
            ($5::text[])[12])
  ORDER BY by_day, by_hour, by_user, by_thread, by_turn, by_step, by_round, by_purpose, by_provider, by_model,
    by_operation, by_outcome LIMIT $6::integer
)
SELECT true AS is_total, '' AS by_day, '' AS by_hour, '' AS by_user, '' AS by_thread, '' AS by_turn, '' AS by_step,
  '' AS by_round, '' AS by_purpose, '' AS by_provider, '' AS by_model, '' AS by_operation, '' AS by_outcome,
  COALESCE(sum(attempts), 0)::float8 AS attempts, COALESCE(sum(input_tokens), 0)::float8 AS input_tokens,
  COALESCE(sum(output_tokens), 0)::float8 AS output_tokens, COALESCE(sum(cached_tokens), 0)::float8 AS cached_tokens,
  COALESCE(sum(reasoning_tokens), 0)::float8 AS reasoning_tokens,
  COALESCE(sum(estimated_attempts), 0)::float8 AS estimated_attempts,
  COALESCE(sum(unpriced_attempts), 0)::float8 AS unpriced_attempts,
  COALESCE(sum(failed_attempts), 0)::float8 AS failed_attempts, COALESCE(sum(cost), 0)::float8 AS cost,
  COALESCE(sum(first_token_ms), 0)::float8 AS first_token_ms, COALESCE(sum(first_tokens), 0)::float8 AS first_tokens
FROM groups
UNION ALL
SELECT false, by_day, by_hour, by_user, by_thread, by_turn, by_step, by_round, by_purpose, by_provider, by_model,
  by_operation, by_outcome, attempts::float8 AS attempts, input_tokens::float8 AS input_tokens,
  output_tokens::float8 AS output_tokens, cached_tokens::float8 AS cached_tokens,
  reasoning_tokens::float8 AS reasoning_tokens, estimated_attempts::float8 AS estimated_attempts,
  unpriced_attempts::float8 AS unpriced_attempts, failed_attempts::float8 AS failed_attempts, cost::float8 AS cost,
  first_token_ms::float8 AS first_token_ms, first_tokens::float8 AS first_tokens
FROM page
ORDER BY is_total DESC, by_day, by_hour, by_user, by_thread, by_turn, by_step, by_round, by_purpose, by_provider,
  by_model, by_operation, by_outcome;

-- usage.of_user
-- src/usage/adapters/usage-statements.ts
WITH groups AS MATERIALIZED (
  SELECT CASE WHEN 'day' = ANY($4::text[]) THEN to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')
    ELSE '' END COLLATE "C" AS by_day,
    CASE WHEN 'hour' = ANY($4::text[]) THEN to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:00:00.000"Z"')
      ELSE '' END COLLATE "C" AS by_hour,
    CASE WHEN 'user' = ANY($4::text[]) THEN user_id ELSE '' END COLLATE "C" AS by_user,
    CASE WHEN 'thread' = ANY($4::text[]) THEN COALESCE(thread_id::text, '') ELSE '' END COLLATE "C" AS by_thread,
    CASE WHEN 'turn' = ANY($4::text[]) THEN COALESCE(turn_id::text, '') ELSE '' END COLLATE "C" AS by_turn,
    CASE WHEN 'step' = ANY($4::text[]) THEN COALESCE(step, '') ELSE '' END COLLATE "C" AS by_step,
    CASE WHEN 'round' = ANY($4::text[]) THEN COALESCE(to_char(round, 'FM000'), '') ELSE '' END COLLATE "C" AS by_round,
    CASE WHEN 'purpose' = ANY($4::text[]) THEN COALESCE(purpose, '') ELSE '' END COLLATE "C" AS by_purpose,
    CASE WHEN 'provider' = ANY($4::text[]) THEN provider ELSE '' END COLLATE "C" AS by_provider,
    CASE WHEN 'model' = ANY($4::text[]) THEN model ELSE '' END COLLATE "C" AS by_model,
    CASE WHEN 'operation' = ANY($4::text[]) THEN operation ELSE '' END COLLATE "C" AS by_operation,
    CASE WHEN 'outcome' = ANY($4::text[]) THEN outcome ELSE '' END COLLATE "C" AS by_outcome, count(*) AS attempts,
    sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
    sum(cached_tokens) AS cached_tokens, sum(reasoning_tokens) AS reasoning_tokens,
    count(*) FILTER (WHERE estimated) AS estimated_attempts,
    count(*) FILTER (WHERE cost IS NULL) AS unpriced_attempts,
    count(*) FILTER (WHERE outcome = 'failed') AS failed_attempts,
    COALESCE(sum(cost), 0) AS cost, COALESCE(sum(first_token_ms), 0) AS first_token_ms,
    count(first_token_ms) AS first_tokens
  FROM llm_attempts
  WHERE org_id = $1::text AND user_id = $7::text AND started_at >= $2::timestamptz AND started_at < $3::timestamptz
  GROUP BY by_day, by_hour, by_user, by_thread, by_turn, by_step, by_round, by_purpose, by_provider, by_model,
    by_operation, by_outcome
), page AS (
  SELECT *
  FROM groups
  WHERE $5::text[] IS NULL
    OR (by_day, by_hour, by_user, by_thread, by_turn, by_step, by_round, by_purpose, by_provider, by_model,
        by_operation, by_outcome) > (($5::text[])[1], ($5::text[])[2], ($5::text[])[3], ($5::text[])[4],
            ($5::text[])[5],
            ($5::text[])[6], ($5::text[])[7], ($5::text[])[8], ($5::text[])[9], ($5::text[])[10], ($5::text[])[11],
            ($5::text[])[12])
  ORDER BY by_day, by_hour, by_user, by_thread, by_turn, by_step, by_round, by_purpose, by_provider, by_model,
    by_operation, by_outcome LIMIT $6::integer
)
SELECT true AS is_total, '' AS by_day, '' AS by_hour, '' AS by_user, '' AS by_thread, '' AS by_turn, '' AS by_step,
  '' AS by_round, '' AS by_purpose, '' AS by_provider, '' AS by_model, '' AS by_operation, '' AS by_outcome,
  COALESCE(sum(attempts), 0)::float8 AS attempts, COALESCE(sum(input_tokens), 0)::float8 AS input_tokens,
  COALESCE(sum(output_tokens), 0)::float8 AS output_tokens, COALESCE(sum(cached_tokens), 0)::float8 AS cached_tokens,
  COALESCE(sum(reasoning_tokens), 0)::float8 AS reasoning_tokens,
  COALESCE(sum(estimated_attempts), 0)::float8 AS estimated_attempts,
  COALESCE(sum(unpriced_attempts), 0)::float8 AS unpriced_attempts,
  COALESCE(sum(failed_attempts), 0)::float8 AS failed_attempts, COALESCE(sum(cost), 0)::float8 AS cost,
  COALESCE(sum(first_token_ms), 0)::float8 AS first_token_ms, COALESCE(sum(first_tokens), 0)::float8 AS first_tokens
FROM groups
UNION ALL
SELECT false, by_day, by_hour, by_user, by_thread, by_turn, by_step, by_round, by_purpose, by_provider, by_model,
  by_operation, by_outcome, attempts::float8 AS attempts, input_tokens::float8 AS input_tokens,
  output_tokens::float8 AS output_tokens, cached_tokens::float8 AS cached_tokens,
  reasoning_tokens::float8 AS reasoning_tokens, estimated_attempts::float8 AS estimated_attempts,
  unpriced_attempts::float8 AS unpriced_attempts, failed_attempts::float8 AS failed_attempts, cost::float8 AS cost,
  first_token_ms::float8 AS first_token_ms, first_tokens::float8 AS first_tokens
FROM page
ORDER BY is_total DESC, by_day, by_hour, by_user, by_thread, by_turn, by_step, by_round, by_purpose, by_provider,
  by_model, by_operation, by_outcome;

-- usage.record
-- src/usage/adapters/usage-statements.ts
WITH ended AS (
  DELETE FROM llm_attempts_under_way WHERE id = ANY($1::uuid[])
)
INSERT INTO llm_attempts AS a (id, org_id, user_id, thread_id, turn_id, job_id, step, round, purpose, operation,
    provider, model, input_tokens, output_tokens, cached_tokens, reasoning_tokens, estimated, cost, first_token_ms,
    duration_ms, retries, outcome, error_code, started_at)
SELECT *
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::smallint[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[],
    $17::boolean[], $18::numeric[], $19::integer[], $20::integer[], $21::integer[], $22::text[], $23::text[],
    $24::timestamptz[])
ON CONFLICT (id) DO UPDATE SET org_id = excluded.org_id, user_id = excluded.user_id, thread_id = excluded.thread_id,
  turn_id = excluded.turn_id, job_id = excluded.job_id, step = excluded.step, round = excluded.round,
  purpose = excluded.purpose, operation = excluded.operation, provider = excluded.provider, model = excluded.model,
  input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens, cached_tokens = excluded.cached_tokens,
  reasoning_tokens = excluded.reasoning_tokens, estimated = excluded.estimated, cost = excluded.cost,
  first_token_ms = excluded.first_token_ms, duration_ms = excluded.duration_ms, retries = excluded.retries,
  outcome = excluded.outcome, error_code = excluded.error_code, started_at = excluded.started_at
WHERE a.was_lost
RETURNING id, was_lost;

-- usage_of_user.anonymise
-- src/usage/adapters/usage-of-user-statements.ts
UPDATE llm_attempts SET user_id = '', thread_id = NULL,
  org_id = CASE WHEN org_id = 'user:' || user_id THEN '' ELSE org_id END
WHERE id = ANY(ARRAY(SELECT id FROM llm_attempts WHERE org_id = $1 AND user_id = $2 LIMIT $3))
RETURNING 1 AS one;

-- usage_of_user.is_in_flight
-- src/usage/adapters/usage-of-user-statements.ts
SELECT 1 AS one FROM llm_attempts_under_way WHERE org_id = $1 AND user_id = $2 LIMIT 1;
