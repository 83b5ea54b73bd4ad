import type { FinishReason, ToolCall } from '../../kernel/index.js';

/** A message of the question in the form that a trace records. */
export interface TracedMessage {
  readonly role: string;
  readonly content: string;
  readonly toolCalls?: readonly ToolCall[];
  /** For the result of a tool: the call that it answers. */
  readonly toolCallId?: string;
}

/** The answer in the form that a trace records. */
export interface TracedAnswer {
  readonly content: string;
  readonly toolCalls?: readonly ToolCall[];
  readonly finishReason?: FinishReason | undefined;
}

/**
 * A question and its answer as attributes of the GenAI semantic conventions, whose values are JSON text. Images are
 * left out.
 */
export function contentAttributes(
  question: readonly TracedMessage[],
  answer: TracedAnswer,
): Record<string, string> {
  const instructions = question.filter(({ role }) => role === 'system');
  const messages = question.filter(({ role }) => role !== 'system');
  const output = {
    role: 'assistant',
    parts: partsOf({ role: 'assistant', ...answer }),
    finish_reason: answer.finishReason ?? 'error',
  };
  return {
    'gen_ai.input.messages': JSON.stringify(
      messages.map((message) => ({ role: message.role, parts: partsOf(message) })),
    ),
    'gen_ai.output.messages': JSON.stringify([output]),
    ...(instructions.length > 0 && {
      'gen_ai.system_instructions': JSON.stringify(instructions.flatMap(partsOf)),
    }),
  };
}

function partsOf({ role, content, toolCalls = [], toolCallId }: TracedMessage): object[] {
  if (role === 'tool') return [{ type: 'tool_call_response', id: toolCallId ?? null, response: content }];
  const calls = toolCalls.map(({ id, name, arguments: given }) => ({
    type: 'tool_call',
    id,
    name,
    arguments: given,
  }));
  return content === '' ? calls : [{ type: 'text', content }, ...calls];
}
