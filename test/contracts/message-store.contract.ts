import { WITHHELD, type Caller } from '../../src/kernel/index.js';
import { pieceData } from '../../src/log/core/logged-event.js';
import type { MessagePosition } from '../../src/thread/ports/message-store.js';
import { newUser } from '../support/callers.js';
import type { HowTold } from '../support/logged-turns.js';
import { describeBranches } from './message-store/branches.js';
import { describeResults } from './message-store/results.js';
import { messageStoreSuite, type MessageStoreUnderTest } from './message-store/suite.js';

/** Holds an implementation to every promise of the port `MessageStore`. */
export function describeMessageStore(name: string, setUp: () => Promise<MessageStoreUnderTest>): void {
  describe(`the message store in ${name}`, () => {
    const on = messageStoreSuite(setUp);
    const { alice } = on;

    describe('what was said before a turn', () => {
      const ended: HowTold = { endedMsAgo: 1_000, text: 'An answer' };
      const turn = async (threadId: string, how: HowTold) =>
        (await on.subject.tell(threadId, () => [], how)).turnId;
      const before = async (threadId: string, turnId: string) =>
        (await on.subject.messages.historyBefore(alice, threadId, turnId)).messages.map(
          ({ role, content }) => `${role}: ${content}`,
        );

      it('is what stands before its own message, and nothing that was said after it', async () => {
        const threadId = await on.subject.newThread(alice);
        await turn(threadId, ended);
        const running = await turn(threadId, {});
        const next = await turn(threadId, { status: 'queued' });
        const last = await turn(threadId, { status: 'queued' });

        expect(await before(threadId, running)).toEqual(['user: Asked 2', 'assistant: An answer']);
        await on.subject.become(running, 'completed');
        await on.subject.become(next, 'running');
        expect(await before(threadId, next)).toEqual([
          'user: Asked 2',
          'assistant: An answer',
          'user: Asked 4',
        ]);
        await on.subject.become(next, 'cancelled');
        expect((await before(threadId, last)).at(-1)).toBe('user: Asked 6');
      });

      it('leaves out messages that still wait, when another has gone before them', async () => {
        const threadId = await on.subject.newThread(alice);
        await turn(threadId, ended);
        await turn(threadId, { status: 'queued' });
        const urgent = await turn(threadId, {});

        expect(await before(threadId, urgent)).toEqual(['user: Asked 2', 'assistant: An answer']);
      });

      it('is not what another turn says while a message waits in line', async () => {
        const threadId = await on.subject.newThread(alice);
        const waiting = await turn(threadId, { status: 'queued' });
        await on.subject.tell(threadId, (id) => [
          { type: 'ai_response', data: pieceData(id, 'saved') },
          { type: 'ai_response', data: pieceData(id, 'Said') },
        ]);

        const [, answer] = await on.subject.messages.ofTurn(alice, waiting);
        expect(answer!.content).toBe('');
        const page = await on.subject.messages.page(alice, threadId, 'asc', 10, undefined);
        expect(page!.messages.map(({ content }) => content)).toEqual(['Asked 2', '', 'Asked 4', 'Said']);
      });

      it('is nothing at the start of a thread', async () => {
        const threadId = await on.subject.newThread(alice);
        const first = await turn(threadId, {});
        await turn(threadId, { status: 'queued' });

        expect(await before(threadId, first)).toEqual([]);
      });
    });
    describeBranches(on);
    describeResults(on);

    it('answers for a thread and its turns to nobody but their owner', async () => {
      const threadId = await on.subject.newThread(alice);
      const { turnId, messageId, events } = await on.subject.tell(
        threadId,
        (id) => [{ type: 'ai_response', data: pieceData(id, 'Said') }],
        { endedMsAgo: 1_000, text: 'Said' },
      );
      const next = await on.subject.tell(threadId, () => []);
      const { seq } = events.at(-1)!;
      expect((await on.subject.messages.ofTurn(alice, turnId)).map(({ content }) => content)).toContain(
        'Said',
      );
      for (const other of [newUser(), { ...alice, org: 'other' }]) {
        expect(await on.subject.messages.page(other, threadId, 'asc', 10, undefined)).toBeUndefined();
        expect(await on.subject.messages.ofTurn(other, turnId)).toEqual([]);
        expect(await on.subject.messages.hasSpokenBy(other, turnId, messageId, seq)).toBe(false);
        expect((await on.subject.messages.historyBefore(other, threadId, next.turnId)).messages).toEqual([]);
        expect(await on.subject.messages.basisBefore(other, threadId, next.turnId)).toEqual({
          level: 0,
          documents: [],
        });
        expect((await on.subject.messages.withheldTurns(other, [turnId])).size).toBe(0);
      }
    });

    it('gives pages in either order that hold every message once', async () => {
      const threadId = await on.subject.newThread(alice);
      for (let count = 0; count < 3; count += 1)
        await on.subject.tell(threadId, () => [], { endedMsAgo: 1_000, text: `Answer ${count}` });
      const all = async (order: 'asc' | 'desc') => {
        const contents: string[] = [];
        for (let after: MessagePosition | undefined; ;) {
          const page = (await on.subject.messages.page(alice, threadId, order, 4, after))!;
          contents.push(...page.messages.map(({ content }) => content));
          if (page.next === undefined) return contents;
          after = page.next;
        }
      };
      const said = ['Asked 2', 'Answer 0', 'Asked 4', 'Answer 1', 'Asked 6', 'Answer 2'];
      expect(await all('asc')).toEqual(said);
      expect(await all('desc')).toEqual(said.toReversed());
    });

    it('knows by which event a message has said anything', async () => {
      const threadId = await on.subject.newThread(alice);
      const { turnId, messageId, events } = await on.subject.tell(threadId, (id) => [
        { type: 'message_saved', data: '{}' },
        { type: 'ai_response', data: pieceData(id, 'Never mind') },
        { type: 'ai_reset', data: JSON.stringify({ messageId: id, reason: 'PROVIDER_ERROR', attempt: 2 }) },
        { type: 'ai_response', data: pieceData(id, 'Said') },
      ]);
      const spoken = await Promise.all(
        events.map(({ seq }) => on.subject.messages.hasSpokenBy(alice, turnId, messageId, seq)),
      );
      expect(spoken).toEqual([false, true, false, true]);
    });

    it('withholds an answer from documents above the caller’s clearance, in whatever it answers', async () => {
      const threadId = await on.subject.newThread(alice);
      const { turnId, messageId } = await on.subject.tell(threadId, () => [], {
        endedMsAgo: 1_000,
        text: 'Secret',
      });
      await on.subject.drawFrom(messageId, 3);
      const next = await on.subject.tell(threadId, () => []);
      const cleared: Caller = { ...alice, clearance: 'restricted' };
      const contents = async (caller: Caller) => [
        (await on.subject.messages.page(caller, threadId, 'asc', 10, undefined))!.messages[1]!.content,
        (await on.subject.messages.ofTurn(caller, turnId)).find(({ id }) => id === messageId)!.content,
        (await on.subject.messages.historyBefore(caller, threadId, next.turnId)).messages.at(-1)!.content,
      ];
      expect(await contents(cleared)).toEqual(['Secret', 'Secret', 'Secret']);
      expect(await contents(alice)).toEqual([WITHHELD, WITHHELD, WITHHELD]);
      const turns = [turnId, next.turnId];
      expect([...(await on.subject.messages.withheldTurns(alice, turns)).keys()]).toEqual([turnId]);
      expect((await on.subject.messages.withheldTurns(cleared, turns)).size).toBe(0);
      const basis = await on.subject.messages.basisBefore(cleared, threadId, next.turnId);
      expect(basis).toEqual((await on.subject.messages.historyBefore(cleared, threadId, next.turnId)).basis);
    });
  });
}
