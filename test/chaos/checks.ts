import { isDeepStrictEqual } from 'node:util';
import type { OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { textIn, type ReplicaClient } from '../support/replica-client.js';
import type { ReceivedFrame } from '../support/sse-client.js';
import type { Stored, StoredEvent } from './stored.js';

/**
 * What a client has that the log has not, or the other way round. A frame stands for all events since the one before
 * it: for one event to the letter, or for pieces of one answer whose texts it joins; a snapshot for any.
 */
export function differencesFromLog(
  frames: readonly ReceivedFrame[],
  events: readonly StoredEvent[],
): string[] {
  const problems: string[] = [];
  let next = 0;
  for (const frame of frames) {
    const start = next;
    while (next < events.length && events[next]!.seq <= frame.id!) next += 1;
    const covered = events.slice(start, next);
    if (covered.at(-1)?.seq !== frame.id) problems.push(`the log has no event ${frame.id} (${frame.type})`);
    else if (frame.type === 'snapshot') problems.push(...snapshotProblems(frame, events.slice(0, next)));
    else if (!standsFor(frame, covered))
      problems.push(`${frame.type} ${frame.id} is not what the log has from ${covered[0]!.seq}`);
  }
  if (next < events.length) problems.push(`${events.length - next} events of the log never came`);
  return problems;
}

function standsFor({ type, data }: ReceivedFrame, covered: readonly StoredEvent[]): boolean {
  const [first] = covered;
  if (covered.length === 1) return first!.type === type && isDeepStrictEqual(first!.data, data);
  if (type !== 'ai_response' && type !== 'ai_reasoning') return false;
  const arePieces = covered.every(
    (event) =>
      event.type === type &&
      event.data['messageId'] === data['messageId'] &&
      event.data['isComplete'] !== true,
  );
  return arePieces && covered.map((event) => event.data['content']).join('') === data['content'];
}

function snapshotProblems({ id, data }: ReceivedFrame, events: readonly StoredEvent[]): string[] {
  const said = textIn(
    events.map(({ seq, type, data: inner }) => ({ id: seq, type, data: inner, timestamp: '' })),
    data['messageId'],
  );
  return said === data['content'] ? [] : [`the snapshot up to ${id} says something else than the log`];
}

/** What is wrong with the log by itself: a gap, or a turn that does not end once and last. */
export function logProblems(events: readonly StoredEvent[]): string[] {
  const problems: string[] = [];
  events.forEach(({ seq }, index) => {
    if (seq !== index + 1) problems.push(`event ${index + 1} of the log has the number ${seq}`);
  });
  const turnIds = [...new Set(events.map(({ turn_id }) => turn_id))];
  const ownOf = (turnId: string) => events.filter(({ turn_id }) => turn_id === turnId);
  // One that was stopped in line may end in between what another one says that waits meanwhile.
  const unbegun = new Set(turnIds.filter((turnId) => ownOf(turnId).length === 2));
  const begun = events.filter(({ turn_id }) => !unbegun.has(turn_id));
  for (const turnId of turnIds) {
    const own = ownOf(turnId);
    const types = own.map(({ type }) => type);
    if (types[0] !== 'message_saved') problems.push(`turn ${turnId} begins with ${types[0]}`);
    if (types.at(-1) !== 'done') problems.push(`turn ${turnId} ends with ${types.at(-1)}`);
    for (const once of ['message_saved', 'done'])
      if (types.filter((type) => type === once).length !== 1)
        problems.push(`turn ${turnId} has ${types.filter((type) => type === once).length} × ${once}`);
    const among = unbegun.has(turnId) ? events : begun;
    if (among.indexOf(own.at(-1)!) - among.indexOf(own[0]!) !== own.length - 1)
      problems.push(`turn ${turnId} is mixed with another one`);
  }
  return problems;
}

/** Everything that must hold of a thread once it is quiet, for the log, its messages and every client that watched it. */
export async function threadProblems(
  stored: Stored,
  threadId: string,
  clients: readonly ReplicaClient[],
): Promise<string[]> {
  const [events, messages, turns] = await Promise.all([
    stored.events(threadId),
    stored.messages(threadId),
    stored.turns(threadId),
  ]);
  const problems = logProblems(events);
  for (const turn of turns)
    if (['queued', 'running', 'waiting'].includes(turn.status))
      problems.push(`turn ${turn.id} is still ${turn.status}`);
  const answers = messages.filter(({ role }) => role === 'assistant');
  for (const client of clients) {
    problems.push(...client.problems, ...differencesFromLog(client.frames, events));
    for (const { id, status, content } of answers) {
      const text = client.text(id);
      if (text !== content)
        problems.push(
          `the stored message ${id} (${status}, ${content.length}) is not what a client has (${text.length})`,
        );
    }
  }
  return problems.map((problem) => (problem.startsWith(threadId) ? problem : `${threadId}: ${problem}`));
}

/** How often the provider was asked with this message as the last word. */
export function asksOf(standIn: Pick<OpenAiStandIn, 'requests'>, content: string) {
  return standIn.requests.filter(({ body }) => body.messages.at(-1)?.content === content);
}
