import type { Question, ResponseFormat, ToolDefinition } from '../../llm/index.js';
import type { Conversation, OfferedTool } from '../../chat/index.js';
import { nameOfTool, type CompletionBody } from './completion-schemas.js';
import { defined, messagesOf } from './question-messages.js';

type Asked = Omit<Question, 'context' | 'resettable'>;
type Tool = NonNullable<CompletionBody['tools']>[number];

/** A request as a question to the bare model, without documents or a workflow. */
export function questionOf(body: CompletionBody): Asked {
  const { tool_choice: choice, stop } = body;
  return {
    choice: { model: body.model },
    messages: body.messages.flatMap(messagesOf),
    passages: [],
    ...defined({
      tools: body.tools?.flatMap((tool) => (tool.type === 'function' ? [toolOf(tool)] : [])),
      toolChoice: typeof choice === 'object' ? { name: nameOfTool(choice) } : choice,
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

/** Whether the model may call tools that the server runs. */
export function namesServerTools({ tools = [] }: Pick<CompletionBody, 'tools'>): boolean {
  return tools.some(({ type }) => type === 'threadline');
}

/** A request that names tools of the server: those that it defines itself are its client's. */
export function conversationOf(body: CompletionBody, resettable: boolean): Conversation {
  const { tools: _tools, ...rest } = questionOf(body);
  return { question: { ...rest, resettable }, tools: offeredTools(body, 'client') };
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

/** The tools of a request; `runBy`: who runs those that it defines. */
export function offeredTools(
  { tools = [] }: Pick<CompletionBody, 'tools'>,
  runBy: Exclude<OfferedTool['runBy'], 'server'>,
): readonly OfferedTool[] {
  return tools.map((tool) =>
    tool.type === 'function' ? { runBy, definition: toolOf(tool) } : { runBy: 'server', name: tool.name },
  );
}

function toolOf({
  function: { name, description, parameters, strict },
}: Extract<Tool, { type: 'function' }>): ToolDefinition {
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
