import { assertNever } from '../../kernel/index.js';
import type { AskedFor, AttemptCause } from '../core/attempt-cause.js';
import type { AttemptRecord, BegunAttempt } from '../ports/usage-ledger.js';
import { RECORD_COLUMNS } from './ledger-sql.js';

/** The row of an attempt in the ledger. */
type RecordedRow = Readonly<Record<keyof typeof RECORD_COLUMNS, unknown>>;

const COLUMNS = Object.keys(RECORD_COLUMNS) as (keyof RecordedRow)[];
/** What is known of an attempt before it has ended: its first columns. */
const IDENTITY = [
  'id',
  'org_id',
  'user_id',
  'thread_id',
  'turn_id',
  'job_id',
  'step',
  'round',
  'purpose',
  'operation',
  'provider',
  'model',
] as const;

/** One array per column, over the completed attempts, in the order of the statements' parameters. */
export function recordedValues(attempts: readonly AttemptRecord[]): readonly unknown[] {
  const rows = attempts.map(recordedRow);
  return COLUMNS.map((column) => rows.map((row) => row[column]));
}

/** The same for attempts that have begun. */
export function begunValues(attempts: readonly BegunAttempt[]): readonly unknown[] {
  const identities = attempts.map(identityOf);
  return [
    ...IDENTITY.map((column) => identities.map((identity) => identity[column])),
    attempts.map(({ promptChars }) => count(promptChars)),
    attempts.map(({ at }) => at),
  ];
}

/** The row of an attempt, as the fragment that records it in a statement of another room reads it. */
export function recordedJson(attempt: AttemptRecord): string {
  return JSON.stringify(recordedRow(attempt));
}

function recordedRow(attempt: AttemptRecord): RecordedRow {
  const { cost, firstTokenMs } = attempt;
  return {
    ...identityOf(attempt),
    input_tokens: count(attempt.inputTokens),
    output_tokens: count(attempt.outputTokens),
    cached_tokens: count(attempt.cachedTokens),
    reasoning_tokens: count(attempt.reasoningTokens),
    estimated: attempt.estimated,
    cost: cost !== null && Number.isFinite(cost) ? cost : null,
    first_token_ms: firstTokenMs === null ? null : count(firstTokenMs),
    duration_ms: count(attempt.durationMs),
    retries: count(attempt.retries),
    outcome: attempt.outcome,
    error_code: attempt.errorCode,
    started_at: attempt.at,
  };
}

function identityOf({ id, org, user, cause, operation, provider, model }: AttemptRecord | BegunAttempt) {
  return {
    id,
    org_id: org,
    user_id: user,
    thread_id: cause.type === 'turn' ? cause.threadId : null,
    turn_id: turnIdOf(cause),
    job_id: cause.type === 'job' ? cause.jobId : null,
    step: askedFor(cause).step ?? null,
    round: askedFor(cause).round ?? null,
    purpose: askedFor(cause).purpose ?? null,
    operation,
    provider: storable(provider),
    model: storable(model),
  };
}

function askedFor(cause: AttemptCause): AskedFor {
  return cause.type === 'job' ? {} : cause;
}

/** A stateless request uses the turn's column for its own id: its row has no thread. */
function turnIdOf(cause: AttemptCause): string | null {
  switch (cause.type) {
    case 'turn':
      return cause.turnId;
    case 'stateless':
      return cause.requestId;
    case 'job':
      return null;
    default:
      return assertNever(cause);
  }
}

/** The text without what Postgres cannot store: U+0000 and lone surrogates. */
function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}

/** Clocks yield fractions of a millisecond, and some providers report invalid numbers. */
function count(value: number): number {
  return Number.isFinite(value) ? Math.max(0, Math.round(value)) : 0;
}
