import type { OpenAI } from 'openai';
import type { ModelMessage } from '../../ports/language-model.js';
import type { OpenAiProfile } from './openai-profile.js';

type Message = OpenAI.ChatCompletionMessageParam;

/** A message in OpenAI's words. */
export function messageOf(
  message: ModelMessage,
  { reasoningField }: Pick<OpenAiProfile, 'reasoningField'>,
): Message {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.content };
    case 'user':
      return { role: 'user', content: contentOf(message) };
    case 'tool':
      return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
    case 'assistant':
      return assistantMessage(message, reasoningField);
  }
}

function contentOf({ content, images = [] }: Extract<ModelMessage, { role: 'user' }>) {
  if (images.length === 0) return content;
  const pictures = images.map((url) => ({ type: 'image_url' as const, image_url: { url } }));
  // A part without text is refused.
  return content === '' ? pictures : [{ type: 'text' as const, text: content }, ...pictures];
}

function assistantMessage(
  { content, toolCalls = [], reasoning }: Extract<ModelMessage, { role: 'assistant' }>,
  reasoningField: OpenAiProfile['reasoningField'],
): Message {
  if (toolCalls.length === 0) return { role: 'assistant', content };
  const tool_calls = toolCalls.map(({ id, name, arguments: text }) => ({
    id,
    type: 'function' as const,
    function: { name, arguments: text },
  }));
  // Thoughts go back with the calls they led to, and only with those: otherwise they are refused, or forgotten.
  const thoughts =
    reasoning === undefined || reasoning === '' || reasoningField === undefined
      ? {}
      : { [reasoningField]: reasoning };
  return { role: 'assistant', content: content === '' ? null : content, tool_calls, ...thoughts };
}
