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
const MAX_PROMPT_ARGUMENTS = 50;
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

const message = z.strictObject({
  content: filledText(MAX_CONTENT_CHARS)
    .optional()
    .describe('What the user says. Either this or `regenerate`.'),
  after: z
    .guid()
    .nullable()
    .optional()
    .describe('The turn to follow; `null` for none. Without it the thread’s head.'),
  regenerate: z
    .guid()
    .optional()
    .describe('A turn whose user message is asked once more. The new turn is its sibling.'),
  provider: z.string().min(1).max(64).optional(),
  model: z.string().min(1).max(200).optional(),
  resources: z
    .array(z.strictObject({ server: z.string().min(1).max(32), uri: storableText(2_000).min(1) }))
    .max(10)
    .optional()
    .describe('What MCP servers hold, read with your credential and shown to the model with this message.'),
  prompts: z
    .array(
      z.strictObject({
        server: z.string().min(1).max(32),
        name: storableText(200).min(1),
        arguments: z
          .record(storableText(200).min(1), storableText(10_000))
          .refine((given) => Object.keys(given).length <= MAX_PROMPT_ARGUMENTS, {
            error: `are more than ${MAX_PROMPT_ARGUMENTS}`,
          })
          .optional(),
      }),
    )
    .max(10)
    .optional()
    .describe(
      'Prompts of MCP servers, fetched with your credential and shown to the model with this message.',
    ),
  options: z
    .strictObject({
      temperature: z.number().min(0).max(2).optional(),
      maxTokens: z.number().int().positive().max(1_000_000).optional(),
      systemPrompt: storableText(20_000).optional(),
      rag: z.boolean().optional(),
      tools: z
        .union([z.boolean(), z.array(z.string().min(1).max(64)).max(128)])
        .optional()
        .describe(
          'All tools that the step and you may use, none, or those of these names; `server__*`: of one server. A name that no tool has is refused.',
        ),
      onBusy: z.enum(['reject', 'queue', 'interrupt']).optional(),
      onDisconnect: z.enum(['continue', 'cancel']).optional(),
    } satisfies Record<keyof PostOptions, z.ZodType>)
    .optional(),
});

/** A message says something, or names the turn that is to be answered once more. */
export const postMessageBody = message.superRefine(({ content, after, regenerate }, context) => {
  const issue = (path: string, text: string) =>
    context.addIssue({ code: 'custom', path: [path], message: text });
  if (regenerate === undefined) {
    if (content === undefined) issue('content', 'is missing: a message has either content or regenerate');
    return;
  }
  if (content !== undefined) issue('content', 'is not taken along with regenerate');
  if (after !== undefined) issue('after', 'is not taken along with regenerate');
});

export const moveHeadBody = z.strictObject({ turnId: z.guid() });
export const exportQuery = z.strictObject({ format: z.enum(['json', 'markdown']).default('json') });

export const threadsQuery = pageQuery.extend({ q: filledText(MAX_QUERY_CHARS).optional() });
export const messagesQuery = pageQuery.extend({
  order: z.enum(['asc', 'desc']).default('asc'),
  branch: z
    .guid()
    .optional()
    .describe(
      'A turn: the messages up to it and those that it follows. A cursor is of the branch it was read of, also where none was named.',
    ),
});

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
export const exportResponse = z.object({ thread: threadSchema, messages: z.array(messageSchema) });
export const turnResponse = z.object({ turn: turnSchema });
export const startedTurnResponse = z.object({ turn: turnSchema, message: messageSchema });
export const turnOutcomeResponse = z.object({
  response: z.string(),
  message: messageSchema,
  userMessage: messageSchema,
  turn: turnSchema,
  usage: usageSchema.nullable(),
  citations: z.array(citationSchema),
});
