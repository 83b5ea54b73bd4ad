import { z } from 'zod';
import { errorBodySchema, ERROR_CATALOGUE } from '../../src/kernel/index.js';
import type { WireEvent } from '../support/wire-client.js';

const call = { id: z.string().min(1), name: z.string().min(1) };
const usage = z.looseObject({
  prompt_tokens: z.int().min(0),
  completion_tokens: z.int().min(0),
  total_tokens: z.int().min(0),
});
const toolCall = z.looseObject({
  id: z.string().min(1),
  type: z.literal('function'),
  function: z.looseObject({ name: z.string().min(1), arguments: z.string() }),
});

/** What each event has, besides `type`. The wire may say more; a client relies on no more. */
const MEMBERS = {
  status: {},
  delta: { content: z.string().min(1) },
  tool_call_start: { ...call, arguments: z.string() },
  tool_call_progress: { ...call, status: z.string().min(1) },
  /** A text, also where it is JSON. */
  tool_call_result: { ...call, content: z.string() },
  llm_request: { phase: z.string().min(1), model: z.string().min(1), provider: z.string().min(1) },
  llm_response: {
    phase: z.string().min(1),
    model: z.string().min(1),
    usage: usage.nullable(),
    durationMs: z.number().min(0),
  },
  message_complete: {
    role: z.literal('assistant'),
    content: z.string().nullable(),
    tool_calls: z.array(toolCall).min(1).optional(),
  },
  complete: {
    status: z.enum(['success', 'waiting']),
    usage: usage.nullable(),
    iterations: z.int().min(0),
    inputs: z
      .array(z.looseObject({ inputId: z.string().min(1), callId: z.string().min(1).optional() }))
      .min(1)
      .optional(),
  },
  error: { ...errorBodySchema.shape, code: z.enum(Object.keys(ERROR_CATALOGUE)) },
} as const satisfies Record<string, z.ZodRawShape>;

export type AgentChatType = keyof typeof MEMBERS;

/** The ten types of events. */
export const AGENT_CHAT_TYPES = Object.keys(MEMBERS) as readonly AgentChatType[];

/**
 * The documented orders, without the events that may stand anywhere between others (`status`, and the `llm_…` of
 * `POST /chat`), and with deltas in a row as one.
 */
export const AGENT_CHAT_ORDERS = {
  withoutTools: ['delta', 'message_complete', 'complete'],
  oneCall: [
    'tool_call_start',
    'tool_call_progress',
    'tool_call_result',
    'delta',
    'message_complete',
    'complete',
  ],
  twoRounds: [
    'tool_call_start',
    'tool_call_progress',
    'tool_call_result',
    'tool_call_start',
    'tool_call_progress',
    'tool_call_result',
    'delta',
    'message_complete',
    'complete',
  ],
  /** The round ends with the calls in the message: the server runs none of them. */
  clientTool: ['message_complete', 'complete'],
  /** The results come as those of a call of `search_web`; then the summary, around which the model is asked. */
  search: [
    'tool_call_start',
    'tool_call_progress',
    'tool_call_result',
    'llm_request',
    'delta',
    'llm_response',
    'message_complete',
    'complete',
  ],
  planning: ['llm_request', 'delta', 'llm_response', 'message_complete', 'complete'],
} as const satisfies Record<string, readonly AgentChatType[]>;

/** The types in their order, deltas in a row as one, without those named. */
export function orderOf(
  events: readonly WireEvent[],
  without: readonly AgentChatType[] = ANYWHERE,
): string[] {
  const types = events
    .map(({ event }) => event ?? '')
    .filter((type) => !without.some((other) => other === type));
  return types.filter((type, index) => type !== 'delta' || types[index - 1] !== 'delta');
}

/** What may stand between the others in an answer of `POST /chat`. */
export const ANYWHERE = ['status', 'llm_request', 'llm_response'] as const satisfies readonly AgentChatType[];

/** What is wrong with the single events, in words. */
export function shapeProblems(events: readonly WireEvent[]): string[] {
  return events.flatMap(({ event, data }, index) => {
    const type = AGENT_CHAT_TYPES.find((known) => known === event);
    if (type === undefined) return [`${index}: there is no event ${event}`];
    // A reader that looks at `data:` alone knows what it is, too.
    const problems = data?.type === type ? [] : [`${index}: ${type} says of itself that it is ${data?.type}`];
    const issues = z.looseObject(MEMBERS[type]).safeParse(data).error?.issues ?? [];
    return [
      ...problems,
      ...issues.map(({ path, message }) => `${index}: ${type}.${path.join('.')} ${message}`),
    ];
  });
}

/** The error of the catalogue that a stream ended with, if it did. */
export function errorIn(events: readonly WireEvent[]): z.output<typeof errorBodySchema> | undefined {
  const last = events.at(-1);
  return last?.event === 'error' ? errorBodySchema.parse(last.data) : undefined;
}

/** The plan that the text of `POST /planning` ends with. */
export function planIn(text: string): { readonly steps: readonly unknown[] } {
  for (let start = text.indexOf('{'); start >= 0; start = text.indexOf('{', start + 1)) {
    const plan = planSchema.safeParse(parsed(text.slice(start))).data;
    if (plan !== undefined) return plan;
  }
  throw new Error('the text does not end in a plan');
}

const planSchema = z.looseObject({ steps: z.array(z.unknown()).min(1) });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
