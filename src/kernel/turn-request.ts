import type { ResultPart, ToolCall } from './message.js';
import type { ProviderMetadata } from './provider-metadata.js';

/** An image of a call's result: its data, or where they are served. */
export type ResultImage = Extract<ResultPart, { type: 'image' }>;

/** A message as a model is shown it; a system message stays where the client has put it. */
export type HistoryMessage =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | {
      readonly role: 'assistant';
      readonly content: string;
      readonly toolCalls?: readonly ToolCall[];
      /** What the model thought before its calls: some providers require it back with them. */
      readonly reasoning?: string;
      readonly metadata?: ProviderMetadata;
    }
  /** The result of a call. */
  | {
      readonly role: 'tool';
      readonly content: string;
      readonly toolCallId: string;
      readonly images?: readonly ResultImage[];
    };

/** Options of an answer; absent ones have defaults. */
export interface AnswerOptions {
  /** 0 to 2. */
  readonly temperature?: number | undefined;
  /** The most tokens of the answer. */
  readonly maxTokens?: number | undefined;
  readonly systemPrompt?: string | undefined;
  /** `false`: no retrieval, whatever the workflow defines. */
  readonly rag?: boolean | undefined;
  /** All tools that its step and the user may use, none, or those of these names; the step's own by default. */
  readonly tools?: boolean | readonly string[] | undefined;
}

/** A resource of an MCP server that is read for a message. */
export interface AttachedResource {
  readonly server: string;
  readonly uri: string;
}

/** A prompt of an MCP server that the user has chosen for a message. */
export interface AttachedPrompt {
  readonly server: string;
  readonly name: string;
  readonly arguments?: Readonly<Record<string, string>> | undefined;
}

/** A message to answer. It is stored with its turn as JSON, so that another process can run the turn again. */
export interface TurnRequest extends AnswerOptions {
  readonly content: string;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  /** What the workflow is given, where it was started with something else than a text. */
  readonly input?: unknown;
  /** What the model is shown along with it. */
  readonly resources?: readonly AttachedResource[] | undefined;
  readonly prompts?: readonly AttachedPrompt[] | undefined;
  /** The history, if the client sends it; otherwise the thread's own messages are used. */
  readonly history?: readonly HistoryMessage[] | undefined;
}
