import { z } from 'zod';
import { errorBodySchema } from '../../kernel/index.js';
import { absent, content, model, name, provider } from '../body-parts.js';

export const messageBody = z.strictObject({
  content,
  provider,
  model,
  conversation_id: absent(name).describe('A thread; a new one when absent.'),
});

export type MessageBody = z.output<typeof messageBody>;

export const messageResponse = z.object({
  message_id: z.uuid(),
  conversation_id: z.uuid(),
  provider: z.string(),
  model: z.string(),
});

/** The `data:` of a frame; the last one is `done`. */
export const messageFrame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('assistant_delta'), content: z.string() }),
  errorBodySchema.extend({ type: z.literal('error') }),
  z.object({ type: z.literal('done') }),
]);
