import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/index.js';
import {
  USAGE_GROUPS,
  type UsageGroup,
  type UsageGroupSums,
  type UsageKey,
  type UsageQuery,
  type UsageReport,
  type UsageSums,
} from '../ports/usage-report.js';
import { REPORT_OF_ORG, REPORT_OF_USER, type ReportRow } from './usage-statements.js';

/** Sums over the ledger's table; the statement decides whose rows count. */
@Injectable()
export class PostgresUsageReport implements UsageReport {
  constructor(private readonly database: Database) {}

  async read(query: UsageQuery): Promise<{ groups: readonly UsageGroupSums[]; total: UsageSums }> {
    const { org, user, from, to, groupBy, after, limit } = query;
    const values = [org, from, to, groupBy, after && cursorOf(groupBy, after), limit];
    const [total, ...rows] =
      user === undefined
        ? await this.database.query<ReportRow>(REPORT_OF_ORG, values)
        : await this.database.query<ReportRow>(REPORT_OF_USER, [...values, user]);
    if (total === undefined) throw new Error('a report of usage came without its total');
    return {
      groups: rows.map((row) => ({ key: groupBy.map((group) => keyOf(row, group)), sums: sumsOf(row) })),
      total: sumsOf(total),
    };
  }
}

/** One value for each possible group: columns that are not grouped by are empty in every row. */
function cursorOf(groupBy: readonly UsageGroup[], after: readonly UsageKey[]): readonly string[] {
  return USAGE_GROUPS.map((group) => {
    const index = groupBy.indexOf(group);
    return index < 0 ? '' : (after[index] ?? '');
  });
}

function keyOf(row: ReportRow, group: UsageGroup): UsageKey {
  const value = row[`by_${group}`];
  return value === '' ? null : value;
}

function sumsOf(row: ReportRow): UsageSums {
  return {
    attempts: row.attempts,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    totalTokens: row.input_tokens + row.output_tokens,
    cachedTokens: row.cached_tokens,
    reasoningTokens: row.reasoning_tokens,
    estimatedAttempts: row.estimated_attempts,
    cost: row.cost,
    unpricedAttempts: row.unpriced_attempts,
    failedAttempts: row.failed_attempts,
    averageFirstTokenMs: row.first_tokens === 0 ? null : Math.round(row.first_token_ms / row.first_tokens),
  };
}
