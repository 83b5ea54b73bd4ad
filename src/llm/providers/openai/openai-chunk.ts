import type { Usage } from '../../../kernel/index.js';
import { isCount } from '../upstream/count.js';
import { firstSaid, holdsUnknown } from '../upstream/unknown-fields.js';

/** One frame of a streamed completion, as far as it is read. Anybody's server may have written it: nothing is sure. */
export interface CompletionChunk {
  readonly choices?: unknown;
  readonly usage?: unknown;
  /** Where Groq says what it cost. */
  readonly x_groq?: { readonly usage?: unknown } | null;
}

/** What a frame adds to the answer, or all of it. */
export interface Delta {
  readonly content?: unknown;
  /** Where others put the words. */
  readonly text?: unknown;
  readonly output_text?: unknown;
  readonly refusal?: unknown;
  readonly reasoning_content?: unknown;
  readonly reasoning?: unknown;
  readonly tool_calls?: unknown;
  /** What came before `tool_calls`. */
  readonly function_call?: unknown;
  /** What has no words. */
  readonly images?: unknown;
  readonly audio?: unknown;
}

/** What of an answer is read, by whichever of its objects holds it. */
const READ = new Set([
  ...['content', 'text', 'output_text', 'refusal', 'delta', 'deltas', 'message', 'tool_calls', 'tool_call'],
  ...['function_call', 'function_calls', 'images', 'audio', 'reasoning_content', 'reasoning', 'thinking'],
  ...['reasoning_text', 'thinking_blocks', 'tool_plan'],
]);

/** Whether anything may be said in it that nobody reads. */
export function holdsUnread(said: object): boolean {
  return holdsUnknown(said, READ);
}

/** Tool calls, under the names they have elsewhere. */
export function furtherCalls(said: object): unknown {
  return firstSaid(said, ['tool_call', 'function_calls']);
}

/** What was thought, from where other servers put it than in the usual places. */
export function furtherThought(delta: object): unknown {
  const said = delta as Readonly<Record<string, unknown>>;
  return said['reasoning_details'] ?? said['thinking'] ?? said['reasoning_text'] ?? said['thinking_blocks'];
}

/** The one choice that was asked for. */
export interface Choice {
  readonly delta?: unknown;
  /** The whole answer, from servers that do not stream, or once more at its end. */
  readonly message?: unknown;
  /** The text, as completions had it before there were chats. */
  readonly text?: unknown;
  /** The text, from servers that leave out the message around it. */
  readonly content?: unknown;
  readonly output_text?: unknown;
  /** Several at once. */
  readonly deltas?: unknown;
  readonly finish_reason?: unknown;
  /** Where Moonshot says what it cost. */
  readonly usage?: unknown;
}

/** The first choice of a frame, `undefined` where it has none, `null` for one that cannot be read. */
export function choiceOf({ choices }: CompletionChunk): Choice | null | undefined {
  if (choices === undefined || choices === null) return undefined;
  if (typeof choices !== 'object') return null;
  const first: unknown = Array.isArray(choices) ? choices[0] : onlyChoice(choices);
  if (first === undefined || first === null) return undefined;
  return typeof first === 'object' ? first : null;
}

/** Some leave the list out, others number what is in it. */
function onlyChoice(choices: Choice): unknown {
  const isChoice = ['delta', 'message', 'text', 'content', 'finish_reason'].some((field) => field in choices);
  return isChoice ? choices : Object.values(choices)[0];
}

/** The tokens a provider reports, or `undefined` when they are not whole numbers. */
export function usageOf(reported: unknown): Usage | undefined {
  if (typeof reported !== 'object' || reported === null) return undefined;
  const said = reported as Record<string, unknown>;
  const inputTokens = said['prompt_tokens'] ?? said['input_tokens'];
  const answered = said['completion_tokens'] ?? said['output_tokens'];
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
