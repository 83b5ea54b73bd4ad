import { z } from 'zod';
import { timeSchema } from '../../kernel/index.js';

const toolResponse = z
  .object({
    name: z.string(),
    title: z.string(),
    description: z.string(),
    source: z.enum(['builtin', 'mcp']),
    server: z.string().exactOptional(),
    parameters: z.record(z.string(), z.unknown()).describe('A JSON Schema of the arguments.'),
    annotations: z.object({
      readOnly: z.boolean(),
      idempotent: z.boolean(),
      destructive: z.boolean(),
      openWorld: z.boolean(),
    }),
    approval: z
      .enum(['never', 'always', 'ask'])
      .describe('Whether a person is asked before a call; `ask`: unless the answer was remembered.'),
  })
  .meta({ id: 'Tool' });

export const toolsResponse = z.object({ tools: z.array(toolResponse) });
export type ToolResponse = z.output<typeof toolResponse>;

const approvalResponse = z
  .object({
    id: z.uuid(),
    tool: z.string(),
    definitionHash: z.string().describe('Of the tool’s definition: when that changes, you are asked again.'),
    createdAt: timeSchema,
  })
  .meta({ id: 'Approval' });

export const approvalsResponse = z.object({
  approvals: z.array(approvalResponse),
  nextCursor: z.string().nullable(),
});
