import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller } from '../../kernel/index.js';
import {
  USAGE_REPORT,
  type UsageGroup,
  type UsageGroupSums,
  type UsageKey,
  type UsageReport,
  type UsageSums,
} from '../ports/usage-report.js';

/** The end of a page and its report: a window that ends now must not move between two pages. */
export interface UsagePosition {
  readonly from: string;
  readonly to: string;
  readonly groupBy: readonly UsageGroup[];
  readonly key: readonly UsageKey[];
}

/** What to report. Times are ISO 8601; the last thirty days when absent. */
export interface UsageRequest {
  readonly groupBy: readonly UsageGroup[];
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly scope: 'own' | 'org';
  readonly limit: number;
}

/** A page of the report; `last` is where the next one goes on, absent when there is none. */
export interface UsagePage {
  readonly groupBy: readonly UsageGroup[];
  readonly groups: readonly UsageGroupSums[];
  readonly total: UsageSums;
  readonly from: string;
  readonly to: string;
  readonly last: UsagePosition | undefined;
}

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
const MOST_DAYS = 400;

/** Reports usage of the caller or, to administrators, of their whole organisation. */
@Injectable()
export class ReportUsage {
  constructor(@Inject(USAGE_REPORT) private readonly usage: UsageReport) {}

  /** Throws `FORBIDDEN`, `VALIDATION_FAILED` for a time that cannot be reported, and `INVALID_CURSOR`. */
  async report(caller: Caller, request: UsageRequest, after: UsagePosition | undefined): Promise<UsagePage> {
    const { groupBy, scope, limit } = request;
    if (scope === 'org' && !caller.roles.includes('admin')) {
      throw new AppError('FORBIDDEN', 'The usage of the organisation is for callers with the role admin.');
    }
    if (after !== undefined && after.groupBy.join() !== groupBy.join()) {
      throw new AppError(
        'INVALID_CURSOR',
        'The cursor belongs to another grouping. Ask with the groupBy of the page before.',
      );
    }
    const { from, to } = windowOf(after ?? request);
    const user = scope === 'org' ? undefined : caller.id;
    const { groups, total } = await this.usage.read({
      org: caller.org,
      user,
      from,
      to,
      groupBy,
      // One more than requested, to find out whether there is a next page.
      limit: limit + 1,
      after: after?.key,
    });
    const page = groups.slice(0, limit);
    const lastKey = groups.length > limit ? page.at(-1)?.key : undefined;
    return { groupBy, groups: page, total, from, to, last: lastKey && { from, to, groupBy, key: lastKey } };
  }
}

function windowOf(request: Pick<UsageRequest, 'from' | 'to'>): {
  readonly from: string;
  readonly to: string;
} {
  const to = request.to === undefined ? new Date() : new Date(request.to);
  const from =
    request.from === undefined ? new Date(to.getTime() - DEFAULT_DAYS * DAY_MS) : new Date(request.from);
  const length = to.getTime() - from.getTime();
  if (length > 0 && length <= MOST_DAYS * DAY_MS) return { from: from.toISOString(), to: to.toISOString() };
  throw new AppError(
    'VALIDATION_FAILED',
    `A report is for at most ${MOST_DAYS} days, and begins before it ends. Choose another from and to.`,
    { details: { mostDays: MOST_DAYS } },
  );
}
