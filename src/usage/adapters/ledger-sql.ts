/**
 * SQL fragments about the ledger for the statements of other rooms. The parameters are SQL expressions of those
 * statements, never values.
 */

/** The columns of a recorded attempt, and their types. */
export const RECORD_COLUMNS = {
  id: 'uuid',
  org_id: 'text',
  user_id: 'text',
  thread_id: 'uuid',
  turn_id: 'uuid',
  job_id: 'text',
  step: 'text',
  round: 'smallint',
  purpose: 'text',
  operation: 'text',
  provider: 'text',
  model: 'text',
  input_tokens: 'bigint',
  output_tokens: 'bigint',
  cached_tokens: 'bigint',
  reasoning_tokens: 'bigint',
  estimated: 'boolean',
  cost: 'numeric',
  first_token_ms: 'integer',
  duration_ms: 'integer',
  retries: 'integer',
  outcome: 'text',
  error_code: 'text',
  started_at: 'timestamptz',
} as const;

const [, ...columns] = Object.keys(RECORD_COLUMNS);
const typed = Object.entries(RECORD_COLUMNS).map(([column, type]) => `${column} ${type}`);

/**
 * Inserts the attempts of the relation `from`, which has the columns of {@link RECORD_COLUMNS} in their order. A stored row is
 * left as it is, so that an attempt can be sent again; an estimated one is replaced, and answered as `was_lost`.
 */
export function insertAttempts(from: string): string {
  return `INSERT INTO llm_attempts AS a (id, ${columns.join(', ')}) SELECT * FROM ${from}
   ON CONFLICT (id) DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}
     WHERE a.was_lost
   RETURNING id, was_lost`;
}

/**
 * CTEs that record an attempt when the relation `from` has its one row; `attempt` is its row as JSON, or NULL. The last one,
 * `recorded`, has its `was_lost` unless it was stored before.
 */
export function recordAttempt(from: string, attempt: string): string {
  return `told AS (
     SELECT t.* FROM ${from}, json_to_record(${attempt}::json) AS t (${typed.join(', ')})
     WHERE ${attempt} IS NOT NULL
   ), no_longer_in_flight AS (
     DELETE FROM llm_attempts_under_way WHERE id = (SELECT id FROM told)
   ), recorded AS (
     ${insertAttempts('told')}
   )`;
}
