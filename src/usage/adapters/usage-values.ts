import { assertNever } from '../../kernel/index.js';
import type { AskedFor, AttemptCause } from '../core/attempt-cause.js';
import type { AttemptRecord, BegunAttempt } from '../ports/usage-ledger.js';

/** One array per column, over the completed attempts, in the order of the statements' parameters. */
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

/** The same for attempts that have begun. */
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
    attempts.map(({ cause }) => (cause.type === 'turn' ? cause.threadId : null)),
    attempts.map(({ cause }) => turnIdOf(cause)),
    attempts.map(({ cause }) => (cause.type === 'job' ? cause.jobId : null)),
    attempts.map(({ cause }) => askedFor(cause).step ?? null),
    attempts.map(({ cause }) => askedFor(cause).round ?? null),
    attempts.map(({ cause }) => askedFor(cause).purpose ?? null),
    attempts.map(({ operation }) => operation),
    attempts.map(({ provider }) => storable(provider)),
    attempts.map(({ model }) => storable(model)),
  ];
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
