import type { ToolCall } from '../../kernel/index.js';

/**
 * The calls as every model is shown them again: their arguments are a JSON object, which many servers read as one. What
 * a model wrote in place of one stands in it, so that the model sees its mistake.
 */
export function readableCalls(calls: readonly ToolCall[]): ToolCall[] {
  return calls.map((call) => ({ ...call, arguments: objectIn(call.arguments) }));
}

function objectIn(text: string): string {
  let value: unknown = text;
  try {
    value = JSON.parse(text.trim() || '{}');
  } catch {
    // As it was written.
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? text : JSON.stringify({ arguments: value });
}
