import type { ToolCall, Usage } from '../../kernel/index.js';
import type { Answered } from '../../llm/index.js';
import type { ExecutedTool } from './executed-tools.js';

/** The fields that all parts of one answer share; `created` is in seconds since 1970. */
export interface Heading {
  readonly id: string;
  readonly created: number;
}

/** A heading with an id made from the turn's. */
export function headingOf(turnId: string): Heading {
  return { id: `chatcmpl-${turnId.replaceAll('-', '')}`, created: Math.floor(Date.now() / 1_000) };
}

/** A whole answer as a `chat.completion`, with the calls that the server has made for it. */
export function completionOf(
  { id, created }: Heading,
  answered: Answered,
  executed: readonly ExecutedTool[] = [],
) {
  const text = answered.said.text.join('');
  const reasoning = answered.said.reasoning.join('');
  const calls = answered.toolCalls.map(toolCallOf);
  const message = {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    refusal: null,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...(executed.length === 0 ? {} : { executed_tools: executed }),
  };
  return {
    id,
    object: 'chat.completion',
    created,
    model: modelName(answered),
    choices: [{ index: 0, message, logprobs: null, finish_reason: answered.finishReason }],
    usage: usageOf(answered.usage),
    system_fingerprint: null,
  };
}

/** The name under which a client may request the model again. */
export function modelName({ provider, model }: Pick<Answered, 'provider' | 'model'>): string {
  return `${provider}/${model}`;
}

export function usageOf({ inputTokens, outputTokens, totalTokens, cachedTokens, reasoningTokens }: Usage) {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: totalTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens ?? 0 },
    completion_tokens_details: { reasoning_tokens: reasoningTokens ?? 0 },
  };
}

export function toolCallOf({ id, name, arguments: json }: ToolCall) {
  return { id, type: 'function' as const, function: { name, arguments: json } };
}
