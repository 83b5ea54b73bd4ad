import { z } from 'zod';
import { pageQuery } from '../../platform/http/index.js';
import { USAGE_GROUPS, type UsageGroup } from '../ports/usage-report.js';

const isGroup = (name: string): name is UsageGroup => USAGE_GROUPS.includes(name as UsageGroup);

const groupBy = z
  .string()
  .default('provider,model')
  .describe(`One or several of ${USAGE_GROUPS.join(', ')}, comma-separated. Days and hours are of UTC.`)
  .transform((text, context) => {
    const names = [...new Set(text.split(',').map((name) => name.trim()))];
    if (names.every(isGroup)) return names;
    context.addIssue({ code: 'custom', message: `is one or several of ${USAGE_GROUPS.join(', ')}` });
    return z.NEVER;
  });

const moment = z.union([z.iso.datetime({ offset: true }), z.iso.date()], {
  error: 'is an ISO 8601 time, as 2026-01-31T00:00:00Z, or a date',
});

/** What to report on. */
export const usageQuery = pageQuery.extend({
  groupBy,
  from: moment.optional().describe('From then on; thirty days before `to` when absent.'),
  to: moment.optional().describe('Until before then; now when absent. At most 400 days after `from`.'),
  scope: z
    .enum(['own', 'org'])
    .default('own')
    .describe('Your own usage, or, for administrators, that of your whole organisation.'),
});

const time = z.string().meta({ format: 'date-time' });
const count = z.int().min(0);

const sums = {
  attempts: count,
  inputTokens: count,
  outputTokens: count,
  totalTokens: count,
  cachedTokens: count.describe('Of the input, read from the cache of the provider.'),
  reasoningTokens: count.describe('Of the output, thought and not said.'),
  estimatedAttempts: count.describe('Whose tokens were counted here, because the provider did not say.'),
  cost: z.number().describe('US dollars, without the unpriced attempts.'),
  unpricedAttempts: count.describe('Of models whose price is not known.'),
  failedAttempts: count,
  averageFirstTokenMs: z.number().nullable(),
};

const group = z
  .object({
    day: z.string().optional().describe('As 2026-01-31.'),
    hour: time.optional().describe('When it began.'),
    user: z.string().optional(),
    thread: z.string().nullable().optional().describe('null: asked without a thread.'),
    turn: z
      .string()
      .nullable()
      .optional()
      .describe('Of a request without a thread, its id. null: asked by a job.'),
    step: z.string().nullable().optional().describe('Of the workflow. null: asked without one.'),
    round: z.int().nullable().optional().describe('From 1. null: its model could call no tools.'),
    purpose: z
      .enum(['summary', 'planning', 'sampling'])
      .nullable()
      .optional()
      .describe('null: an answer to what was said.'),
    provider: z.string().optional(),
    model: z.string().optional(),
    operation: z.enum(['chat', 'embeddings']).optional(),
    outcome: z.enum(['completed', 'cancelled', 'failed', 'refused']).optional(),
    ...sums,
  })
  .meta({ id: 'UsageGroup' });

export const usageResponse = z.object({
  usage: z.array(group),
  total: z.object(sums).describe('Of all pages.'),
  from: time,
  to: time,
  nextCursor: z.string().nullable(),
});
