import type { Anthropic } from '@anthropic-ai/sdk';
import { transformJSONSchema } from '@anthropic-ai/sdk/lib/transform-json-schema';
import { sizeOf } from '../../core/estimate-usage.js';
import type { ModelFacts } from '../../core/model-facts.js';
import type { ModelRequest, ToolDefinition } from '../../ports/language-model.js';
import { wellFormed } from '../upstream/well-formed.js';
import { conversationOf, type ClaudeConversation } from './claude-messages.js';
import { thinkingOf } from './claude-thinking.js';
import { traitsOf, type ClaudeTraits } from './claude-traits.js';

/** The body of a streamed message. The SDK's types no longer have a temperature; earlier versions of the API do. */
export type ClaudeMessageBody = Anthropic.MessageCreateParamsStreaming & {
  readonly temperature?: number;
  readonly top_p?: number;
};

/** Fewer code units than most tokens have, so that the question is rather overestimated. */
const CHARACTERS_PER_TOKEN = 3;
const MIN_ANSWER_TOKENS = 1_024;
/** A limit that every model accepts. */
const SAFE_ANSWER = 4_096;

/** A request in Anthropic's format. `version` is that of the API. */
export function messageBody(
  request: ModelRequest,
  facts: ModelFacts | undefined,
  version: string,
): ClaudeMessageBody {
  const traits = traitsOf(request.model, facts, version);
  const max_tokens = answerLimit(request, traits, facts);
  const thinking = thinkingOf(request, traits, max_tokens);
  const thinks = thinking.thinking?.type === 'enabled' || thinking.thinking?.type === 'adaptive';
  const conversation = conversationOf(request.messages, thinks);
  const format = formatOf(request, traits);
  const output_config = { ...thinking.effort, ...format.config };
  const stops = (request.stop ?? []).map((text) => text.toWellFormed()).filter((text) => text.trim() !== '');
  const further = [...format.instructions, ...toolInstructions(request, traits)];
  return {
    model: request.model,
    max_tokens,
    messages: [...conversation.messages],
    stream: true,
    ...optional('system', systemOf(conversation.system, further)),
    ...toolsOf(request, traits, conversation),
    ...optional('stop_sequences', stops.length > 0 ? stops : undefined),
    ...optional('thinking', thinking.thinking),
    ...optional('output_config', Object.keys(output_config).length > 0 ? output_config : undefined),
    ...(traits.sampling && thinking.thinking === undefined ? samplingOf(request) : {}),
  };
}

/** A string, or blocks where a part of the prompt is to be cached. */
function systemOf(
  said: readonly Anthropic.TextBlockParam[],
  further: readonly string[],
): string | Anthropic.TextBlockParam[] | undefined {
  const blocks = [...said, ...further.map((text) => ({ type: 'text' as const, text }))];
  if (blocks.length === 0) return undefined;
  const isKept = blocks.some((block) => 'cache_control' in block);
  return isKept ? blocks : blocks.map(({ text }) => text).join('\n\n');
}

function optional<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): Partial<Record<Key, Value>> {
  return (value === undefined ? {} : { [key]: value }) as Partial<Record<Key, Value>>;
}

/** Anthropic requires a limit: the request's, or as much as the model and its window allow. */
function answerLimit(request: ModelRequest, traits: ClaudeTraits, facts: ModelFacts | undefined): number {
  if (request.maxTokens !== undefined) return Math.min(request.maxTokens, traits.longestAnswer ?? Infinity);
  const longest = traits.longestAnswer ?? SAFE_ANSWER;
  if (facts?.contextWindow === undefined) return longest;
  const room = facts.contextWindow - Math.ceil(sizeOf(request.messages) / CHARACTERS_PER_TOKEN);
  return Math.min(longest, Math.max(room, MIN_ANSWER_TOKENS));
}

/** Newer models reject requests with both. */
function samplingOf({ temperature, topP }: ModelRequest): { temperature?: number; top_p?: number } {
  if (temperature !== undefined) return { temperature: Math.min(Math.max(temperature, 0), 1) };
  return topP === undefined ? {} : { top_p: Math.min(Math.max(topP, 0), 1) };
}

interface Format {
  readonly config: { readonly format?: Anthropic.JSONOutputFormat };
  readonly instructions: readonly string[];
}

/** If the API cannot enforce the format, the prompt asks for it. */
function formatOf({ responseFormat }: ModelRequest, traits: ClaudeTraits): Format {
  if (responseFormat === undefined) return { config: {}, instructions: [] };
  const only = 'Answer with one JSON value only: nothing before or after it, and no code fence.';
  if (responseFormat.type === 'json_object') {
    return { config: {}, instructions: [only, 'It has to be a JSON object.'] };
  }
  const schema = traits.schemas ? strictSchema(responseFormat.schema) : undefined;
  if (schema !== undefined) return { config: { format: { type: 'json_schema', schema } }, instructions: [] };
  const words = `It has to be valid against this JSON Schema: ${JSON.stringify(wellFormed(responseFormat.schema))}`;
  return { config: {}, instructions: [only, words] };
}

/**
 * The part of a schema that Anthropic can enforce, with the rest in its descriptions; `undefined` when there is none.
 */
function strictSchema(schema: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  try {
    return transformJSONSchema(wellFormed(schema));
  } catch {
    return undefined;
  }
}

function toolsOf(
  request: ModelRequest,
  traits: ClaudeTraits,
  { calledTools }: ClaudeConversation,
): Pick<ClaudeMessageBody, 'tools' | 'tool_choice'> {
  const defined = request.tools ?? [];
  if (defined.length === 0) {
    if (calledTools.length === 0) return {};
    const tools = calledTools.map((name) => ({ name, input_schema: { type: 'object' as const } }));
    return { tools, tool_choice: { type: 'none' } };
  }
  return { tools: defined.map((tool) => toolOf(tool, traits)), ...choiceOf(request, traits) };
}

function toolOf(
  { name, description, parameters, strict }: ToolDefinition,
  traits: ClaudeTraits,
): Anthropic.Tool {
  const schema =
    strict === true && traits.schemas ? strictSchema({ ...parameters, type: 'object' }) : undefined;
  return {
    name,
    input_schema: { ...(schema ?? wellFormed(parameters)), type: 'object' },
    ...optional('description', description?.toWellFormed()),
    ...(schema === undefined ? {} : { strict: true }),
  };
}

function choiceOf(
  { toolChoice, parallelToolCalls }: ModelRequest,
  traits: ClaudeTraits,
): Pick<ClaudeMessageBody, 'tool_choice'> {
  const one = parallelToolCalls === false ? { disable_parallel_tool_use: true } : {};
  if (toolChoice === 'none') return { tool_choice: { type: 'none' } };
  if (toolChoice === undefined || toolChoice === 'auto' || !traits.forcedTools) {
    if (toolChoice === undefined && parallelToolCalls !== false) return {};
    return { tool_choice: { type: 'auto', ...one } };
  }
  if (toolChoice === 'required') return { tool_choice: { type: 'any', ...one } };
  return { tool_choice: { type: 'tool', name: toolChoice.name, ...one } };
}

/** For a model that cannot be forced to call a tool, the prompt asks for it. */
function toolInstructions({ tools, toolChoice }: ModelRequest, traits: ClaudeTraits): readonly string[] {
  if (traits.forcedTools || tools === undefined || tools.length === 0) return [];
  if (toolChoice === 'required') return ['Answer by calling at least one of the tools.'];
  if (typeof toolChoice !== 'object') return [];
  return [`Answer by calling the tool ${toolChoice.name}.`];
}
