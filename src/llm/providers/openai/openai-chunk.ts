import type { FinishReason, Usage } from '../../../kernel/index.js';

/** One frame of a streamed completion, as far as it is read. Anybody's server may have written it: nothing is sure. */
export interface Chunk {
  readonly choices?: unknown;
  readonly usage?: unknown;
  /** Where Groq says what it cost. */
  readonly x_groq?: { readonly usage?: unknown } | null;
}

/** What a frame adds to the answer. */
export interface Delta {
  readonly content?: unknown;
  readonly refusal?: unknown;
  readonly reasoning_content?: unknown;
  readonly reasoning?: unknown;
  readonly tool_calls?: unknown;
}

/** The one choice that was asked for. */
export interface Choice {
  readonly delta?: Delta | null;
  readonly finish_reason?: unknown;
}

/** The first choice of a frame, if it has one. */
export function choiceOf(chunk: Chunk): Choice | undefined {
  const first: unknown = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined;
  return typeof first === 'object' && first !== null ? first : undefined;
}

/** Why the model stopped; `undefined` when the word says that the provider failed. */
export function finishReasonOf(said: string): FinishReason | undefined {
  switch (said) {
    case 'length':
    case 'tool_calls':
    case 'content_filter':
      return said;
    case 'max_tokens':
      return 'length';
    case 'function_call':
      return 'tool_calls';
    case 'error':
    case 'insufficient_system_resource':
      return undefined;
    default:
      // Compatible servers say `eos`, `end_turn`, … for an end of the model's own.
      return 'stop';
  }
}

/** The tokens a provider reports, or `undefined` when they are not whole numbers. */
export function usageOf(reported: unknown): Usage | undefined {
  if (typeof reported !== 'object' || reported === null) return undefined;
  const said = reported as Record<string, unknown>;
  const { prompt_tokens: inputTokens, completion_tokens: answered } = said;
  if (!isCount(inputTokens) || !isCount(answered)) return undefined;
  const reasoningTokens = countIn(said['completion_tokens_details'], 'reasoning_tokens');
  // DeepSeek has a field of its own for what it had in its cache.
  const cachedTokens =
    countIn(said['prompt_tokens_details'], 'cached_tokens') ?? countIn(said, 'prompt_cache_hit_tokens');
  // Some count what was thought apart from what was said; only their total tells.
  const isApart = said['total_tokens'] === inputTokens + answered + (reasoningTokens ?? 0);
  const outputTokens = isApart ? answered + (reasoningTokens ?? 0) : answered;
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    ...(cachedTokens === undefined ? {} : { cachedTokens: Math.min(cachedTokens, inputTokens) }),
    ...(reasoningTokens === undefined ? {} : { reasoningTokens: Math.min(reasoningTokens, outputTokens) }),
  };
}

function countIn(details: unknown, field: string): number | undefined {
  if (typeof details !== 'object' || details === null) return undefined;
  const count = (details as Record<string, unknown>)[field];
  return isCount(count) ? count : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
