import type { ToolCall } from './message.js';

/** A message as a model is shown it; one of the system's stands where the client has put it. */
export type HistoryMessage =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | { readonly role: 'assistant'; readonly content: string; readonly toolCalls?: readonly ToolCall[] }
  /** What came of a call. */
  | { readonly role: 'tool'; readonly content: string; readonly toolCallId: string };

/** How a message is to be answered, as far as its client has a wish. */
export interface AnswerOptions {
  /** 0 to 2. */
  readonly temperature?: number | undefined;
  /** Tokens of the answer at most. */
  readonly maxTokens?: number | undefined;
  readonly systemPrompt?: string | undefined;
  /** `false`: no documents, whatever the workflow says. */
  readonly rag?: boolean | undefined;
}

/** A message that is to be answered. It is kept with its turn as JSON, so that another process could run it again. */
export interface TurnRequest extends AnswerOptions {
  readonly content: string;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  /** What was said before, when the client says it itself; the thread's own messages otherwise. */
  readonly history?: readonly HistoryMessage[] | undefined;
}
