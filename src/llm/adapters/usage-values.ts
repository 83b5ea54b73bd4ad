import { cleanText } from '../core/clean-text.js';
import type { AttemptRecord, BegunAttempt } from '../ports/usage-ledger.js';

/** A column of each attempt that has ended, in the order of the statements. */
export function recordedValues(attempts: readonly AttemptRecord[]): readonly unknown[] {
  return [
    ...identities(attempts),
    attempts.map(({ inputTokens }) => count(inputTokens)),
    attempts.map(({ outputTokens }) => count(outputTokens)),
    attempts.map(({ cachedTokens }) => count(cachedTokens)),
    attempts.map(({ reasoningTokens }) => count(reasoningTokens)),
    attempts.map(({ estimated }) => estimated),
    attempts.map(({ cost }) => (cost !== null && Number.isFinite(cost) ? cost : null)),
    attempts.map(({ firstTokenMs }) => (firstTokenMs === null ? null : count(firstTokenMs))),
    attempts.map(({ durationMs }) => count(durationMs)),
    attempts.map(({ retries }) => count(retries)),
    attempts.map(({ outcome }) => outcome),
    attempts.map(({ errorCode }) => errorCode),
    attempts.map(({ at }) => at),
  ];
}

/** The same of each that has begun. */
export function begunValues(attempts: readonly BegunAttempt[]): readonly unknown[] {
  return [
    ...identities(attempts),
    attempts.map(({ promptChars }) => count(promptChars)),
    attempts.map(({ at }) => at),
  ];
}

function identities(attempts: readonly (AttemptRecord | BegunAttempt)[]): readonly unknown[] {
  return [
    attempts.map(({ id }) => id),
    attempts.map(({ org }) => org),
    attempts.map(({ user }) => user),
    attempts.map(({ threadId }) => threadId),
    attempts.map(({ turnId }) => turnId),
    attempts.map(({ operation }) => operation),
    attempts.map(({ provider }) => cleanText(provider)),
    attempts.map(({ model }) => cleanText(model)),
  ];
}

/** Clocks measure fractions of a millisecond, and providers have been seen to report nonsense. */
function count(value: number): number {
  return Number.isFinite(value) ? Math.max(0, Math.round(value)) : 0;
}
