import type { ModelFacts } from '../../src/llm/core/model-facts.js';
import type { ModelMessage, ModelRequest } from '../../src/llm/ports/language-model.js';
import { messageBody } from '../../src/llm/providers/claude/claude-request.js';

const CLASSIC = '2023-06-01';

/** What a request becomes for Anthropic, under the classic version unless another one is given. */
export function body(more: Partial<ModelRequest> = {}, facts?: ModelFacts, version = CLASSIC) {
  const messages = [{ role: 'user', content: 'hello' }] as const;
  const request = { model: 'claude-haiku-4-5', messages, passages: [], ...more };
  return messageBody(request, facts ?? { id: request.model }, version);
}

/** What a user says, as a message of a request. */
export const user = (content: string): ModelMessage => ({ role: 'user', content });
/** An answer that calls a tool once for each id. */
export const assistant = (content: string, ...ids: readonly string[]): ModelMessage => ({
  role: 'assistant',
  content,
  toolCalls: ids.map((id) => ({ id, name: 'find', arguments: `{"id":"${id}"}` })),
});
/** What the call of this id gave back. */
export const result = (toolCallId: string, content: string): ModelMessage => ({
  role: 'tool',
  toolCallId,
  content,
});
