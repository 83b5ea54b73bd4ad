import { z } from 'zod';
import { STEP_FIELDS } from '../core/definition.js';

const MAX_POLICIES = 128;

/** What a step has that asks a model. */
export const MODEL_STEP_FIELDS = {
  ...STEP_FIELDS,
  /** What the model is told to do in this step, before the conversation. */
  instructions: z.string().max(20_000),
  /** Whether documents are searched for what the user said. */
  retrieve: z.boolean(),
  personalise: z
    .boolean()
    .optional()
    .describe('Whether the model is told of the user’s profile and memories, in turns of that user.'),
  tools: z
    .union([z.literal(true), z.array(z.string().min(1).max(64)).max(128)])
    .optional()
    .describe('The tools that its model may call by itself; absent: those that a message asks for.'),
  approval: z
    .record(z.string().regex(/^([A-Za-z0-9_-]{1,64}|[A-Za-z0-9_-]{1,62}__\*|\*)$/), z.enum(['ask', 'always']))
    .refine((policies) => Object.keys(policies).length <= MAX_POLICIES, `has more than ${MAX_POLICIES} tools`)
    .optional()
    .describe(
      'Before which tools a person is asked in this step, by name, `server__*` or `*`: where the operator’s policy is ' +
        'stricter, that one holds.',
    ),
  maxTokens: z.number().int().positive().max(1_000_000).optional(),
};
