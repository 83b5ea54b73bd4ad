import type { InFlightAttempts } from '../../src/usage/ports/in-flight-attempts.js';
import { HeldAttempts } from '../../src/usage/adapters/held-attempts.js';
import type { AttemptRecord, BegunAttempt, UsageLedger } from '../../src/usage/ports/usage-ledger.js';
import {
  USAGE_GROUPS,
  type UsageGroup,
  type UsageGroupSums,
  type UsageKey,
  type UsageQuery,
  type UsageReport,
  type UsageSums,
} from '../../src/usage/ports/usage-report.js';

/** The ledger and its report in memory, with the promises of the real ones. */
export class MemoryUsageLedger implements UsageLedger, InFlightAttempts, UsageReport {
  readonly attempts: AttemptRecord[] = [];

  private readonly inFlight = new Map<string, BegunAttempt>();
  private readonly reckoned = new Set<string>();
  private readonly held = new HeldAttempts((attempt) => this.record(attempt));

  async begin(attempt: BegunAttempt): Promise<void> {
    this.inFlight.set(attempt.id, attempt);
    if (attempt.cause.type === 'turn') await this.held.release(attempt.cause.turnId);
  }

  recordWithTurn(attempt: AttemptRecord, turnId: string) {
    return this.held.hold(attempt, turnId);
  }

  takeOfTurn(turnId: string) {
    return this.held.take(turnId);
  }

  record(attempt: AttemptRecord): Promise<'stored' | 'corrected'> {
    this.inFlight.delete(attempt.id);
    const index = this.attempts.findIndex(({ id }) => id === attempt.id);
    if (index < 0) this.attempts.push(attempt);
    if (!this.reckoned.has(attempt.id)) return Promise.resolve('stored');
    this.attempts[index] = attempt;
    return Promise.resolve('corrected');
  }

  ofTurn(turnId: string): Promise<readonly BegunAttempt[]> {
    const ofTurn = this.inOrder().filter(({ cause }) => cause.type === 'turn' && cause.turnId === turnId);
    return Promise.resolve(ofTurn.slice(0, 100));
  }

  before(time: Date, limit: number): Promise<readonly BegunAttempt[]> {
    const old = this.inOrder().filter(({ at }) => Date.parse(at) < time.getTime());
    return Promise.resolve(old.slice(0, limit));
  }

  close(reckoned: readonly AttemptRecord[]): Promise<ReadonlySet<string>> {
    const fresh = reckoned.filter(({ id }) => this.attempts.every((attempt) => attempt.id !== id));
    this.attempts.push(...fresh);
    fresh.forEach(({ id }) => this.reckoned.add(id));
    reckoned.forEach(({ id }) => this.inFlight.delete(id));
    return Promise.resolve(new Set(fresh.map(({ id }) => id)));
  }

  private inOrder(): readonly BegunAttempt[] {
    return [...this.inFlight.values()].toSorted((left, right) => left.at.localeCompare(right.at));
  }

  read(query: UsageQuery): Promise<{ groups: readonly UsageGroupSums[]; total: UsageSums }> {
    const { org, user, from, to, groupBy, after, limit } = query;
    const counted = this.attempts.filter(
      (attempt) =>
        attempt.org === org &&
        (user === undefined || attempt.user === user) &&
        Date.parse(attempt.at) >= Date.parse(from) &&
        Date.parse(attempt.at) < Date.parse(to),
    );
    const byKey = new Map<string, AttemptRecord[]>();
    for (const attempt of counted) {
      const sortKey = sortKeyOf(
        groupBy,
        groupBy.map((group) => keyOf(attempt, group)),
      );
      byKey.set(sortKey, [...(byKey.get(sortKey) ?? []), attempt]);
    }
    const start = after && sortKeyOf(groupBy, after);
    const page = [...byKey]
      .filter(([sortKey]) => start === undefined || sortKey > start)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .slice(0, limit);
    return Promise.resolve({
      groups: page.map(([, attempts]) => ({
        key: groupBy.map((group) => keyOf(attempts[0]!, group)),
        sums: sumsOf(attempts),
      })),
      total: sumsOf(counted),
    });
  }
}

function sortKeyOf(groupBy: readonly UsageGroup[], key: readonly UsageKey[]): string {
  return USAGE_GROUPS.filter((group) => groupBy.includes(group))
    .map((group) => key[groupBy.indexOf(group)] ?? '')
    .join('\u0001');
}

function keyOf(attempt: AttemptRecord, group: UsageGroup): UsageKey {
  switch (group) {
    case 'day':
      return attempt.at.slice(0, 10);
    case 'hour':
      return `${attempt.at.slice(0, 13)}:00:00.000Z`;
    case 'user':
      return attempt.user;
    case 'thread':
      return attempt.cause.type === 'turn' ? attempt.cause.threadId : null;
    case 'turn':
    case 'step':
    case 'round':
    case 'purpose':
      return askedIn(attempt, group);
    case 'provider':
    case 'model':
    case 'operation':
    case 'outcome':
      return attempt[group];
  }
}

function askedIn({ cause }: AttemptRecord, group: 'turn' | 'step' | 'round' | 'purpose'): UsageKey {
  if (cause.type === 'job') return null;
  switch (group) {
    case 'turn':
      return cause.type === 'turn' ? cause.turnId : cause.requestId;
    case 'round':
      return cause.round?.toString().padStart(3, '0') ?? null;
    default:
      return cause[group] ?? null;
  }
}

function sumsOf(attempts: readonly AttemptRecord[]): UsageSums {
  const sum = (value: (attempt: AttemptRecord) => number) =>
    attempts.reduce((total, attempt) => total + value(attempt), 0);
  const firstTokens = attempts.flatMap(({ firstTokenMs }) => firstTokenMs ?? []);
  return {
    attempts: attempts.length,
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    totalTokens: sum(({ inputTokens, outputTokens }) => inputTokens + outputTokens),
    cachedTokens: sum(({ cachedTokens }) => cachedTokens),
    reasoningTokens: sum(({ reasoningTokens }) => reasoningTokens),
    estimatedAttempts: attempts.filter(({ estimated }) => estimated).length,
    cost: sum(({ cost }) => cost ?? 0),
    unpricedAttempts: attempts.filter(({ cost }) => cost === null).length,
    failedAttempts: attempts.filter(({ outcome }) => outcome === 'failed').length,
    averageFirstTokenMs:
      firstTokens.length === 0
        ? null
        : Math.round(firstTokens.reduce((total, ms) => total + ms, 0) / firstTokens.length),
  };
}
