import { quotedResult, type ToolCall } from '../../kernel/index.js';
import type { MessagePart, ModelMessage } from '../../llm/index.js';
import type { ChatMessage } from './message-schemas.js';

type Of<Role extends ChatMessage['role']> = Extract<ChatMessage, { role: Role }>;
type Part = Exclude<Of<'user'>['content'], string>[number];
type TextPart =
  { readonly type: 'text'; readonly text: string } | { readonly type: 'refusal'; readonly refusal: string };

/** A message, and before it the calls of the server's tools that led to it. */
export function messagesOf(message: ChatMessage): readonly ModelMessage[] {
  const executed = message.role === 'assistant' ? (message.executed_tools ?? []) : [];
  const calls = executed.filter((call) => call !== undefined);
  if (calls.length === 0) return [messageOf(message)];
  return [
    {
      role: 'assistant',
      content: '',
      toolCalls: calls.map(({ id, name, arguments: json }) => ({ id, name, arguments: json })),
    },
    ...calls.map(({ id, name, output }): ModelMessage => ({
      role: 'tool',
      toolCallId: id,
      content: quotedResult(name, output),
    })),
    messageOf(message),
  ];
}

/** A message in our format, with all fields that its client sent beside the text. */
export function messageOf(message: ChatMessage): ModelMessage {
  switch (message.role) {
    case 'system':
    case 'developer':
      return systemMessage(message);
    case 'user':
      return userMessage(message);
    case 'assistant':
      return assistantMessage(message);
    case 'tool':
      return { role: 'tool', toolCallId: message.tool_call_id, content: textIn(message.content) };
  }
}

function systemMessage({ role, content, name }: Of<'system' | 'developer'>): ModelMessage {
  return {
    role: 'system',
    content: textIn(content),
    ...(role === 'developer' ? { isDeveloper: true } : {}),
    ...defined({ name, parts: partsIn(content) }),
  };
}

function userMessage({ content, name }: Of<'user'>): ModelMessage {
  if (typeof content === 'string') return { role: 'user', content, ...defined({ name }) };
  const images = content.flatMap((part) => (part.type === 'image_url' ? [part.image_url.url] : []));
  return {
    role: 'user',
    content: textIn(content.filter((part) => part.type === 'text')),
    ...(images.length === 0 ? {} : { images }),
    ...defined({ name, parts: partsIn(content) }),
  };
}

function assistantMessage({
  content,
  refusal,
  name,
  reasoning_content: reasoning,
  tool_calls: calls = [],
}: Of<'assistant'>): ModelMessage {
  return {
    role: 'assistant',
    content: textIn(content ?? refusal ?? ''),
    ...(calls.length === 0 ? {} : { toolCalls: calls.map(callOf) }),
    ...defined({ name, reasoning: reasoning === '' ? undefined : reasoning }),
  };
}

function callOf({
  id,
  function: { name, arguments: json },
}: NonNullable<Of<'assistant'>['tool_calls']>[number]): ToolCall {
  return { id, name, arguments: json };
}

/** The parts, if the text alone would lose something: their order among images, or cache control. */
function partsIn(content: string | readonly Part[]): readonly MessagePart[] | undefined {
  if (typeof content === 'string') return undefined;
  const hasMore = content.some((part) => part.type === 'image_url' || part.cache_control !== undefined);
  return hasMore ? content.map(partOf) : undefined;
}

function partOf(part: Part): MessagePart {
  const kept = part.cache_control && {
    type: part.cache_control.type,
    ...defined({ ttl: part.cache_control.ttl }),
  };
  if (part.type === 'text') return { type: 'text', text: part.text, ...defined({ cacheControl: kept }) };
  const { url, detail } = part.image_url;
  return { type: 'image', url, ...defined({ detail, cacheControl: kept }) };
}

function textIn(content: string | readonly TextPart[]): string {
  if (typeof content === 'string') return content;
  return content.map((part) => (part.type === 'text' ? part.text : part.refusal)).join('\n');
}

/** Leaves out fields without a value. */
export function defined<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };
}
