import { sql } from '../../platform/database/index.js';
import { USAGE_GROUPS, type UsageGroup } from '../ports/usage-report.js';
import { insertAttempts, RECORD_COLUMNS } from './ledger-sql.js';

const TYPES = Object.values(RECORD_COLUMNS);
const COLUMNS = Object.keys(RECORD_COLUMNS).join(', ');
const ATTEMPTS = `unnest(${TYPES.map((type, index) => `$${index + 1}::${type}[]`).join(', ')})`;

/**
 * Every request to a model waits for this row, which only has to survive the death of a process, not of Postgres: so
 * its commit does not wait for the disk.
 */
export const BEGIN = sql(
  'usage.begin',
  `WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
   INSERT INTO llm_attempts_under_way (id, org_id, user_id, thread_id, turn_id, job_id, step, round, purpose, operation,
     provider, model, prompt_chars, started_at)
   SELECT begun.* FROM quick, unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::text[],
     $7::text[], $8::smallint[], $9::text[], $10::text[], $11::text[], $12::text[], $13::integer[],
     $14::timestamptz[]) AS begun
   ON CONFLICT (id) DO NOTHING`,
);

/** One statement for a whole batch of completed attempts, which can be sent again. */
export const RECORD = sql(
  'usage.record',
  `WITH ended AS (
     DELETE FROM llm_attempts_under_way WHERE id = ANY($1::uuid[])
   )
   ${insertAttempts(ATTEMPTS)}`,
);

/** The reverse: rows that have been recorded meanwhile are left as they are. */
export const CLOSE = sql(
  'usage.close',
  `WITH ended AS (
     DELETE FROM llm_attempts_under_way WHERE id = ANY($1::uuid[])
   )
   INSERT INTO llm_attempts (${COLUMNS}, was_lost) SELECT *, true FROM ${ATTEMPTS}
   ON CONFLICT (id) DO NOTHING
   RETURNING id`,
);

const IN_FLIGHT = `SELECT id, org_id, user_id, thread_id, turn_id, job_id, step, round, purpose, operation, provider,
     model, prompt_chars, started_at
   FROM llm_attempts_under_way`;

export const IN_FLIGHT_OF_TURN = sql(
  'usage.in_flight_of_turn',
  `${IN_FLIGHT} WHERE turn_id = $1 AND thread_id IS NOT NULL ORDER BY started_at, id LIMIT 100`,
);

export const IN_FLIGHT_BEFORE = sql(
  'usage.in_flight_before',
  `${IN_FLIGHT} WHERE started_at < $1::timestamptz ORDER BY started_at, id LIMIT $2::integer`,
);

const VALUES: Readonly<Record<UsageGroup, string>> = {
  day: `to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')`,
  hour: `to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:00:00.000"Z"')`,
  user: 'user_id',
  thread: `COALESCE(thread_id::text, '')`,
  turn: `COALESCE(turn_id::text, '')`,
  step: `COALESCE(step, '')`,
  round: `COALESCE(to_char(round, 'FM000'), '')`,
  purpose: `COALESCE(purpose, '')`,
  provider: 'provider',
  model: 'model',
  operation: 'operation',
  outcome: 'outcome',
};

/** Columns that are not grouped by are the same for all rows. */
const KEYS = USAGE_GROUPS.map(
  (group) =>
    `CASE WHEN '${group}' = ANY($4::text[]) THEN ${VALUES[group]} ELSE '' END COLLATE "C" AS by_${group}`,
).join(', ');
const KEY_COLUMNS = USAGE_GROUPS.map((group) => `by_${group}`).join(', ');
const CURSOR = USAGE_GROUPS.map((_, index) => `($5::text[])[${index + 1}]`).join(', ');

const SUMMED = [
  'attempts',
  'input_tokens',
  'output_tokens',
  'cached_tokens',
  'reasoning_tokens',
  'estimated_attempts',
  'unpriced_attempts',
  'failed_attempts',
  'cost',
  'first_token_ms',
  'first_tokens',
] as const;
const TOTALS = SUMMED.map((column) => `COALESCE(sum(${column}), 0)::float8 AS ${column}`).join(', ');
const FIGURES = SUMMED.map((column) => `${column}::float8 AS ${column}`).join(', ');

/** The totals first, then a page of the groups: read in one statement, so that they are consistent. */
function report(name: string, whose: string) {
  return sql(
    name,
    `WITH groups AS MATERIALIZED (
       SELECT ${KEYS}, count(*) AS attempts, sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
         sum(cached_tokens) AS cached_tokens, sum(reasoning_tokens) AS reasoning_tokens,
         count(*) FILTER (WHERE estimated) AS estimated_attempts,
         count(*) FILTER (WHERE cost IS NULL) AS unpriced_attempts,
         count(*) FILTER (WHERE outcome = 'failed') AS failed_attempts,
         COALESCE(sum(cost), 0) AS cost, COALESCE(sum(first_token_ms), 0) AS first_token_ms,
         count(first_token_ms) AS first_tokens
       FROM llm_attempts
       WHERE ${whose} AND started_at >= $2::timestamptz AND started_at < $3::timestamptz
       GROUP BY ${KEY_COLUMNS}
     ), page AS (
       SELECT * FROM groups WHERE $5::text[] IS NULL OR (${KEY_COLUMNS}) > (${CURSOR})
       ORDER BY ${KEY_COLUMNS} LIMIT $6::integer
     )
     SELECT true AS is_total, ${USAGE_GROUPS.map((group) => `'' AS by_${group}`).join(', ')}, ${TOTALS} FROM groups
     UNION ALL
     SELECT false, ${KEY_COLUMNS}, ${FIGURES} FROM page
     ORDER BY is_total DESC, ${KEY_COLUMNS}`,
  );
}

export const REPORT_OF_ORG = report('usage.of_org', 'org_id = $1::text');
export const REPORT_OF_USER = report('usage.of_user', 'org_id = $1::text AND user_id = $7::text');

export type ReportRow = Readonly<Record<(typeof SUMMED)[number], number>> &
  Readonly<Record<`by_${UsageGroup}`, string>> & { readonly is_total: boolean };
