import type {
  FinishReason,
  Passage,
  Piece,
  ProviderMetadata,
  ResultImage,
  ToolCall,
  Usage,
} from '../../kernel/index.js';
import type { ModelFacts } from '../core/model-facts.js';

/** Injection token of the configured {@link LanguageModel}s, the preferred one first. */
export const LANGUAGE_MODELS = Symbol('LanguageModels');

/** Marks the end of a cacheable prefix of the prompt: Anthropic's `cache_control`. */
export interface CacheControl {
  readonly type: 'ephemeral';
  readonly ttl?: string;
}

/** A part of a message, in the client's order. */
export type MessagePart =
  | { readonly type: 'text'; readonly text: string; readonly cacheControl?: CacheControl }
  | {
      readonly type: 'image';
      readonly url: string;
      /** The resolution of an image: `low`, `high` or `auto`. */
      readonly detail?: string;
      readonly cacheControl?: CacheControl;
    };

/** Fields of a message besides its text. A provider without an equivalent leaves them out. */
interface MessageDetails {
  /** The speaker, where several have the same role. */
  readonly name?: string;
  /** The same content in parts, if their order or their fields say more than the text. */
  readonly parts?: readonly MessagePart[];
}

/** A message of the conversation as a model is shown it. */
export type ModelMessage =
  | ({
      readonly role: 'system';
      readonly content: string;
      /** It was the developer's rather than the system's, which some providers distinguish. */
      readonly isDeveloper?: true;
    } & MessageDetails)
  | ({
      readonly role: 'user';
      readonly content: string;
      /** Images beside the text: `data:` URLs in base64, or `https:` URLs that the provider fetches itself. */
      readonly images?: readonly string[];
    } & MessageDetails)
  | {
      readonly role: 'assistant';
      readonly content: string;
      readonly name?: string;
      readonly toolCalls?: readonly ToolCall[];
      /** The reasoning before the tool calls: some providers require it back with them. */
      readonly reasoning?: string;
      /** What the provider itself wants back with these calls: never that of another one. */
      readonly metadata?: ProviderMetadata;
    }
  | {
      readonly role: 'tool';
      readonly toolCallId: string;
      readonly content: string;
      /** Images of the result, with their data: only for a model that sees. */
      readonly images?: readonly ResultImage[];
    };

/** A function that a model may call; `parameters` is a JSON Schema of an object. */
export interface ToolDefinition {
  readonly name: string;
  readonly description?: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly strict?: boolean;
}

/** Whether a model may, must or must not call tools, or the one it must call. */
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string };

/** The format of the answer: any JSON, or JSON of a schema. */
export type ResponseFormat =
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema';
      readonly name: string;
      readonly schema: Readonly<Record<string, unknown>>;
      readonly strict?: boolean;
    };

/**
 * One question to a model. The caller bounds its sizes; the model's name is the provider's own. A provider leaves out
 * what it has no setting for.
 */
export interface ModelRequest {
  readonly model: string;
  readonly messages: readonly ModelMessage[];
  /** The passages that the last message quotes, for a provider that reads them as data instead. */
  readonly passages: readonly Passage[];
  /** The question in that message without the passages; the whole message when absent. */
  readonly question?: string;
  readonly tools?: readonly ToolDefinition[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
  /**
   * Whether calls are given as the model wrote them where their arguments are no JSON object or they have no
   * name: whoever asks answers them.
   * Otherwise such an answer is an error.
   */
  readonly takesBrokenArguments?: boolean;
  readonly responseFormat?: ResponseFormat;
  /** 0 to 2; the provider's default when absent. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly seed?: number;
  /** Sequences that end the answer before them. */
  readonly stop?: readonly string[];
  /** How much effort a reasoning model should spend. */
  readonly reasoningEffort?: 'minimal' | 'low' | 'medium' | 'high';
  /** The most tokens of the answer. */
  readonly maxTokens?: number;
}

/** The tokens of the question, if the provider reports them before its answer ends. */
export interface PromptUsage {
  readonly type: 'prompt_usage';
  readonly inputTokens: number;
  readonly cachedTokens?: number;
}

/** What the provider wants back with the calls of the answer: once at most, and behind them. */
export interface CallsMetadata extends Pick<ProviderMetadata, 'reasoning' | 'calls'> {
  readonly type: 'metadata';
}

/** A part of a model's answer to one request, in order, or its cost. */
export type ModelPart =
  | Piece
  | { readonly type: 'tool_call'; readonly call: ToolCall }
  | CallsMetadata
  | PromptUsage
  | { readonly type: 'finish'; readonly reason: FinishReason; readonly usage: Usage };

/** Texts to turn into vectors. */
export interface EmbeddingRequest {
  readonly model: string;
  readonly inputs: readonly string[];
  /** The length of each vector, if the model lets it be chosen. */
  readonly dimensions?: number;
}

/** One vector for each input, in the order of the inputs. */
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
  /** The provider's name, as requests use it. */
  readonly provider: string;
  /** The wire that it speaks: `openai`, `anthropic`, `ollama` or `local`. */
  readonly type: string;
  /** The model used when a request names none. */
  readonly defaultModel: string;
  /** What is known of its models without a request; others may work. */
  readonly catalogue: readonly ModelFacts[];
  /** Whether the provider's list of models has their prices. */
  readonly listsPrices?: boolean;
  /** It is not a real model: no policy chooses it, and it accepts any model name. */
  readonly isStandIn?: true;
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelPart>;
  /** The models that it has right now, with the facts it reports. Throws as `stream` does. */
  listModels(signal: AbortSignal): Promise<readonly ModelFacts[]>;
  /** Absent where the provider has no embeddings. Throws as `stream` does. */
  embed?(request: EmbeddingRequest, signal: AbortSignal): Promise<Embeddings>;
}
