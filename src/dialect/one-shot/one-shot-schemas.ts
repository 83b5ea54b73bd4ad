import { z } from 'zod';
import { errorBodySchema, usageSchema } from '../../kernel/index.js';
import { absent, content, model, name, provider } from '../body-parts.js';

export const oneShotBody = z.strictObject({
  message: content,
  provider,
  model,
  stream: absent(z.boolean()),
  threadId: absent(name).describe('Answers in this thread, with what was said in it before.'),
});

export type OneShotBody = z.output<typeof oneShotBody>;

export const oneShotResponse = z.object({
  response: z.string(),
  provider: z.string().nullable(),
  model: z.string().nullable(),
  usage: usageSchema.nullable(),
  timestamp: z.string().meta({ format: 'date-time' }),
  threadId: z.uuid().optional(),
});

/** The `data:` of a frame; the last one is `[DONE]`. */
export const oneShotFrame = z.union([
  z.object({ content: z.string() }),
  z.object({ finishReason: z.enum(['stop', 'length', 'tool_calls', 'content_filter']) }),
  z.object({ error: errorBodySchema }),
  z.literal('[DONE]'),
]);
