import type { Message } from '../../src/kernel/index.js';
import type { Stage } from './stage.js';

/** How many turns the thread has. */
export const TURNS = 20;

/** A thread of many turns and what there is to do with its branches, for the specs of the surrounding `describe`. */
export function branchedThread(on: Stage) {
  let threadId: string;
  /** The turns of a thread, none of which has a sibling at first. */
  let turns: string[];

  beforeAll(async () => {
    threadId = await on.alice.newThread();
    turns = [];
    for (let number = 1; number <= TURNS; number += 1)
      turns.push((await post({ content: asking(number) })).turn.id);
  }, 120_000);

  const asking = (what: number | string) => `Question ${what} [[tokens=1]]`;
  const path = (rest: string, thread = threadId) => `/chat/threads/${thread}${rest}`;

  /** Posts a message and waits for its answer. */
  const post = async (
    body: Record<string, unknown>,
    thread = threadId,
    headers: Record<string, string> = {},
  ) => {
    const { status, body: outcome } = await on.alice.ask('POST', path('/messages', thread), body, headers);
    expect([status, outcome]).toEqual([201, outcome]);
    return outcome;
  };
  /** What people have asked of the model, in the request it was sent last. */
  const sent = () =>
    on.standIn.requests
      .at(-1)!
      .body.messages.filter(({ role }) => role === 'user')
      .map(({ content }) => content);
  const shown = async (query = '', thread = threadId): Promise<readonly Message[]> => {
    const messages: Message[] = [];
    for (let cursor = ''; ;) {
      const { status, body } = await on.alice.ask('GET', path(`/messages?limit=7${query}${cursor}`, thread));
      expect(status).toBe(200);
      messages.push(...body.messages);
      if (body.nextCursor === null) return messages;
      cursor = `&cursor=${body.nextCursor}`;
    }
  };
  const questions = async (query = '', thread = threadId) =>
    (await shown(query, thread)).filter(({ role }) => role === 'user').map(({ content }) => content);
  const head = async (thread = threadId) =>
    (await on.alice.ask('GET', path('', thread))).body.thread.headTurnId;
  const moveTo = (turnId: string, thread = threadId) =>
    on.alice.ask('POST', path('/head', thread), { turnId });
  const upTo = (number: number) => Array.from({ length: number }, (_, index) => asking(index + 1));
  const siblingsOf = async (turnId: string, thread = threadId) =>
    (await shown(`&branch=${turnId}`, thread)).findLast((message) => message.turnId === turnId)!.siblings;

  return {
    get threadId() {
      return threadId;
    },
    get turns() {
      return turns;
    },
    asking,
    path,
    post,
    sent,
    shown,
    questions,
    head,
    moveTo,
    upTo,
    siblingsOf,
  };
}
