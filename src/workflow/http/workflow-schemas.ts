import { z } from 'zod';
import { errorBodySchema } from '../../kernel/index.js';
import { definitionSchema } from '../steps/kinds.js';

export const workflowResponse = z.object({ workflow: definitionSchema });
export const workflowsResponse = z.object({ workflows: z.array(definitionSchema), nextCursor: z.null() });

export const runSchema = z
  .object({
    id: z.uuid(),
    threadId: z.uuid(),
    workflow: z.string(),
    version: z.number().int(),
    step: z.string(),
    status: z.enum(['waiting', 'completed']),
    stepsDone: z.number().int(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'WorkflowRun' });

export const threadWorkflowResponse = z.object({
  workflow: z.string(),
  version: z.number().int(),
  run: runSchema.nullable(),
});

const version = z.coerce.number().int().positive().optional();
export const versionQuery = z.object({ version });
export const graphQuery = z.object({ version, run: z.uuid().optional() });

/** A definition as it is sent: it is read apart, since it may be YAML and may be hostile. */
export const definitionBody = z
  .record(z.string(), z.unknown())
  .describe(
    'A definition by the JSON Schema at `GET /workflows/schema`, or `{ "yaml": "…" }` with the same in YAML.',
  );

export const validResponse = z.object({ valid: z.literal(true), workflow: definitionSchema });
export const schemaResponse = z.record(z.string(), z.unknown());

export const previewBody = z.strictObject({
  content: z.string().min(1).max(100_000),
  input: z.record(z.string(), z.unknown()).optional(),
  version: z.number().int().positive().optional(),
});
export const previewResponse = z.object({
  steps: z.array(z.string()).describe('The steps that were run, in the order in which they began.'),
  questions: z.array(
    z.object({
      step: z.string(),
      messages: z.array(z.object({ role: z.string(), content: z.string() })),
      answer: z.string(),
    }),
  ),
  status: z.enum(['completed', 'waiting', 'failed']),
  error: errorBodySchema.nullable(),
});
