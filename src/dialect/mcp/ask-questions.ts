import { inputRequired, inputResponse, type InputRequiredResult } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Input, InputAnswer } from '../../turn/index.js';

type InputRequests = NonNullable<Parameters<typeof inputRequired>[0]['inputRequests']>;
type FormSchema = Exclude<
  Parameters<typeof inputRequired.elicit>[0]['requestedSchema'],
  { '~standard': unknown }
>;

/** What a form of this protocol can ask for: one level of texts, numbers, yes or no, and choices. */
const field = z.union([
  z.looseObject({ type: z.enum(['string', 'number', 'integer', 'boolean']) }),
  z.looseObject({
    type: z.literal('array'),
    items: z.union([
      z.looseObject({ type: z.literal('string'), enum: z.array(z.string()) }),
      z.looseObject({ anyOf: z.array(z.looseObject({ const: z.string() })) }),
    ]),
  }),
]);
const form = z.looseObject({ type: z.literal('object'), properties: z.record(z.string(), field) });

/** Nothing but yes or no. */
const CONSENT = { type: 'object' as const, properties: {} };

/** The turn that a question of ours is about, as it comes back with the answers. Anything of it may be made up. */
const asked = z.strictObject({ threadId: z.guid(), turnId: z.guid(), firstSeq: z.int().min(0) });
export type AskedTurn = z.output<typeof asked>;

/** The answer to a call whose turn waits for people; absent where this protocol has no form for one of the questions. */
export function questionsOf(turn: AskedTurn, inputs: readonly Input[]): InputRequiredResult | undefined {
  const inputRequests: InputRequests = {};
  for (const input of inputs) {
    const request = requestFor(input);
    if (request === undefined) return undefined;
    inputRequests[input.id] = request;
  }
  return inputRequired({ inputRequests, requestState: JSON.stringify(turn) });
}

/** The turn that the state of a repeated call names, if it is one. It is for the stores whether it is the caller's. */
export function askedTurn(state: string): AskedTurn | undefined {
  try {
    return asked.safeParse(JSON.parse(state)).data;
  } catch {
    return undefined;
  }
}

/** How the client has answered an input, if it has. */
export function answerTo(
  input: Input,
  responses: Parameters<typeof inputResponse>[0],
): InputAnswer | undefined {
  const response = inputResponse(responses, input.id);
  if (response.kind !== 'elicit') return undefined;
  if (response.action !== 'accept') return { outcome: OUTCOMES[response.action] };
  return { outcome: 'accepted', content: asksConsent(input) ? undefined : response.content };
}

function requestFor(input: Input): InputRequests[string] | undefined {
  const { prompt: message, mode, url, schema } = input;
  if (mode === 'url' && url !== undefined) return inputRequired.elicitUrl({ message, url });
  if (asksConsent(input)) return inputRequired.elicit({ message, requestedSchema: CONSENT });
  const requestedSchema = form.safeParse(schema).data;
  // It was looked at just now; the types of the fields are the protocol's.
  return requestedSchema && inputRequired.elicit({ message, requestedSchema: requestedSchema as FormSchema });
}

/** A call may be agreed to as it stands; other arguments are for clients that show them. */
function asksConsent({ kind, schema }: Input): boolean {
  return kind === 'tool_approval' || schema === null;
}

const OUTCOMES = { decline: 'declined', cancel: 'cancelled' } as const;
