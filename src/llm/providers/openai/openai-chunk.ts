import type { FinishReason, Usage } from '../../../kernel/index.js';

/** One frame of a streamed completion, as far as it is read. Anybody's server may have written it: nothing is sure. */
export interface Chunk {
  readonly choices?: unknown;
  readonly usage?: unknown;
  readonly error?: unknown;
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
  const { prompt_tokens: inputTokens, completion_tokens: outputTokens } = reported as Record<string, unknown>;
  if (!isCount(inputTokens) || !isCount(outputTokens)) return undefined;
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
