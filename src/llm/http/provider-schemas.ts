import { z } from 'zod';
import { ERROR_CATALOGUE, type ErrorCode } from '../../kernel/index.js';

const time = z.string().meta({ format: 'date-time' });
const count = z.int().min(0);
const state = z
  .enum(['up', 'degraded', 'down', 'unknown'])
  .describe('degraded: it answers, but not everything. unknown: not configured, or not asked yet.');

const listed = z
  .object({
    name: z.string(),
    type: z.string().describe('The wire it speaks: openai, anthropic, ollama or local.'),
    isDefault: z.boolean().describe('Asked when a request names none.'),
    configured: z.boolean().describe('Whether this server can ask it.'),
    streaming: z.boolean(),
    models: z.array(z.string()).describe('Those that are known; others may work.'),
    health: state,
    capabilities: z
      .object({
        streaming: z.boolean(),
        tools: z.boolean(),
        json: z.boolean(),
        vision: z.boolean(),
        reasoning: z.boolean(),
      })
      .describe('What at least one of its models is known to do.'),
  })
  .meta({ id: 'Provider' });

export const providersResponse = z.object({
  providers: z.array(listed),
  current: z.string(),
  count,
});

/** For whom a provider is selected: by default the caller's own organisation. */
export const selectQuery = z.strictObject({ scope: z.enum(['org', 'all']).default('org') });

export const selectedResponse = z.object({
  success: z.literal(true),
  provider: z.string(),
  message: z.string(),
});

const known = z.boolean().nullable();

export const modelsResponse = z.object({
  models: z.array(
    z
      .object({
        id: z.string(),
        contextWindow: count.nullable().describe('Tokens of question and answer together.'),
        capabilities: z.object({
          streaming: known,
          tools: known,
          json: known,
          vision: known,
          reasoning: known,
        }),
        price: z
          .object({ input: z.number(), output: z.number(), cachedInput: z.number().nullable() })
          .nullable()
          .describe('US dollars per million tokens.'),
      })
      .meta({ id: 'Model', description: 'null: not known' }),
  ),
});

export const providersHealthResponse = z.object({
  providers: z.array(
    z
      .object({
        provider: z.string(),
        state,
        latencyMs: count.nullable().describe('What it took to list its models.'),
        checkedAt: time.nullable(),
        error: z
          .enum(Object.keys(ERROR_CATALOGUE) as [ErrorCode, ...ErrorCode[]])
          .nullable()
          .describe('Why it could not.'),
        breakers: z
          .array(
            z.object({
              model: z.string(),
              state: z.enum(['closed', 'open', 'half_open']),
              failures: count.describe('In a row.'),
              retryAt: time.nullable(),
            }),
          )
          .describe('Models this process has asked lately; an open one is not asked before retryAt.'),
      })
      .meta({ id: 'ProviderHealth' }),
  ),
});
