import { z } from 'zod';
import { inputOutcomes, inputRequiredData, messageSchema, timeSchema } from '../../kernel/index.js';
import { pageQuery } from '../../platform/http/index.js';
import { turnSchema } from './chat-schemas.js';

const MAX_CONTENT_CHARS = 65_536;

const statuses = z.enum(['open', ...inputOutcomes.options]);

/** What a turn waits for. */
export const inputSchema = inputRequiredData
  .omit({ inputId: true })
  .extend({
    id: z.uuid(),
    threadId: z.uuid(),
    turnId: z.uuid(),
    assignee: z.string().exactOptional().describe('The user who may answer besides the thread’s owner.'),
    role: z.string().exactOptional().describe('Whoever has the role in the organisation may answer.'),
    status: statuses,
    createdAt: timeSchema,
    answeredAt: timeSchema.exactOptional(),
    answeredBy: z.string().exactOptional(),
    withheld: z
      .literal(true)
      .exactOptional()
      .describe('What is asked is above your clearance; you may decline or cancel it.'),
  })
  .meta({ id: 'Input' });

export const inputResponse = z.object({ input: inputSchema });
export const inputsResponse = z.object({ inputs: z.array(inputSchema), nextCursor: z.string().nullable() });
export const answeredInputResponse = z.object({ input: inputSchema, turn: turnSchema });

/** The answer to a message whose turn waits. */
export const waitingTurnResponse = z.object({
  turn: turnSchema,
  inputs: z.array(inputSchema),
  userMessage: messageSchema,
});

export const inputsQuery = pageQuery.extend({ status: statuses.optional() });

const answer = {
  action: z.enum(['accept', 'decline', 'cancel']),
  content: z
    .unknown()
    .superRefine((content, context) => {
      const text = JSON.stringify(content) ?? '';
      const issue = (message: string) => context.addIssue({ code: 'custom', message });
      if (text.length > MAX_CONTENT_CHARS) issue(`is longer than ${MAX_CONTENT_CHARS} characters as JSON`);
      else if (text.includes('\\u0000') || !text.isWellFormed())
        issue('holds U+0000, which cannot be stored');
    })
    .optional(),
  remember: z.boolean().optional(),
};

export const answerInputBody = z.strictObject(answer);
export const answerTurnInputBody = z.strictObject({ inputId: z.uuid(), ...answer });

export type AnswerInputBody = z.output<typeof answerInputBody>;
