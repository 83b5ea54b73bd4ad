import { z } from 'zod';
import { errorBodySchema } from '../../kernel/index.js';
import { filledText } from '../../platform/http/index.js';
import { DEFAULT_RESULTS, MAX_QUERY, MAX_RESULTS } from '../../tool/index.js';
import { absent, content, MAX_CONTENT_CHARS, model, name, provider } from '../body-parts.js';
import { completionBody } from '../openai/completion-schemas.js';
import { messageOf } from '../openai/question-messages.js';
import { completionResponse, finishReason, toolCall, usage } from '../openai/response-schemas.js';

/** A conversation in OpenAI's format, as the clients of this wire send it. Fields that are not known are ignored. */
export const proxyBody = completionBody.safeExtend({ provider });

/** The same, in a thread or without one. */
export const agentChatBody = proxyBody
  .safeExtend({
    threadId: absent(name).describe(
      'Answers the last message in this thread, after what was said in it: the other messages are not read.',
    ),
  })
  .superRefine(({ threadId, messages }, context) => {
    if (threadId === undefined || questionIn(messages) !== undefined) return;
    const path = ['messages', messages.length - 1];
    const message = `is not the user’s, with 1 to ${MAX_CONTENT_CHARS} characters: the last one asks`;
    context.addIssue({ code: 'custom', path, message });
  });
export type ProxyBody = z.output<typeof proxyBody>;
export type AgentChatBody = z.output<typeof agentChatBody>;

/** Who is asked; the default where nobody is named. */
const choice = { provider, model };

export const searchBody = z.strictObject({
  query: filledText(MAX_QUERY),
  maxResults: absent(z.int().min(1).max(MAX_RESULTS)).transform((value) => value ?? DEFAULT_RESULTS),
  ...choice,
});
export type SearchBody = z.output<typeof searchBody>;

export const planningBody = z.strictObject({ query: content, ...choice });
export type PlanningBody = z.output<typeof planningBody>;

/** The message that a turn answers. */
export function questionIn(messages: ProxyBody['messages']): string | undefined {
  const last = messages.at(-1);
  return last?.role === 'user' ? content.safeParse(messageOf(last).content).data : undefined;
}

const call = { id: z.string(), name: z.string() };
const phase = { phase: z.enum(['chat', 'summary', 'planning']), model: z.string(), provider: z.string() };

const openInput = z.object({
  inputId: z.string(),
  callId: z.string().optional().describe('The call that it is about.'),
});

/** A whole answer. One of a thread may wait for a person. */
export const agentChatResponse = completionResponse.extend({
  status: z.literal('waiting').optional(),
  inputs: z.array(openInput).optional(),
});

/** The JSON in the `data:` line of each event; its `type` is the event's name. */
export const agentChatFrame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('status'), status: z.string(), message: z.string() }),
  z.object({ type: z.literal('delta'), content: z.string() }),
  z.object({
    type: z.literal('tool_call_start'),
    ...call,
    title: z.string().optional(),
    arguments: z.string().describe('JSON, as the model has written it.'),
  }),
  z.object({
    type: z.literal('tool_call_progress'),
    ...call,
    status: z
      .enum(['executing', 'refused'])
      .describe('`refused`: it is not carried out, and the result says why.'),
  }),
  z.object({
    type: z.literal('tool_call_result'),
    ...call,
    content: z.string(),
    ok: z.boolean(),
    durationMs: z.number(),
  }),
  z.object({ type: z.literal('llm_request'), ...phase }),
  z.object({ type: z.literal('llm_response'), ...phase, usage, durationMs: z.number() }),
  z.object({
    type: z.literal('message_complete'),
    role: z.literal('assistant'),
    content: z.string().nullable(),
    tool_calls: z.array(toolCall).optional().describe('For the client to run.'),
    finish_reason: finishReason,
  }),
  z.object({
    type: z.literal('complete'),
    status: z
      .enum(['success', 'waiting'])
      .describe('`waiting`: the turn of a thread goes on when a person has answered what it asks for.'),
    usage: usage.nullable().describe('Of all rounds; `null` where no model was asked.'),
    iterations: z.int().describe('How often a model was asked.'),
    finish_reason: finishReason,
    inputs: z.array(openInput).optional().describe('What a turn waits for; `GET /inputs/:id` says more.'),
  }),
  errorBodySchema.extend({ type: z.literal('error') }),
]);
export type AgentChatFrame = z.output<typeof agentChatFrame>;
