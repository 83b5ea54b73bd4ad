import { z } from 'zod';
import { STEP_FIELDS } from '../core/definition.js';

/** What a step has that asks a model. */
export const MODEL_STEP_FIELDS = {
  ...STEP_FIELDS,
  /** What the model is told to do in this step, before the conversation. */
  instructions: z.string().max(20_000),
  /** Whether documents are searched for what the user said. */
  retrieve: z.boolean(),
  tools: z
    .union([z.literal(true), z.array(z.string().min(1).max(64)).max(128)])
    .optional()
    .describe('The tools that its model may call by itself; absent: those that a message asks for.'),
  maxTokens: z.number().int().positive().max(1_000_000).optional(),
};
