import type { FinishReason, Passage, Piece, ToolCall, Usage } from '../../kernel/index.js';
import type { ModelFacts } from '../core/model-facts.js';

/** Injection token of the configured {@link LanguageModel}s, the preferred one first. */
export const LANGUAGE_MODELS = Symbol('LanguageModels');

/** Where a provider that keeps what it has read may stop keeping: `cache_control` in Anthropic's words. */
export interface CacheControl {
  readonly type: 'ephemeral';
  readonly ttl?: string;
}

/** A piece of a message, in the client's order. */
export type MessagePart =
  | { readonly type: 'text'; readonly text: string; readonly cacheControl?: CacheControl }
  | {
      readonly type: 'image';
      readonly url: string;
      /** How closely to look: `low`, `high` or `auto`. */
      readonly detail?: string;
      readonly cacheControl?: CacheControl;
    };

/** What a message may have besides its text. A provider that has no word for it leaves it out. */
interface MessageDetails {
  /** Who speaks, among several in one role. */
  readonly name?: string;
  /** The same content in pieces, where their order or what stands beside them says more than the text. */
  readonly parts?: readonly MessagePart[];
}

/** A message of the conversation that a model is shown. */
export type ModelMessage =
  | ({
      readonly role: 'system';
      readonly content: string;
      /** It came as the developer's, which some providers tell apart. */
      readonly isDeveloper?: true;
    } & MessageDetails)
  | ({
      readonly role: 'user';
      readonly content: string;
      /** Images that come with the text: `data:` addresses in base64, or `https:` ones the provider fetches itself. */
      readonly images?: readonly string[];
    } & MessageDetails)
  | {
      readonly role: 'assistant';
      readonly content: string;
      readonly name?: string;
      readonly toolCalls?: readonly ToolCall[];
      /** What the model thought before its tool calls: some providers want it back with them. */
      readonly reasoning?: string;
    }
  | { readonly role: 'tool'; readonly toolCallId: string; readonly content: string };

/** A function that a model may ask for; `parameters` is a JSON Schema of an object. */
export interface ToolDefinition {
  readonly name: string;
  readonly description?: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly strict?: boolean;
}

/** Whether a model may, must or must not call tools, or the one it must call. */
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string };

/** The form of the answer: any JSON, or JSON of a schema. */
export type ResponseFormat =
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema';
      readonly name: string;
      readonly schema: Readonly<Record<string, unknown>>;
      readonly strict?: boolean;
    };

/**
 * One question to a model. Sizes are the caller's to bound; the model's name is the provider's own. What a provider has
 * no setting for it leaves out.
 */
export interface ModelRequest {
  readonly model: string;
  readonly messages: readonly ModelMessage[];
  /** The passages the last message quotes, for a provider that reads them as data instead. */
  readonly passages: readonly Passage[];
  /** What that message asks, without them; all of it when absent. */
  readonly question?: string;
  readonly tools?: readonly ToolDefinition[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
  readonly responseFormat?: ResponseFormat;
  /** 0 to 2; the provider's default when absent. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly seed?: number;
  /** Texts at which the answer ends, before them. */
  readonly stop?: readonly string[];
  /** How long a reasoning model should think. */
  readonly reasoningEffort?: 'minimal' | 'low' | 'medium' | 'high';
  /** Tokens of the answer at most. */
  readonly maxTokens?: number;
}

/** What the question has cost, in tokens, as the provider says before its answer ends. */
export interface PromptUsage {
  readonly type: 'prompt_usage';
  readonly inputTokens: number;
  readonly cachedTokens?: number;
}

/** What a model says in answer to one request, in order, and what that has cost. */
export type ModelPart =
  | Piece
  | { readonly type: 'tool_call'; readonly call: ToolCall }
  | PromptUsage
  | { readonly type: 'finish'; readonly reason: FinishReason; readonly usage: Usage };

/** Texts to turn into vectors. */
export interface EmbeddingRequest {
  readonly model: string;
  readonly inputs: readonly string[];
  /** Numbers of each vector, where the model lets one choose. */
  readonly dimensions?: number;
}

/** One vector for each input, in their order. */
export interface Embeddings {
  readonly vectors: readonly (readonly number[])[];
  readonly usage: Usage;
}

/**
 * A provider's models behind one interface. What every implementation promises, and
 * `test/contracts/language-model.contract.ts` holds it to:
 *
 * - Parts come in the model's order, each as soon as the provider sent it; what arrives in one read from the
 *   network may come merged into one part. No text is empty. A tool call comes whole, after the text.
 * - Where the provider sends a tool call in pieces, each comes as a `tool_piece` when it is there, under the id and the
 *   name of the whole call. Their texts together are its arguments, or nothing where those are `{}`. A call that the
 *   limit of tokens cut short has pieces only.
 * - `prompt_usage` comes once at most, where the provider says it before the end.
 * - The last part is `finish`, exactly once, unless the iteration throws. An answer that ends without the
 *   provider saying so is `PROVIDER_ERROR`, never a `finish`; so is one in which anything could not be read, after all
 *   that could. A tool call is handed out with the arguments that were said, or not at all.
 * - Texts are well-formed Unicode without U+0000: no piece ends inside a surrogate pair.
 * - Aborting the signal closes the connection to the provider at once and makes the pending `next()` throw the
 *   signal's reason; so does returning early.
 * - It asks once: whoever calls decides whether to try again. A request that is refused for what only this side wanted
 *   to know (`stream_options`) is sent again without it.
 * - Everything else thrown is a `ModelError`: `PROVIDER_ERROR`, `PROVIDER_UNAVAILABLE`, `PROVIDER_TIMEOUT`,
 *   `UNKNOWN_MODEL`, `CONTEXT_TOO_LONG`, `MODEL_REFUSED`, `RATE_LIMITED` or, for what this provider cannot be asked,
 *   `VALIDATION_FAILED`; with whose fault it is, and with nothing of the provider's own text in its message.
 */
export interface LanguageModel {
  /** The provider's name, as requests say it. */
  readonly provider: string;
  /** The wire it speaks: `openai`, `anthropic`, `ollama` or `local`. */
  readonly type: string;
  /** The model used when a request names none. */
  readonly defaultModel: string;
  /** What is known of its models without asking; others may work. */
  readonly catalogue: readonly ModelFacts[];
  /** Whether the list of its models says what they cost. */
  readonly listsPrices?: boolean;
  /** It is no model: no policy chooses it, and it does not mind which model it is asked for. */
  readonly isStandIn?: true;
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelPart>;
  /** The models it has right now, with what it says about them. Throws as `stream` does. */
  listModels(signal: AbortSignal): Promise<readonly ModelFacts[]>;
  /** Absent where the provider has no embeddings. Throws as `stream` does. */
  embed?(request: EmbeddingRequest, signal: AbortSignal): Promise<Embeddings>;
}
