import type { Usage } from '../../../kernel/index.js';
import { estimateUsage } from '../../core/estimate-usage.js';
import { isCount } from '../upstream/count.js';
import { firstNonEmpty, hasUnknownField } from '../upstream/unknown-fields.js';
import { toolDeltasIn, type ToolDelta } from '../upstream/tool-delta.js';

/** The fields of a line of a streamed chat that are read. Any server may have sent it, so no type is certain. */
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
  /** Where other servers put text, reasoning and calls. */
  readonly text?: unknown;
  readonly output_text?: unknown;
  readonly reasoning?: unknown;
  readonly reasoning_content?: unknown;
  readonly tool_call?: unknown;
  readonly function_call?: unknown;
  readonly function_calls?: unknown;
  /** Content that is not text. */
  readonly images?: unknown;
  readonly audio?: unknown;
}

const READ = new Set([
  ...['content', 'thinking', 'tool_calls', 'text', 'output_text', 'reasoning', 'reasoning_content'],
  ...['tool_call', 'function_call', 'function_calls', 'images', 'audio'],
]);

/** Whether a field that is not read may hold a part of the answer. */
export function hasUnreadField(message: LineMessage): boolean {
  return hasUnknownField(message, READ);
}

/** Whether the message has content that is not text. */
export function hasNonText(message: LineMessage): boolean {
  return firstNonEmpty(message, ['images', 'audio']) !== undefined;
}

/** The message of a line, empty if it has none; `undefined` for one that cannot be read. */
export function messageOf({ message, response }: OllamaLine): LineMessage | undefined {
  if (isObject(message) && !Array.isArray(message)) return message;
  if (message !== undefined && message !== null) return { content: message };
  // The server's own format for a prompt's answer; imitations also use it for chats.
  return response === undefined || response === null ? {} : { content: response };
}

/** The tool calls of a message, each whole; `undefined` for one that cannot be read. */
export function toolCallsOf(message: LineMessage): readonly (ToolDelta | undefined)[] {
  const calls = firstNonEmpty(message, ['tool_calls', 'tool_call', 'function_calls', 'function_call']);
  // A call without arguments has none: no further pieces follow.
  return toolDeltasIn(calls).map((call) => call && { ...call, text: call.text || '{}' });
}

/** The usage of an answer; a count that the server left out is estimated from the sizes in UTF-16 code units. */
export function usageOf(line: OllamaLine, inputCharacters: number, outputCharacters: number): Usage {
  const guess = estimateUsage(inputCharacters, outputCharacters);
  const [input, output] = [countOf(line.prompt_eval_count), countOf(line.eval_count)];
  const inputTokens = input ?? guess.inputTokens;
  const outputTokens = output ?? guess.outputTokens;
  const usage = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
  return input === undefined || output === undefined ? { ...usage, estimated: true } : usage;
}

/** A number of tokens, or `undefined` for any other value. */
export function countOf(value: unknown): number | undefined {
  return isCount(value) ? value : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
