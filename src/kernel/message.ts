import { z } from 'zod';
import { timeSchema, type Inferred } from './schema.js';

const count = z.number().int();

/**
 * The tokens of an answer. `estimated`: the provider did not report them. `cachedTokens` are those input tokens that
 * came from the provider's cache, `reasoningTokens` those output tokens that were reasoning.
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

/** Why a model stopped: by itself, at the token limit, for a tool call, or by the provider's filter. */
export type FinishReason = Inferred<typeof finishReasonSchema>;
export const finishReasonSchema = z.enum(['stop', 'length', 'tool_calls', 'content_filter']);

/** The place of a passage in its document, in UTF-16 code units from the start; `end` is exclusive. */
export type Offsets = Inferred<typeof offsetsSchema>;
const offsetsSchema = z.object({ start: count, end: count });

/** A source that an answer may cite by its marker: `[1]`, `[2]`, … in the order of the prompt. */
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

/** A cited passage with its text, from which a prompt is built. */
export interface Passage extends Citation {
  readonly content: string;
}

/** A tool call as it is stored with its message; `arguments` is JSON text. */
export type ToolCall = Inferred<typeof toolCallSchema>;
const toolCallSchema = z
  .object({ id: z.string(), name: z.string(), arguments: z.string() })
  .meta({ id: 'ToolCall' });

/**
 * Where a large content is served instead of being in the part: `GET` of the `url` with the same token. Both are there, or
 * neither.
 */
const reference = {
  url: z.string().exactOptional().describe('The path that serves the content, where it is not in the part.'),
  size: count.exactOptional().describe('Bytes of the content that the `url` serves.'),
};
const base64 = z.string().exactOptional().describe('Base64.');
const mediaType = z.string();

/** A part of a tool's result. Its content is in the part, or, where it is large, served by reference. */
export type ResultPart = Inferred<typeof resultPartSchema>;
export const resultPartSchema = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('text'), text: z.string().exactOptional(), ...reference }),
    z.object({ type: z.literal('image'), data: base64, mediaType, ...reference }),
    z.object({ type: z.literal('audio'), data: base64, mediaType, ...reference }),
    z.object({
      type: z.literal('resource'),
      uri: z.string(),
      text: z.string().exactOptional(),
      data: base64,
      mediaType: mediaType.exactOptional(),
      ...reference,
    }),
    z.object({
      type: z.literal('resource_link'),
      uri: z.string(),
      name: z.string(),
      title: z.string().exactOptional(),
      description: z.string().exactOptional(),
      mediaType: mediaType.exactOptional(),
      size: count.exactOptional().describe('Bytes, as far as the tool says.'),
    }),
  ])
  .meta({ id: 'ResultPart' });

/**
 * What an answer was drawn from: the highest level of the documents that its model was shown (0 is `public`), as
 * passages or through earlier answers, and their ids, its own first.
 */
export interface Basis {
  readonly level: number;
  readonly documents: readonly string[];
}

/** Replaces content that its reader may not see. */
export const WITHHELD = '[withheld]';

/** Why content is withheld: it is drawn from documents above the reader's clearance, or from a deleted one. */
export type WithheldReason = NonNullable<Message['withheldReason']>;

export type MessageRole = Message['role'];
export type MessageStatus = Message['status'];

/** The place of a turn among its siblings: all of them are counted, the nearest 200 listed. */
export type Siblings = Inferred<typeof siblingsSchema>;
const siblingsSchema = z
  .object({
    index: count.describe('Of the message’s own turn, from 0.'),
    count,
    turnIds: z.array(z.uuid()).describe('Oldest first; of more than 200, those nearest to its own.'),
  })
  .meta({ id: 'Siblings' });

/** A message before the place of its turn in the thread's tree is known. */
export type UnplacedMessage = Omit<Message, 'parentTurnId' | 'siblings'>;

/** A message in the form of the API. */
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
    toolCallId: z
      .string()
      .exactOptional()
      .describe('Of a tool message: the call that this is the result of.'),
    parts: z
      .array(resultPartSchema)
      .exactOptional()
      .describe('Of a tool message whose result is more than its text.'),
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
