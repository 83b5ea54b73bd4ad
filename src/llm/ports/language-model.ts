import type { FinishReason, Passage, ToolCall, Usage } from '../../kernel/index.js';

/** Injection token of the configured {@link LanguageModel}s, the preferred one first. */
export const LANGUAGE_MODELS = Symbol('LanguageModels');

export interface ModelMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** One question to a model. Sizes are the caller's to bound; the model's name is the provider's own. */
export interface ModelRequest {
  readonly model: string;
  readonly messages: readonly ModelMessage[];
  /** The passages the system message quotes, for a provider that reads them as data instead. */
  readonly passages: readonly Passage[];
  /** 0 to 2; the provider's default when absent. */
  readonly temperature?: number;
  /** Tokens of the answer at most. */
  readonly maxTokens?: number;
}

/** What a model says, in order. */
export type ModelPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'tool_call'; readonly call: ToolCall }
  | { readonly type: 'finish'; readonly reason: FinishReason; readonly usage: Usage };

/**
 * A provider's models behind one interface. What every implementation promises, and
 * `test/contracts/language-model.contract.ts` holds it to:
 *
 * - Parts come in the model's order, each as soon as the provider sent it; what arrives in one read from the
 *   network may come merged into one part. No part is empty.
 * - The last part is `finish`, exactly once, unless the iteration throws. An answer that ends without the
 *   provider saying so is `PROVIDER_ERROR`, never a `finish`.
 * - Texts are well-formed Unicode without U+0000: no piece ends inside a surrogate pair.
 * - Aborting the signal closes the connection to the provider at once and makes the pending `next()` throw the
 *   signal's reason; so does returning early.
 * - Everything else thrown is an `AppError`: `PROVIDER_ERROR`, `PROVIDER_UNAVAILABLE`, `PROVIDER_TIMEOUT`,
 *   `UNKNOWN_MODEL`, `CONTEXT_TOO_LONG`, `MODEL_REFUSED` or `RATE_LIMITED`, with nothing of the provider's own
 *   text in its message.
 */
export interface LanguageModel {
  /** The provider's name, as requests say it. */
  readonly provider: string;
  /** The model used when a request names none. */
  readonly defaultModel: string;
  /** The models this provider is known to offer; others may work. */
  readonly models: readonly string[];
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelPart>;
}
