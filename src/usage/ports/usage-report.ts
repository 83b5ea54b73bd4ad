/** What usage can be grouped by, in the order in which groups are listed. Days and hours are of UTC. */
export const USAGE_GROUPS = [
  'day',
  'hour',
  'user',
  'thread',
  'turn',
  'step',
  'round',
  'purpose',
  'provider',
  'model',
  'operation',
  'outcome',
] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

/**
 * Whose usage to report, of what time, and how it is grouped. Times are ISO 8601 UTC; `from` is inclusive, `to` is not.
 */
export interface UsageQuery {
  readonly org: string;
  /** The whole organisation when absent. */
  readonly user: string | undefined;
  readonly from: string;
  readonly to: string;
  readonly groupBy: readonly UsageGroup[];
  readonly limit: number;
  /** The key of the last row of the page before, one value for each of `groupBy`. */
  readonly after: readonly UsageKey[] | undefined;
}

/** One value of a group; `null` for attempts without one, such as those without a thread. */
export type UsageKey = string | null;

/** Sums over attempts; `cost` is in US dollars and leaves out the unpriced attempts. */
export interface UsageSums {
  readonly attempts: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  readonly cachedTokens: number;
  readonly reasoningTokens: number;
  readonly estimatedAttempts: number;
  readonly cost: number;
  readonly unpricedAttempts: number;
  readonly failedAttempts: number;
  /** Over the attempts that reached a first token; `null` when none did. */
  readonly averageFirstTokenMs: number | null;
}

/** The sums of one group; `key` has a value for each of the query's `groupBy`, in its order. */
export interface UsageGroupSums {
  readonly key: readonly UsageKey[];
  readonly sums: UsageSums;
}

/** Injection token of the {@link UsageReport}. */
export const USAGE_REPORT = Symbol('UsageReport');

/** Reads sums from the ledger. */
export interface UsageReport {
  /** A page of the groups, in the order of {@link USAGE_GROUPS} and within it by code point, and the sums of all of them. */
  read(query: UsageQuery): Promise<{ readonly groups: readonly UsageGroupSums[]; readonly total: UsageSums }>;
}
