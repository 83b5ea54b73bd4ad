import { z } from 'zod';
import {
  citationSchema,
  errorBodySchema,
  messageSchema,
  timeSchema,
  usageSchema,
} from '../../kernel/index.js';
import { filledText, jsonObject, pageQuery, storableText } from '../../platform/http/index.js';
import { MAX_QUERY_CHARS } from '../../thread/index.js';
import type { PostOptions } from '../app/post-message.js';

const MAX_CONTENT_CHARS = 200_000;
const MAX_METADATA_CHARS = 16_384;

const metadata = jsonObject.superRefine((value, context) => {
  const text = JSON.stringify(value);
  const issue = (message: string) => context.addIssue({ code: 'custom', message });
  if (text.length > MAX_METADATA_CHARS) issue(`is longer than ${MAX_METADATA_CHARS} characters as JSON`);
  else if (text.includes('\\u0000') || !text.isWellFormed()) issue('holds U+0000, which cannot be stored');
});

/** All fields are optional, and so is the body. */
export const createThreadBody = z
  .strictObject({
    title: filledText(300).optional(),
    workflow: z.string().min(1).max(64).optional(),
    metadata: metadata.optional(),
  })
  .prefault({});

export const updateThreadBody = z
  .strictObject({ title: filledText(300).optional(), metadata: metadata.optional() })
  .refine((body) => Object.keys(body).length > 0, { error: 'names nothing to change' });

export const postMessageBody = z.strictObject({
  content: filledText(MAX_CONTENT_CHARS),
  provider: z.string().min(1).max(64).optional(),
  model: z.string().min(1).max(200).optional(),
  options: z
    .strictObject({
      temperature: z.number().min(0).max(2).optional(),
      maxTokens: z.number().int().positive().max(1_000_000).optional(),
      systemPrompt: storableText(20_000).optional(),
      rag: z.boolean().optional(),
      onBusy: z.enum(['reject', 'queue', 'interrupt']).optional(),
      onDisconnect: z.enum(['continue', 'cancel']).optional(),
    } satisfies Record<keyof PostOptions, z.ZodType>)
    .optional(),
});

export const threadsQuery = pageQuery.extend({ q: filledText(MAX_QUERY_CHARS).optional() });
export const messagesQuery = pageQuery.extend({ order: z.enum(['asc', 'desc']).default('asc') });

export const threadSchema = z
  .object({
    id: z.uuid(),
    title: z.string().nullable(),
    workflow: z.string(),
    workflowVersion: z.number().int(),
    status: z.enum(['idle', 'running', 'waiting']),
    metadata: z.record(z.string(), z.unknown()),
    createdAt: timeSchema,
    updatedAt: timeSchema,
    messageCount: z.number().int().describe('Of all branches.'),
    activeTurnId: z.uuid().nullable(),
    headTurnId: z
      .uuid()
      .nullable()
      .describe('The last turn of the branch that is shown, which the next message follows.'),
  })
  .meta({ id: 'Thread' });

export const turnSchema = z
  .object({
    id: z.uuid(),
    threadId: z.uuid(),
    parentTurnId: z.uuid().nullable().describe('The turn that it follows.'),
    status: z.enum(['queued', 'running', 'waiting', 'completed', 'cancelled', 'interrupted', 'failed']),
    attempt: z.number().int(),
    userMessageId: z.uuid(),
    assistantMessageId: z.uuid(),
    workflowRunId: z.uuid().nullable(),
    error: errorBodySchema.nullable(),
    createdAt: timeSchema,
    startedAt: timeSchema.nullable(),
    endedAt: timeSchema.nullable(),
  })
  .meta({ id: 'Turn' });

const nextCursor = z.string().nullable();

export const threadResponse = z.object({ thread: threadSchema });
export const threadsResponse = z.object({ threads: z.array(threadSchema), nextCursor });
export const messagesResponse = z.object({ messages: z.array(messageSchema), nextCursor });
export const turnResponse = z.object({ turn: turnSchema });
export const turnOutcomeResponse = z.object({
  response: z.string(),
  message: messageSchema,
  userMessage: messageSchema,
  turn: turnSchema,
  usage: usageSchema.nullable(),
  citations: z.array(citationSchema),
});
