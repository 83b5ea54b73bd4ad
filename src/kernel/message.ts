/**
 * Tokens spent on an answer. `estimated` says that the provider did not report them; of the input, `cachedTokens` were
 * read from the provider's cache, and of the output, `reasoningTokens` were thought and not said.
 */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  readonly cachedTokens?: number;
  readonly reasoningTokens?: number;
  readonly estimated?: boolean;
}

/** Why a model stopped: its own end, the token limit, a tool call, the provider's filter. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

/** Where a passage stands in its document, in UTF-16 code units from the start; `end` is exclusive. */
export interface Offsets {
  readonly start: number;
  readonly end: number;
}

/** A source an answer may point at by its marker: `[1]`, `[2]`, … in the order of the prompt. */
export interface Citation {
  readonly marker: string;
  readonly documentId: string;
  readonly chunkId: string;
  readonly title: string;
  readonly score: number;
  readonly page?: number;
  readonly offsets?: Offsets;
}

/** A cited passage together with its text: what a prompt is built from. */
export interface Passage extends Citation {
  readonly content: string;
}

export type MessageRole = 'user' | 'assistant' | 'tool' | 'system';
export type MessageStatus = 'complete' | 'streaming' | 'cancelled' | 'interrupted' | 'failed';

/** A call of a tool as it is kept with the message that made it; `arguments` is JSON text. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

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
export type WithheldReason = 'clearance' | 'document_deleted';

/** A message as every client sees it. Times are ISO 8601 UTC with milliseconds. */
export interface Message {
  readonly id: string;
  readonly threadId: string;
  readonly turnId: string;
  readonly role: MessageRole;
  readonly content: string;
  readonly status: MessageStatus;
  readonly provider: string | null;
  readonly model: string | null;
  readonly usage: Usage | null;
  readonly citations: readonly Citation[];
  readonly toolCalls: readonly ToolCall[];
  readonly step: string | null;
  readonly createdAt: string;
  /** Its content is {@link WITHHELD}: this reader may not read it at this moment. */
  readonly withheld?: true;
  readonly withheldReason?: WithheldReason;
}
