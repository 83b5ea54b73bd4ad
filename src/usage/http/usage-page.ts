import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../../platform/http/index.js';
import type { UsagePage, UsagePosition } from '../app/report-usage.js';
import { USAGE_GROUPS, type UsageGroup, type UsageKey } from '../ports/usage-report.js';

const time = z.iso.datetime();
// U+0000 is in no name, and Postgres would not take it.
const key = z.string().regex(/^[^\0]*$/);

/** The report's window, its groups, and the last row's value for each of them. */
const keyset = z
  .tuple([time, time, z.string()])
  .rest(key.nullable())
  .transform(([from, to, names, ...values], context): UsagePosition => {
    const groupBy = names
      .split(',')
      .filter((name): name is UsageGroup => USAGE_GROUPS.some((one) => one === name));
    if (groupBy.length === values.length && groupBy.join() === names)
      return { from, to, groupBy, key: values };
    context.addIssue({ code: 'custom', message: 'does not fit its groups' });
    return z.NEVER;
  });

/** Where a page goes on; throws `INVALID_CURSOR`. */
export function positionFrom(cursor: string | undefined): UsagePosition | undefined {
  return decodeCursor(cursor, keyset);
}

/** A page as clients see it, with the cursor of the one after it. */
export function encodeUsage({ groupBy, groups, total, from, to, last }: UsagePage) {
  return {
    usage: groups.map(({ key: values, sums }) => ({
      ...Object.fromEntries(groupBy.map((group, index) => [group, valueOf(group, values[index])])),
      ...sums,
    })),
    total,
    from,
    to,
    nextCursor:
      last === undefined ? null : encodeCursor([last.from, last.to, last.groupBy.join(), ...last.key]),
  };
}

/** Rounds are numbers, which are listed in their order for being padded. */
function valueOf(group: UsageGroup, value: UsageKey | undefined) {
  return group === 'round' && typeof value === 'string' ? Number(value) : value;
}
