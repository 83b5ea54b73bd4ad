import type { Usage } from '../../../kernel/index.js';
import { estimateUsage } from '../../core/estimate-usage.js';
import { isCount } from '../upstream/count.js';
import { firstSaid, holdsUnknown } from '../upstream/unknown-fields.js';
import { toolDeltasIn, type ToolDelta } from '../upstream/tool-delta.js';

/** One line of a streamed chat, as far as it is read. Anybody's server may have written it: nothing is sure. */
export interface OllamaLine {
  readonly message?: unknown;
  readonly response?: unknown;
  readonly done?: unknown;
  readonly done_reason?: unknown;
  readonly prompt_eval_count?: unknown;
  readonly eval_count?: unknown;
}

/** What a line adds to the answer. */
export interface LineMessage {
  readonly content?: unknown;
  readonly thinking?: unknown;
  readonly tool_calls?: unknown;
  /** Where others put the words, the thoughts and the calls. */
  readonly text?: unknown;
  readonly output_text?: unknown;
  readonly reasoning?: unknown;
  readonly reasoning_content?: unknown;
  readonly tool_call?: unknown;
  readonly function_call?: unknown;
  readonly function_calls?: unknown;
  /** What has no words. */
  readonly images?: unknown;
  readonly audio?: unknown;
}

const READ = new Set([
  ...['content', 'thinking', 'tool_calls', 'text', 'output_text', 'reasoning', 'reasoning_content'],
  ...['tool_call', 'function_call', 'function_calls', 'images', 'audio'],
]);

/** Whether anything may be said in it that nobody reads. */
export function holdsUnread(message: LineMessage): boolean {
  return holdsUnknown(message, READ);
}

/** Whether there is something in it that has no words. */
export function hasWordless(message: LineMessage): boolean {
  return firstSaid(message, ['images', 'audio']) !== undefined;
}

/** The message of a line, empty where it has none; `undefined` for one that cannot be read. */
export function messageOf({ message, response }: OllamaLine): LineMessage | undefined {
  if (isObject(message) && !Array.isArray(message)) return message;
  if (message !== undefined && message !== null) return { content: message };
  // As the server answers a prompt, and those that imitate it a chat.
  return response === undefined || response === null ? {} : { content: response };
}

/** The tool calls of a message, each whole; `undefined` for one that cannot be read. */
export function toolCallsOf(message: LineMessage): readonly (ToolDelta | undefined)[] {
  const calls = firstSaid(message, ['tool_calls', 'tool_call', 'function_calls', 'function_call']);
  // Where none are said there are none: nothing of it will follow.
  return toolDeltasIn(calls).map((call) => call && { ...call, text: call.text || '{}' });
}

/** What an answer cost; where the server leaves a number out, that one is estimated from the sizes in UTF-16 code units. */
export function usageOf(line: OllamaLine, inputCharacters: number, outputCharacters: number): Usage {
  const guess = estimateUsage(inputCharacters, outputCharacters);
  const [input, output] = [countOf(line.prompt_eval_count), countOf(line.eval_count)];
  const inputTokens = input ?? guess.inputTokens;
  const outputTokens = output ?? guess.outputTokens;
  const usage = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
  return input === undefined || output === undefined ? { ...usage, estimated: true } : usage;
}

/** A number of tokens, or `undefined` for what is none. */
export function countOf(value: unknown): number | undefined {
  return isCount(value) ? value : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
