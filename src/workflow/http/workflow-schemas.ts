import { z } from 'zod';
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
export const runResponse = z.object({ run: runSchema });

export const threadWorkflowResponse = z.object({
  workflow: z.string(),
  version: z.number().int(),
  run: runSchema.nullable(),
});

export const versionQuery = z.object({ version: z.coerce.number().int().positive().optional() });
