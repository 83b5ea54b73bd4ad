import { z } from 'zod';
import { jsonObject, storableText } from '../../platform/http/index.js';
import { absent, filled, refused } from '../body-parts.js';
import { chatMessage } from './message-schemas.js';

const MAX_MESSAGES = 2_000;
const MAX_TOOLS = 128;
const MAX_STOPS = 16;
const MAX_SCHEMA_CHARS = 65_536;

const jsonSchema = jsonObject.refine((value) => JSON.stringify(value).length <= MAX_SCHEMA_CHARS, {
  error: `is longer than ${MAX_SCHEMA_CHARS} characters as JSON`,
});

const clientTool = z.object({
  type: z.literal('function'),
  function: z.object({
    name: filled(128),
    description: absent(storableText(32_768)),
    parameters: absent(jsonSchema),
    strict: absent(z.boolean()),
  }),
});

const serverTool = z
  .object({ type: z.literal('threadline'), name: filled(128) })
  .describe('A tool of the server, which runs it: one of those that `GET /tools` lists.');

const tool = z.discriminatedUnion('type', [clientTool, serverTool], {
  error: 'is neither function nor threadline: other kinds of tools are not taken',
});

const toolChoice = z.union(
  [
    z.enum(['auto', 'none', 'required']),
    z.object({ type: z.literal('function'), function: z.object({ name: filled(128) }) }),
    serverTool,
  ],
  { error: 'is not auto, none, required, {"type":"function","function":{"name":…}} or a tool of the server' },
);

const responseFormat = z.discriminatedUnion(
  'type',
  [
    z.object({ type: z.literal('text') }),
    z.object({ type: z.literal('json_object') }),
    z.object({
      type: z.literal('json_schema'),
      json_schema: z.object({
        name: filled(128),
        schema: absent(jsonSchema),
        strict: absent(z.boolean()),
      }),
    }),
  ],
  { error: 'is not of the type text, json_object or json_schema' },
);

const stop = z.union([filled(1_000), z.array(filled(1_000)).max(MAX_STOPS)], {
  error: `is neither a text nor a list of at most ${MAX_STOPS} texts`,
});

const penalty = absent(z.number().min(-2).max(2));
const tokens = absent(z.number().int().positive().max(1_000_000));

/**
 * The body of `POST /v1/chat/completions`. Unknown fields are accepted and ignored; those that would change the answer
 * are rejected.
 */
export const completionBody = z
  .object({
    model: filled(300).describe('`provider/model`, or a model’s own name'),
    messages: z
      .array(chatMessage)
      .min(1, { error: 'is empty' })
      .max(MAX_MESSAGES, { error: `has more than ${MAX_MESSAGES} messages` }),
    stream: absent(z.boolean()),
    stream_options: absent(z.object({ include_usage: absent(z.boolean()) })),
    tools: absent(z.array(tool).max(MAX_TOOLS, { error: `has more than ${MAX_TOOLS} tools` })),
    tool_choice: absent(toolChoice),
    parallel_tool_calls: absent(z.boolean()),
    temperature: absent(z.number().min(0).max(2)),
    top_p: absent(z.number().min(0).max(1)),
    max_tokens: tokens,
    max_completion_tokens: tokens,
    stop: absent(stop),
    seed: absent(z.number().int()),
    frequency_penalty: penalty,
    presence_penalty: penalty,
    response_format: absent(responseFormat),
    reasoning_effort: absent(z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])),
    n: refused('is not 1: there is one choice', z.literal(1)),
    logprobs: refused('is not false: there are no logprobs', z.literal(false)),
    top_logprobs: refused('is not 0: there are no logprobs', z.literal(0)),
    modalities: refused('is not ["text"]', z.tuple([z.literal('text')])),
    functions: refused('is not taken: send tools', z.tuple([])),
    function_call: refused('is not taken: send tool_choice'),
    web_search_options: refused('is not taken: name the tool search_web of the server'),
  })
  .superRefine(({ tools = [], tool_choice: choice }, context) => {
    const names = tools.map(nameOfTool);
    const issue = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (new Set(names).size < names.length) issue('tools', 'has two tools of one name');
    if (choice === 'required' && names.length === 0)
      issue('tool_choice', 'requires a tool where there is none');
    if (typeof choice === 'object' && !names.includes(nameOfTool(choice)))
      issue('tool_choice', 'names none of the tools');
  });
export type CompletionBody = z.output<typeof completionBody>;

/** The name by which a model calls a tool, whoever runs it. */
export function nameOfTool(
  named:
    { readonly type: 'function'; readonly function: { readonly name: string } } | z.output<typeof serverTool>,
): string {
  return named.type === 'function' ? named.function.name : named.name;
}
