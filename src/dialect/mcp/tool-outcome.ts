import type { CallToolResult, InputRequiredResult } from '@modelcontextprotocol/server';
import { toClientError } from '../../platform/http/index.js';

/** A result in the form its tool's output schema has, and the same as a text for models that read nothing else. */
export function outcome(structuredContent: Record<string, unknown>, text?: string): CallToolResult {
  return {
    content: [{ type: 'text', text: text ?? JSON.stringify(structuredContent) }],
    structuredContent,
  };
}

/** What is wrong with a call is a result that the model can act on, in the words of the catalogue. */
export async function orFailed<Result extends CallToolResult | InputRequiredResult>(
  work: () => Promise<Result>,
): Promise<Result | CallToolResult> {
  try {
    return await work();
  } catch (thrown) {
    const { code, message } = toClientError(thrown, '');
    return { isError: true, content: [{ type: 'text', text: `${code}: ${message}` }] };
  }
}
