import type { EffectCall, EffectsStandIn } from '../doubles/effects-stand-in.js';
import type { Stored, StoredEntry, StoredEvent, TurnMessage } from './stored.js';

/** What is known of the calls of a turn that has ended. */
export interface CallsOfTurn {
  readonly events: readonly StoredEvent[];
  readonly messages: readonly TurnMessage[];
  /** The journal, by its keys. */
  readonly entries: ReadonlyMap<string, StoredEntry>;
  /** Whoever has counted them. */
  readonly made: readonly EffectCall[];
  readonly executions: number;
  /** How many there have to be. */
  readonly expected: number;
}

/** What the server has of the calls of a turn, and whoever has counted them. */
export async function callsOfTurn(
  { stored, effects }: { readonly stored: Stored; readonly effects: EffectsStandIn },
  { threadId, turnId }: { readonly threadId: string; readonly turnId: string },
  expected: number,
): Promise<CallsOfTurn> {
  const turn = (await stored.turns(threadId)).find(({ id }) => id === turnId);
  return {
    events: (await stored.events(threadId)).filter((event) => event.turn_id === turnId),
    messages: await stored.messagesOf(turnId),
    entries: await stored.journal(turnId),
    made: effects.callsOf(turnId),
    executions: turn?.attempt ?? 0,
    expected,
  };
}

/** What is wrong with the calls of a turn: told, stored, kept and made. */
export function callProblems(turn: CallsOfTurn): string[] {
  const calls = turn.messages.flatMap(({ tool_calls: own }) => own);
  const wrong = calls.length === turn.expected ? [] : [`it has ${calls.length} calls of ${turn.expected}`];
  return [
    ...wrong,
    ...pairProblems(turn.messages),
    ...calls.flatMap((call) => [...toldProblems(turn, call), ...madeProblems(turn, call)]),
  ];
}

/** Behind each message that calls, one result for each of its calls, and no other one. */
export function pairProblems(messages: readonly TurnMessage[]): string[] {
  const problems: string[] = [];
  let open = new Set<string>();
  for (const { role, status, tool_calls: calls, tool_call_id: id } of messages) {
    if (role === 'tool') {
      if (!open.delete(id ?? '')) problems.push(`a result of ${id} is not behind its call`);
      continue;
    }
    if (open.size > 0) problems.push(`${[...open].join()} have no result`);
    if (status !== 'complete') problems.push(`a message is ${status}`);
    open = new Set(calls.map((call) => call.id));
  }
  return open.size > 0 ? [...problems, `${[...open].join()} have no result`] : problems;
}

function toldProblems({ events, messages, entries }: CallsOfTurn, { id }: { readonly id: string }): string[] {
  const own = events.filter(({ data }) => data['callId'] === id);
  const told = own.map(({ type, data }) => (type === 'tool_call' ? (data['status'] as string) : type));
  const entry = entries.get(`tool:${id}`);
  const result = own.at(-1)?.data ?? {};
  const message = messages.find(({ tool_call_id: of }) => of === id);
  const problems: string[] = [];
  const isOnce = new Set(told).size === told.length;
  if (!isOnce || told[0] !== 'requested' || told.at(-1) !== 'tool_result')
    problems.push(`${id} is told of as ${told.join()}`);
  if (message?.content !== result['content']) problems.push(`the message of ${id} is not what was told`);
  if (entry === undefined) return [...problems, `the journal has nothing of ${id}`];
  const kept = entry.is_done ? (entry.result as { ok: boolean; content: string }) : undefined;
  if (kept !== undefined && (kept.ok !== result['ok'] || kept.content !== result['content']))
    problems.push(`${id} is kept as ${JSON.stringify(kept)}, and told as ${JSON.stringify(result)}`);
  if (kept === undefined && (result['ok'] !== false || !String(result['content']).includes('unknown')))
    problems.push(`${id} is unknown, and told as ${JSON.stringify(result)}`);
  return problems;
}

function madeProblems(
  { entries, made, executions }: CallsOfTurn,
  { id, name }: { readonly id: string; readonly name: string },
): string[] {
  const numbers = made.filter(({ key }) => key === `${name} ${id}`).map(({ number }) => String(number));
  const isRepeatable = name === 'count_again';
  const entry = entries.get(`tool:${id}`);
  const problems: string[] = [];
  if (numbers.length > (isRepeatable ? executions : 1))
    problems.push(`${name} ${id} was made ${numbers.length} times`);
  if (entry?.is_done === false && isRepeatable)
    problems.push(`${id} is unknown, and could have been made again`);
  if (entry?.is_done === true && !numbers.includes((entry.result as { content: string }).content))
    problems.push(`${id} was counted as ${numbers.join() || 'nothing'}, and is kept otherwise`);
  return problems;
}
