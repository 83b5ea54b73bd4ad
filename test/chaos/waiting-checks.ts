import type { OpenAiStandIn, RecordedRequest } from '../doubles/openai-stand-in.js';
import type { ReplicaClient } from '../support/replica-client.js';
import { threadProblems } from './checks.js';
import type { Stored, StoredEvent } from './stored.js';

/** What becomes of a thread's turns; those but `drafted` wait for a review. */
export type Fate =
  'drafted' | 'accepted' | 'answered twice' | 'declined' | 'expired' | 'cancelled' | 'interrupted';

/** A thread that has come to its end. */
export interface Lived {
  readonly fate: Fate;
  readonly name: string;
  readonly threadId: string;
  /** What the user said, once in all threads, turn by turn. */
  readonly contents: readonly string[];
  readonly client: ReplicaClient;
}

interface Expected {
  /** How the last turns end; those before are completed. */
  readonly turns: readonly string[];
  readonly inputs: readonly string[];
  /** The steps that answer each turn, in this order. */
  readonly steps: readonly (readonly string[])[];
}

const BEFORE = [['ask'], ['clarify']] as const;
const DRAFTED = ['draft', 'critique', 'revise'] as const;
const one = (ending: string, input: string, ...steps: string[]): Expected => ({
  turns: ['completed', 'completed', ending],
  inputs: [input],
  steps: [...BEFORE, steps],
});

const EXPECTED: Readonly<Record<Fate, Expected>> = {
  drafted: { turns: ['completed', 'completed'], inputs: [], steps: [DRAFTED, DRAFTED] },
  accepted: one('completed', 'accepted', 'summarise', 'handover'),
  'answered twice': one('completed', 'accepted', 'summarise', 'handover'),
  declined: one('completed', 'declined', 'summarise'),
  expired: one('completed', 'expired', 'summarise', 'handover'),
  cancelled: one('cancelled', 'cancelled', 'summarise'),
  interrupted: {
    turns: ['completed', 'completed', 'interrupted', 'completed'],
    inputs: ['cancelled', 'accepted'],
    steps: [...BEFORE, ['summarise'], ['handover']],
  },
};

/** One request to the model, for a step of a turn of the thread. */
export interface Asked {
  /** The turn's place in the thread. */
  readonly turn: number;
  readonly step: string;
  readonly request: RecordedRequest;
}

/** The steps that follow without a message of the user, by their titles. */
const GOING_ON: Readonly<Record<string, string>> = {
  Critique: 'critique',
  Revise: 'revise',
  'Hand over': 'handover',
};

/** What models were asked for the thread, in order. */
export function askedIn(
  { requests }: Pick<OpenAiStandIn, 'requests'>,
  { fate, contents }: Pick<Lived, 'fate' | 'contents'>,
): readonly Asked[] {
  return requests.flatMap((request) => {
    const said = request.body.messages.map(({ content }) => (typeof content === 'string' ? content : ''));
    const turn = contents.findLastIndex((content) => said.some((text) => text.includes(content)));
    const title = /Go on with the next step: (.+)\.$/.exec(said.at(-1) ?? '')?.[1];
    const step = title === undefined ? EXPECTED[fate].steps[turn]?.[0] : GOING_ON[title];
    return turn < 0 ? [] : [{ turn, step: step ?? `another one: ${title}`, request }];
  });
}

/** The name of the process that asked. */
export function askerOf({ headers }: RecordedRequest): string {
  return headers.authorization?.replace('Bearer ', '') ?? '';
}

/** What is wrong with a thread in which everything has ended. */
export async function waitingProblems(
  found: { readonly stored: Stored; readonly standIn: OpenAiStandIn; readonly dead: ReadonlySet<string> },
  { fate, name, threadId, contents, client }: Lived,
): Promise<string[]> {
  const { stored, standIn, dead } = found;
  const { turns, inputs, steps } = EXPECTED[fate];
  const [events, messages, endings, resolved] = await Promise.all([
    stored.events(threadId),
    stored.messages(threadId),
    stored.turns(threadId),
    stored.inputs(threadId),
  ]);
  await client.until(() => client.cursor >= events.length, 'the end of the log');
  await client.stop();
  const wanted = contents.flatMap((content, turn) => [
    `user ${content}`,
    ...(steps[turn] ?? []).map((step) => `assistant ${step} complete`),
  ]);
  const stands = messages.map(({ role, step, status, content }) =>
    role === 'user' ? `user ${content}` : `${role} ${step} ${status}`,
  );
  const problems = [
    ...different(
      'turns end',
      endings.map(({ status }) => status),
      turns,
    ),
    ...different('inputs were', resolved, inputs),
    ...different('messages are', stands, wanted),
    ...orderProblems(
      events,
      messages.map(({ id }) => id),
    ),
    ...eventProblems(events),
    ...steps.flatMap((ofTurn, turn) =>
      askProblems(
        askedIn(standIn, { fate, contents }).filter((asked) => asked.turn === turn),
        ofTurn,
        dead,
      ),
    ),
  ];
  return [
    ...problems.map((problem) => `${fate} ${name}, ${threadId}: ${problem}`),
    ...(await threadProblems(stored, threadId, [client])),
  ];
}

function different(what: string, found: readonly string[], wanted: readonly string[]): string[] {
  return found.join() === wanted.join() ? [] : [`${what} ${found.join()}, not ${wanted.join()}`];
}

/** The messages of a thread are in the order in which its log first tells of them. */
function orderProblems(events: readonly StoredEvent[], ids: readonly string[]): string[] {
  const told = new Set(
    events.flatMap(({ type, data }) => {
      if (type === 'message_saved') return [data['message'].id as string];
      return type === 'ai_response' ? [data['messageId'] as string] : [];
    }),
  );
  return different('messages by the log are', [...told], ids);
}

/** Nothing that is said once is said again: how a step goes, what is asked of people, and what came of that. */
function eventProblems(events: readonly StoredEvent[]): string[] {
  const once = events.filter(({ type }) =>
    ['workflow_status', 'input_required', 'input_resolved'].includes(type),
  );
  const seen = new Set<string>();
  return once.flatMap(({ turn_id, type, data, seq }) => {
    const told = JSON.stringify([turn_id, type, type === 'workflow_status' ? data : data['inputId']]);
    if (seen.has(told)) return [`${type} ${seq} was told before`];
    seen.add(told);
    return [];
  });
}

/**
 * A model was asked for each step of the turn, in order; again only by another process than the one that died over it, and
 * for no step before one that was begun.
 */
export function askProblems(
  asked: readonly Pick<Asked, 'step' | 'request'>[],
  steps: readonly string[],
  dead: ReadonlySet<string>,
): string[] {
  const problems = asked
    .filter(({ step, request }, place) => {
      const next = asked.slice(place + 1).find((later) => later.step === step);
      return (
        next !== undefined && (!dead.has(askerOf(request)) || askerOf(next.request) === askerOf(request))
      );
    })
    .map(({ step, request }) => `${step} was asked for again, and ${askerOf(request)} lives`);
  const order = asked.map(({ step }) => step).filter((step, place, all) => step !== all[place - 1]);
  return [...problems, ...different('the model was asked for', order, steps)];
}
