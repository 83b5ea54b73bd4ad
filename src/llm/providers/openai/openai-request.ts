import type { OpenAI } from 'openai';
import type { ModelRequest, ResponseFormat, ToolChoice, ToolDefinition } from '../../ports/language-model.js';
import { wellFormed } from '../upstream/well-formed.js';
import { messagesOf } from './openai-messages.js';
import type { Body } from './openai-body.js';
import type { OpenAiProfile } from './openai-profile.js';

/** A request for a streamed chat completion. */
export type OpenAiChatBody = OpenAI.ChatCompletionCreateParamsStreaming;

/** The body of a streamed chat completion for this vendor. */
export function chatCompletionBody(request: ModelRequest, profile: OpenAiProfile): OpenAiChatBody {
  const body: Body = {
    model: request.model,
    messages: messagesOf(request.messages, profile),
    stream: true,
    stream_options: { include_usage: true },
    ...toolFields(request),
    ...said({
      response_format: request.responseFormat && formatOf(request.responseFormat),
      temperature: request.temperature,
      top_p: request.topP,
      frequency_penalty: request.frequencyPenalty,
      presence_penalty: request.presencePenalty,
      seed: request.seed,
      stop: request.stop === undefined || request.stop.length === 0 ? undefined : request.stop,
      reasoning_effort: thinks(request, profile) ? request.reasoningEffort : undefined,
      [profile.tokenLimit]: request.maxTokens,
    }),
  };
  // The SDK's types do not have the vendors' fields.
  return wellFormed(profile.adapt(body, request)) as unknown as OpenAiChatBody;
}

/** A tool choice without tools is rejected. */
function toolFields({ tools = [], toolChoice, parallelToolCalls }: ModelRequest): Body {
  if (tools.length === 0) return {};
  return {
    tools: tools.map(toolOf),
    ...said({
      tool_choice: toolChoice && choiceOf(toolChoice),
      parallel_tool_calls: parallelToolCalls,
    }),
  };
}

function toolOf({
  name,
  description,
  parameters,
  strict,
}: ToolDefinition): OpenAI.ChatCompletionFunctionTool {
  const definition = { name, parameters: { ...parameters } };
  return { type: 'function', function: { ...definition, ...said({ description, strict }) } };
}

function choiceOf(choice: ToolChoice): OpenAI.ChatCompletionToolChoiceOption {
  return typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } };
}

function formatOf(format: ResponseFormat): Body {
  if (format.type === 'json_object') return { type: 'json_object' };
  const { name, schema, strict } = format;
  return { type: 'json_schema', json_schema: { name, schema, ...said({ strict }) } };
}

/** Models that are known not to reason reject an effort. */
function thinks({ model }: ModelRequest, { catalogue }: OpenAiProfile): boolean {
  return catalogue.find(({ id }) => id === model)?.capabilities?.reasoning !== false;
}

/** Leaves out fields without a value. */
function said<Fields extends object>(fields: Fields): Partial<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Partial<Fields>;
}
