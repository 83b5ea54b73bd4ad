import type { Usage } from '../../../kernel/index.js';
import { isCount } from '../upstream/count.js';
import { firstNonEmpty, hasUnknownField } from '../upstream/unknown-fields.js';

/** The fields of a frame of a streamed completion that are read. Any server may have sent it, so no type is certain. */
export interface CompletionChunk {
  readonly choices?: unknown;
  readonly usage?: unknown;
  /** Where Groq reports usage. */
  readonly x_groq?: { readonly usage?: unknown } | null;
}

/** What a frame adds to the answer, or the whole answer. */
export interface Delta {
  readonly content?: unknown;
  /** Where other servers put text. */
  readonly text?: unknown;
  readonly output_text?: unknown;
  readonly refusal?: unknown;
  readonly reasoning_content?: unknown;
  readonly reasoning?: unknown;
  /** Blocks of reasoning, some of them signed. */
  readonly reasoning_details?: unknown;
  readonly tool_calls?: unknown;
  /** The predecessor of `tool_calls`. */
  readonly function_call?: unknown;
  /** Content that is not text. */
  readonly images?: unknown;
  readonly audio?: unknown;
}

/** All fields of an answer that are read, in whichever of its objects. */
const READ = new Set([
  ...['content', 'text', 'output_text', 'refusal', 'delta', 'deltas', 'message', 'tool_calls', 'tool_call'],
  ...['function_call', 'function_calls', 'images', 'audio', 'reasoning_content', 'reasoning', 'thinking'],
  ...['reasoning_text', 'thinking_blocks', 'tool_plan'],
]);

/** Whether a field that is not read may hold a part of the answer. */
export function hasUnreadField(said: object): boolean {
  return hasUnknownField(said, READ);
}

/** Tool calls under the names that other servers use. */
export function otherCalls(said: object): unknown {
  return firstNonEmpty(said, ['tool_call', 'function_calls']);
}

/** Reasoning in fields other than the usual ones. */
export function otherReasoning(delta: object): unknown {
  const said = delta as Readonly<Record<string, unknown>>;
  return said['reasoning_details'] ?? said['thinking'] ?? said['reasoning_text'] ?? said['thinking_blocks'];
}

/** The one choice that was requested. */
export interface Choice {
  readonly delta?: unknown;
  /** The whole answer, from servers that do not stream, or once more at its end. */
  readonly message?: unknown;
  /** The text, as in the completions API before chats. */
  readonly text?: unknown;
  /** The text, from servers that leave out the message around it. */
  readonly content?: unknown;
  readonly output_text?: unknown;
  /** Several deltas at once. */
  readonly deltas?: unknown;
  readonly finish_reason?: unknown;
  /** Where Moonshot reports usage. */
  readonly usage?: unknown;
}

/** The first choice of a frame, `undefined` if it has none, `null` for one that cannot be read. */
export function choiceOf({ choices }: CompletionChunk): Choice | null | undefined {
  if (choices === undefined || choices === null) return undefined;
  if (typeof choices !== 'object') return null;
  const first: unknown = Array.isArray(choices) ? choices[0] : onlyChoice(choices);
  if (first === undefined || first === null) return undefined;
  return typeof first === 'object' ? first : null;
}

/** Some servers send a choice in place of the list, others an object with numbered choices. */
function onlyChoice(choices: Choice): unknown {
  const isChoice = ['delta', 'message', 'text', 'content', 'finish_reason'].some((field) => field in choices);
  return isChoice ? choices : Object.values(choices)[0];
}

/** The usage that a provider reports, or `undefined` if its counts are not whole numbers. */
export function usageOf(reported: unknown): Usage | undefined {
  if (typeof reported !== 'object' || reported === null) return undefined;
  const said = reported as Record<string, unknown>;
  const inputTokens = said['prompt_tokens'] ?? said['input_tokens'];
  const answered = said['completion_tokens'] ?? said['output_tokens'];
  if (!isCount(inputTokens) || !isCount(answered)) return undefined;
  const reasoningTokens = countIn(said['completion_tokens_details'], 'reasoning_tokens');
  // DeepSeek has its own field for cached tokens.
  const cachedTokens =
    countIn(said['prompt_tokens_details'], 'cached_tokens') ?? countIn(said, 'prompt_cache_hit_tokens');
  // Some providers count reasoning tokens separately from the answer's; only the total shows it.
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
