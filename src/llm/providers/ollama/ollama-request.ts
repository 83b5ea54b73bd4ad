import type { ChatRequest, Message, Options, Tool } from 'ollama/browser';
import type { ToolCall } from '../../../kernel/index.js';
import { ModelError } from '../../core/model-error.js';
import type { ModelMessage, ModelRequest, ToolDefinition } from '../../ports/language-model.js';

/** A message with fields of newer servers that the package's type lacks. */
type ChatMessage = Message & { readonly tool_call_id?: string };

/** The body of a streamed chat. */
export type OllamaChatBody = Omit<ChatRequest, 'messages'> & {
  readonly messages: ChatMessage[];
  readonly stream: true;
  readonly truncate: false;
};

/**
 * The body of a streamed chat; with `canReason` false the effort is left out, which Ollama rejects for models without
 * reasoning. Throws `VALIDATION_FAILED` for an image that is given by its URL.
 */
export function chatBody(request: ModelRequest, provider: string, canReason: boolean): OllamaChatBody {
  const { reasoningEffort, responseFormat } = request;
  const tools = offeredTools(request).map(toolOf);
  return {
    model: request.model,
    messages: messagesOf(request.messages, provider),
    stream: true,
    // By default the oldest messages would be dropped silently.
    truncate: false,
    ...(tools.length === 0 ? {} : { tools }),
    ...(reasoningEffort === undefined || !canReason ? {} : { think: thinkOf(reasoningEffort) }),
    ...(responseFormat === undefined
      ? {}
      : { format: responseFormat.type === 'json_object' ? 'json' : responseFormat.schema }),
    options: optionsOf(request),
  };
}

/** Ollama has no tool choice, so tools that must not be called are not offered. */
function offeredTools({ tools = [], toolChoice }: ModelRequest): readonly ToolDefinition[] {
  if (toolChoice === 'none') return [];
  return typeof toolChoice === 'object' ? tools.filter(({ name }) => name === toolChoice.name) : tools;
}

function toolOf({ name, description, parameters }: ToolDefinition): Tool {
  return {
    type: 'function',
    function: { name, ...(description === undefined ? {} : { description }), parameters },
  };
}

function thinkOf(effort: NonNullable<ModelRequest['reasoningEffort']>): 'low' | 'medium' | 'high' {
  return effort === 'minimal' ? 'low' : effort;
}

function optionsOf(request: ModelRequest): Partial<Options> {
  const options = {
    temperature: request.temperature,
    top_p: request.topP,
    seed: request.seed,
    stop: request.stop === undefined ? undefined : [...request.stop],
    num_predict: request.maxTokens,
    frequency_penalty: request.frequencyPenalty,
    presence_penalty: request.presencePenalty,
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function messagesOf(messages: readonly ModelMessage[], provider: string): ChatMessage[] {
  const names = new Map<string, string>();
  return messages.map((message): ChatMessage => {
    const { role, content } = message;
    switch (role) {
      case 'system':
        return { role, content };
      case 'user': {
        const images = (message.images ?? []).map((image) => imageOf(image, provider));
        return { role, content, ...(images.length === 0 ? {} : { images }) };
      }
      case 'assistant':
        for (const { id, name } of message.toolCalls ?? []) names.set(id, name);
        return assistantMessage(message);
      case 'tool': {
        const name = names.get(message.toolCallId);
        const images = (message.images ?? []).map(({ data = '' }) => data);
        const seen = images.length === 0 ? {} : { images };
        const answered = { role, content, tool_call_id: message.toolCallId, ...seen };
        return name === undefined ? answered : { ...answered, tool_name: name };
      }
    }
  });
}

function assistantMessage({
  role,
  content,
  toolCalls = [],
  reasoning,
}: Extract<ModelMessage, { role: 'assistant' }>): ChatMessage {
  if (toolCalls.length === 0) return { role, content };
  const tool_calls = toolCalls.map(toolCallOf);
  // Reasoning is sent back only with the calls that it led to.
  return { role, content, ...(reasoning === undefined ? {} : { thinking: reasoning }), tool_calls };
}

function toolCallOf({ id, name, arguments: text }: ToolCall) {
  return { id, function: { name, arguments: argumentsObject(text) } };
}

/** Ollama accepts only an object here: arguments of another form are wrapped in one. */
function argumentsObject(text: string): Record<string, unknown> {
  let value: unknown = text;
  try {
    value = JSON.parse(text.trim() || '{}');
  } catch {
    // Shown to the model unparsed.
  }
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isRecord ? (value as Record<string, unknown>) : { arguments: value };
}

/** The base64 of a `data:` URL. */
function imageOf(image: string, provider: string): string {
  const comma = image.indexOf(',');
  if (comma > 0 && /^data:.*;base64$/i.test(image.slice(0, comma))) return image.slice(comma + 1);
  throw new ModelError(
    'request',
    'VALIDATION_FAILED',
    `The provider ${provider} does not fetch images. Send the image itself, as a data: address in base64.`,
    { details: { provider } },
  );
}
