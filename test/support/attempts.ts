import { newId } from '../../src/kernel/index.js';
import type { AttemptCause } from '../../src/usage/core/attempt-cause.js';
import type { AttemptRecord, BegunAttempt } from '../../src/usage/ports/usage-ledger.js';
import type { UsageQuery } from '../../src/usage/ports/usage-report.js';

export const MARCH = { from: '2026-03-01T00:00:00.000Z', to: '2026-04-01T00:00:00.000Z' };

/** A turn of a thread, both of them new unless they are named. */
export function turnCause({ threadId = newId(), turnId = newId() } = {}): AttemptCause & { type: 'turn' } {
  return { type: 'turn', threadId, turnId };
}

/** An attempt that came to its end, by somebody of an org. */
export function attemptOf(org: string, user: string, change: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    id: newId(),
    org,
    user,
    cause: turnCause(),
    operation: 'chat',
    provider: 'openai',
    model: 'gpt-4o-mini',
    inputTokens: 100,
    outputTokens: 20,
    cachedTokens: 10,
    reasoningTokens: 5,
    estimated: false,
    cost: 0.000027,
    firstTokenMs: 120,
    durationMs: 800,
    retries: 0,
    outcome: 'completed',
    errorCode: null,
    at: '2026-03-10T12:30:00.000Z',
    ...change,
  };
}

/** The same attempt as it was known of when its request was sent. */
export function begunOf(attempt: AttemptRecord, promptChars = 400): BegunAttempt {
  const { id, org, user, cause, operation, provider, model, at } = attempt;
  return { id, org, user, cause, operation, provider, model, promptChars, at };
}

/** Asks a report for March 2026, in which {@link attemptOf} begins what it makes. */
export function usageQuery(org: string, change: Partial<UsageQuery> = {}): UsageQuery {
  return {
    org,
    user: undefined,
    ...MARCH,
    groupBy: ['provider', 'model'],
    limit: 100,
    after: undefined,
    ...change,
  };
}

/** What an attempt that nobody has settled is reckoned to have cost. */
export const reckoned = (attempt: AttemptRecord): AttemptRecord => ({
  ...attempt,
  inputTokens: 7,
  outputTokens: 0,
  estimated: true,
  outcome: 'failed',
  errorCode: 'INTERNAL',
});
