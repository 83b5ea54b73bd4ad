import type { ToolCall } from '../../kernel/index.js';
import type { ModelMessage, Question, ResponseFormat, ToolDefinition } from '../../llm/index.js';
import type { CompletionBody } from './completion-schemas.js';
import { defined } from './fields.js';
import type { ChatMessage } from './message-schemas.js';

type Asked = Omit<Question, 'context' | 'resettable'>;
type Of<Role extends ChatMessage['role']> = Extract<ChatMessage, { role: Role }>;

/** What is asked, in our words: the raw model, without documents or a workflow. */
export function questionOf(body: CompletionBody): Asked {
  const { tool_choice: choice, stop } = body;
  return {
    choice: { model: body.model },
    messages: body.messages.map(messageOf),
    passages: [],
    ...defined({
      tools: body.tools?.map(toolOf),
      toolChoice: typeof choice === 'object' ? { name: choice.function.name } : choice,
      parallelToolCalls: body.parallel_tool_calls,
      responseFormat: formatOf(body.response_format),
      temperature: body.temperature,
      topP: body.top_p,
      maxTokens: body.max_completion_tokens ?? body.max_tokens,
      stop: typeof stop === 'string' ? [stop] : stop,
      seed: body.seed,
      frequencyPenalty: body.frequency_penalty,
      presencePenalty: body.presence_penalty,
      reasoningEffort: body.reasoning_effort && EFFORTS[body.reasoning_effort],
    }),
  };
}

/** Words of newer models are the nearest of those that every provider has. */
const EFFORTS = {
  none: 'minimal',
  minimal: 'minimal',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
} as const;

function messageOf(message: ChatMessage): ModelMessage {
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: 'system', content: textIn(message.content) };
    case 'user':
      return userMessage(message);
    case 'assistant':
      return assistantMessage(message);
    case 'tool':
      return { role: 'tool', toolCallId: message.tool_call_id, content: textIn(message.content) };
  }
}

function userMessage({ content }: Of<'user'>): ModelMessage {
  if (typeof content === 'string') return { role: 'user', content };
  const images = content.flatMap((part) => (part.type === 'image_url' ? [part.image_url.url] : []));
  return {
    role: 'user',
    content: textIn(content.filter((part) => part.type === 'text')),
    ...(images.length === 0 ? {} : { images }),
  };
}

function assistantMessage({
  content,
  refusal,
  reasoning_content: reasoning,
  tool_calls: calls = [],
}: Of<'assistant'>): ModelMessage {
  return {
    role: 'assistant',
    content: textIn(content ?? refusal ?? ''),
    ...(calls.length === 0 ? {} : { toolCalls: calls.map(callOf) }),
    ...defined({ reasoning: reasoning === '' ? undefined : reasoning }),
  };
}

function callOf({
  id,
  function: { name, arguments: json },
}: NonNullable<Of<'assistant'>['tool_calls']>[number]): ToolCall {
  return { id, name, arguments: json };
}

type TextPart =
  { readonly type: 'text'; readonly text: string } | { readonly type: 'refusal'; readonly refusal: string };

function textIn(content: string | readonly TextPart[]): string {
  if (typeof content === 'string') return content;
  return content.map((part) => (part.type === 'text' ? part.text : part.refusal)).join('\n');
}

function toolOf({
  function: { name, description, parameters, strict },
}: NonNullable<CompletionBody['tools']>[number]): ToolDefinition {
  return {
    name,
    parameters: parameters ?? { type: 'object', properties: {} },
    ...defined({ description, strict }),
  };
}

function formatOf(format: CompletionBody['response_format']): ResponseFormat | undefined {
  if (format === undefined || format.type === 'text') return undefined;
  if (format.type === 'json_object') return format;
  const { name, schema = { type: 'object' }, strict } = format.json_schema;
  return { type: 'json_schema', name, schema, ...defined({ strict }) };
}
