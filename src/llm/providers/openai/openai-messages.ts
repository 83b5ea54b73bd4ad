import type { OpenAI } from 'openai';
import type { ResultImage } from '../../../kernel/index.js';
import type { CacheControl, MessagePart, ModelMessage } from '../../ports/language-model.js';
import { dataUrlOf } from '../upstream/data-url.js';
import type { OpenAiProfile } from './openai-profile.js';

type Message = OpenAI.ChatCompletionMessageParam;
type Of<Role extends ModelMessage['role']> = Extract<ModelMessage, { role: Role }>;
type MessageOptions = Pick<OpenAiProfile, 'reasoningField' | 'hasDeveloper' | 'hasCacheControl'>;
type TextParts = OpenAI.ChatCompletionContentPartText[];

/** The messages in OpenAI's format. */
export function messagesOf(messages: readonly ModelMessage[], options: MessageOptions): Message[] {
  const all: Message[] = [];
  let images: ResultImage[] = [];
  for (const message of messages) {
    if (message.role !== 'tool') {
      all.push(...shown(images));
      images = [];
    } else images.push(...(message.images ?? []));
    all.push(messageOf(message, options));
  }
  return [...all, ...shown(images)];
}

/** A result is a text here: its images are shown behind the results of the round, as a user would. */
function shown(images: readonly ResultImage[]): Message[] {
  if (images.length === 0) return [];
  const pictures = images.map((image) => ({
    type: 'image_url' as const,
    image_url: { url: dataUrlOf(image) },
  }));
  return [{ role: 'user', content: [{ type: 'text', text: IMAGES_OF_RESULTS }, ...pictures] }];
}

const IMAGES_OF_RESULTS = 'The images of these results, in their order:';

function messageOf(message: ModelMessage, options: MessageOptions): Message {
  switch (message.role) {
    case 'system':
      return systemMessage(message, options);
    case 'user':
      return { role: 'user', content: contentOf(message, options), ...nameOf(message) };
    case 'tool':
      return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
    case 'assistant':
      return assistantMessage(message, options.reasoningField);
  }
}

function systemMessage(message: Of<'system'>, options: MessageOptions): Message {
  const role = message.isDeveloper === true && options.hasDeveloper ? 'developer' : 'system';
  const { content, parts = [] } = message;
  // Parts are used only for cache control: not every server accepts them in a system message.
  const isKept = options.hasCacheControl && parts.some(({ cacheControl }) => cacheControl !== undefined);
  const pieces = isKept ? (parts.flatMap((part) => partOf(part, options)) as TextParts) : content;
  return { role, content: pieces, ...nameOf(message) };
}

function contentOf({ content, images = [], parts }: Of<'user'>, options: MessageOptions) {
  if (parts !== undefined) return parts.flatMap((part) => partOf(part, options));
  if (images.length === 0) return content;
  const pictures = images.map((url) => ({ type: 'image_url' as const, image_url: { url } }));
  // An empty text part is rejected.
  return content === '' ? pictures : [{ type: 'text' as const, text: content }, ...pictures];
}

function partOf(part: MessagePart, options: MessageOptions): OpenAI.ChatCompletionContentPart[] {
  const kept = options.hasCacheControl ? keptOf(part.cacheControl) : {};
  if (part.type === 'text') return part.text === '' ? [] : [{ type: 'text', text: part.text, ...kept }];
  const { url, detail } = part;
  // The vendor validates the detail.
  const picture = { url, ...(detail === undefined ? {} : { detail: detail as 'auto' }) };
  return [{ type: 'image_url', image_url: picture, ...kept }];
}

function keptOf(cacheControl: CacheControl | undefined) {
  return cacheControl === undefined ? {} : { cache_control: cacheControl };
}

function nameOf({ name }: { readonly name?: string }) {
  return name === undefined ? {} : { name };
}

function assistantMessage(
  { content, toolCalls = [], reasoning, metadata, name }: Of<'assistant'>,
  reasoningField: OpenAiProfile['reasoningField'],
): Message {
  const named = nameOf(name === undefined ? {} : { name });
  if (toolCalls.length === 0) return { role: 'assistant', content, ...named };
  const tool_calls = toolCalls.map(({ id, name: tool, arguments: text }) => ({
    id,
    type: 'function' as const,
    function: { name: tool, arguments: text },
    ...metadata?.calls?.[id]?.fields,
  }));
  // Reasoning is sent back only with the calls that it led to: elsewhere it is rejected or ignored.
  const thoughts =
    reasoning === undefined || reasoning === '' || reasoningField === undefined
      ? {}
      : { [reasoningField]: reasoning };
  const details = metadata?.reasoning === undefined ? {} : { reasoning_details: metadata.reasoning };
  return {
    ...{ role: 'assistant', content: content === '' ? null : content, tool_calls },
    ...named,
    ...(metadata?.reasoning === undefined ? thoughts : details),
  };
}
