import type { ToolCall, Usage } from '../../../kernel/index.js';
import { estimateUsage } from '../../core/estimate-usage.js';

/** One line of a streamed chat, as far as it is read. Anybody's server may have written it: nothing is sure. */
export interface Line {
  readonly message?: unknown;
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
}

/** The message of a line; an empty one where it has none. */
export function messageOf({ message }: Line): LineMessage {
  return isObject(message) ? message : {};
}

/** The tool calls of a message, each whole, with its arguments as JSON text; `id` and `name` are empty where absent. */
export function toolCallsOf({ tool_calls: calls }: LineMessage): readonly ToolCall[] {
  if (!Array.isArray(calls)) return [];
  return calls.filter(isObject).map(({ id, function: called }) => {
    const { name, arguments: given } = isObject(called) ? called : {};
    return { id: textOr(id, ''), name: textOr(name, ''), arguments: argumentsText(given) };
  });
}

/** What an answer cost; where the server leaves a number out, that one is estimated from the sizes in UTF-16 code units. */
export function usageOf(line: Line, inputCharacters: number, outputCharacters: number): Usage {
  const guess = estimateUsage(inputCharacters, outputCharacters);
  const [input, output] = [countOf(line.prompt_eval_count), countOf(line.eval_count)];
  const inputTokens = input ?? guess.inputTokens;
  const outputTokens = output ?? guess.outputTokens;
  const usage = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
  return input === undefined || output === undefined ? { ...usage, estimated: true } : usage;
}

/** A number of tokens, or `undefined` for what is none. */
export function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** Ollama sends an object; servers that imitate it send text. */
function argumentsText(given: unknown): string {
  if (given === undefined || given === null) return '{}';
  return typeof given === 'string' ? given : JSON.stringify(given);
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
