import { z } from 'zod';
import { timeSchema, type Inferred } from './schema.js';

const count = z.number().int();

/**
 * Tokens spent on an answer. `estimated` says that the provider did not report them; of the input, `cachedTokens` were
 * read from the provider's cache, and of the output, `reasoningTokens` were thought and not said.
 */
export type Usage = Inferred<typeof usageSchema>;
export const usageSchema = z
  .object({
    inputTokens: count,
    outputTokens: count,
    totalTokens: count,
    cachedTokens: count.exactOptional(),
    reasoningTokens: count.exactOptional(),
    estimated: z.boolean().exactOptional(),
  })
  .meta({ id: 'Usage' });

/** Why a model stopped: its own end, the token limit, a tool call, the provider's filter. */
export type FinishReason = Inferred<typeof finishReasonSchema>;
export const finishReasonSchema = z.enum(['stop', 'length', 'tool_calls', 'content_filter']);

/** Where a passage stands in its document, in UTF-16 code units from the start; `end` is exclusive. */
export type Offsets = Inferred<typeof offsetsSchema>;
const offsetsSchema = z.object({ start: count, end: count });

/** A source an answer may point at by its marker: `[1]`, `[2]`, … in the order of the prompt. */
export type Citation = Inferred<typeof citationSchema>;
export const citationSchema = z
  .object({
    marker: z.string(),
    documentId: z.uuid(),
    chunkId: z.uuid(),
    title: z.string(),
    score: z.number(),
    page: count.exactOptional(),
    offsets: offsetsSchema.exactOptional(),
  })
  .meta({ id: 'Citation' });

/** A cited passage together with its text: what a prompt is built from. */
export interface Passage extends Citation {
  readonly content: string;
}

/** A call of a tool as it is kept with the message that made it; `arguments` is JSON text. */
export type ToolCall = Inferred<typeof toolCallSchema>;
const toolCallSchema = z
  .object({ id: z.string(), name: z.string(), arguments: z.string() })
  .meta({ id: 'ToolCall' });

/**
 * What an answer was drawn from: the highest level of the documents its model was shown (0 is `public`), as passages or
 * in the answers before it, and their ids, its own first.
 */
export interface Basis {
  readonly level: number;
  readonly documents: readonly string[];
}

/** What stands in place of an answer that its reader may not read. */
export const WITHHELD = '[withheld]';

/** Why it may not be read: it is drawn from documents above the reader's clearance, or from one that was deleted. */
export type WithheldReason = NonNullable<Message['withheldReason']>;

export type MessageRole = Message['role'];
export type MessageStatus = Message['status'];

/** Where a turn stands among those that follow the same one: all of them are counted, the nearest 200 named. */
export type Siblings = Inferred<typeof siblingsSchema>;
const siblingsSchema = z
  .object({
    index: count.describe('Of the message’s own turn, from 0.'),
    count,
    turnIds: z.array(z.uuid()).describe('Oldest first; of more than 200, those nearest to its own.'),
  })
  .meta({ id: 'Siblings' });

/** A message before it is known where its turn stands in the thread's tree. */
export type UnplacedMessage = Omit<Message, 'parentTurnId' | 'siblings'>;

/** A message as every client sees it. */
export type Message = Inferred<typeof messageSchema>;
export const messageSchema = z
  .object({
    id: z.uuid(),
    threadId: z.uuid(),
    turnId: z.uuid(),
    parentTurnId: z.uuid().nullable().describe('The turn that its turn follows.'),
    siblings: siblingsSchema.describe('The turns that follow the same one: an edit, or an answer once more.'),
    role: z.enum(['user', 'assistant', 'tool', 'system']),
    content: z.string(),
    status: z.enum(['complete', 'streaming', 'cancelled', 'interrupted', 'failed']),
    provider: z.string().nullable(),
    model: z.string().nullable(),
    usage: usageSchema.nullable(),
    citations: z.array(citationSchema),
    toolCalls: z.array(toolCallSchema),
    step: z.string().nullable(),
    createdAt: timeSchema,
    withheld: z
      .literal(true)
      .exactOptional()
      .describe('The content is `[withheld]`: you may not read it now.'),
    withheldReason: z
      .enum(['clearance', 'document_deleted'])
      .exactOptional()
      .describe('It draws on documents above your clearance, or on one that was deleted.'),
  })
  .meta({ id: 'Message' });
