import type { Question, ResponseFormat, ToolDefinition } from '../../llm/index.js';
import type { CompletionBody } from './completion-schemas.js';
import { defined, messageOf } from './question-messages.js';

type Asked = Omit<Question, 'context' | 'resettable'>;

/** A request as a question to the bare model, without documents or a workflow. */
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

/** Efforts of newer models as the nearest one that every provider supports. */
const EFFORTS = {
  none: 'minimal',
  minimal: 'minimal',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
} as const;

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
