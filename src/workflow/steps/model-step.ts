import { z } from 'zod';
import { STEP_FIELDS } from '../core/definition.js';

/** What a step has that asks a model. */
export const MODEL_STEP_FIELDS = {
  ...STEP_FIELDS,
  /** What the model is told to do in this step, before the conversation. */
  instructions: z.string().max(20_000),
  /** Whether documents are searched for what the user said. */
  retrieve: z.boolean(),
  maxTokens: z.number().int().positive().max(1_000_000).optional(),
};
