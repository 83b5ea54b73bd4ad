import { newId, WITHHELD, type Caller } from '../../src/kernel/index.js';
import { pieceData } from '../../src/log/core/logged-event.js';
import type { MessagePosition, MessageStore } from '../../src/thread/ports/message-store.js';
import { newUser } from '../support/callers.js';
import type { HowTold, Told, ToldTurn } from '../support/logged-turns.js';

export interface MessageStoreUnderTest {
  readonly messages: MessageStore;
  newThread(owner: Caller): Promise<string>;
  /** Writes a turn with its messages and events behind what the thread has. */
  tell(threadId: string, tell: (messageId: string) => readonly Told[], how?: HowTold): Promise<ToldTurn>;
  /** Makes an earlier turn the one that the next follows. */
  goBackTo(owner: Caller, threadId: string, turnId: string): Promise<void>;
  /** Lets a turn say another message behind those that it has; its id. */
  sayMore(turnId: string, content: string): Promise<string>;
  /** Begins a turn that waits, or ends one that runs. */
  become(turnId: string, status: 'running' | 'completed' | 'cancelled'): Promise<void>;
  /** Lets an answer be drawn from documents up to this level: 0 is `public`, 3 `restricted`. */
  drawFrom(messageId: string, level: number): Promise<void>;
}

/** Holds an implementation to every promise of {@link MessageStore}. */
export function describeMessageStore(name: string, setUp: () => Promise<MessageStoreUnderTest>): void {
  describe(`the message store in ${name}`, () => {
    const alice = newUser();
    let subject: MessageStoreUnderTest;
    beforeAll(async () => {
      subject = await setUp();
    });

    describe('what was said before a turn', () => {
      const ended: HowTold = { endedMsAgo: 1_000, text: 'An answer' };
      const turn = async (threadId: string, how: HowTold) =>
        (await subject.tell(threadId, () => [], how)).turnId;
      const before = async (threadId: string, turnId: string) =>
        (await subject.messages.historyBefore(alice, threadId, turnId)).messages.map(
          ({ role, content }) => `${role}: ${content}`,
        );

      it('is what stands before its own message, and nothing that was said after it', async () => {
        const threadId = await subject.newThread(alice);
        await turn(threadId, ended);
        const running = await turn(threadId, {});
        const next = await turn(threadId, { status: 'queued' });
        const last = await turn(threadId, { status: 'queued' });

        expect(await before(threadId, running)).toEqual(['user: Asked 2', 'assistant: An answer']);
        await subject.become(running, 'completed');
        await subject.become(next, 'running');
        expect(await before(threadId, next)).toEqual([
          'user: Asked 2',
          'assistant: An answer',
          'user: Asked 4',
        ]);
        await subject.become(next, 'cancelled');
        expect((await before(threadId, last)).at(-1)).toBe('user: Asked 6');
      });

      it('leaves out messages that still wait, when another has gone before them', async () => {
        const threadId = await subject.newThread(alice);
        await turn(threadId, ended);
        await turn(threadId, { status: 'queued' });
        const urgent = await turn(threadId, {});

        expect(await before(threadId, urgent)).toEqual(['user: Asked 2', 'assistant: An answer']);
      });

      it('is not what another turn says while a message waits in line', async () => {
        const threadId = await subject.newThread(alice);
        const waiting = await turn(threadId, { status: 'queued' });
        await subject.tell(threadId, (id) => [
          { type: 'ai_response', data: pieceData(id, 'saved') },
          { type: 'ai_response', data: pieceData(id, 'Said') },
        ]);

        const [, answer] = await subject.messages.ofTurn(alice, waiting);
        expect(answer!.content).toBe('');
        const page = await subject.messages.page(alice, threadId, 'asc', 10, undefined);
        expect(page!.messages.map(({ content }) => content)).toEqual(['Asked 2', '', 'Asked 4', 'Said']);
      });

      it('is nothing at the start of a thread', async () => {
        const threadId = await subject.newThread(alice);
        const first = await turn(threadId, {});
        await turn(threadId, { status: 'queued' });

        expect(await before(threadId, first)).toEqual([]);
      });
    });

    describe('a thread with branches', () => {
      /** Two turns, another two after the first, and one more after the third: it is the head. */
      async function branched() {
        const threadId = await subject.newThread(alice);
        const turns: string[] = [];
        const say = async (text: string) =>
          turns.push((await subject.tell(threadId, () => [], { endedMsAgo: 1_000, text })).turnId);
        await say('one');
        await say('two');
        await subject.goBackTo(alice, threadId, turns[0]!);
        await say('three');
        await say('four');
        await subject.goBackTo(alice, threadId, turns[2]!);
        await say('five');
        return { threadId, turns };
      }

      const answers = async (threadId: string, order: 'asc' | 'desc', limit: number, branch?: string) => {
        const contents: string[] = [];
        for (let after: MessagePosition | undefined; ;) {
          const page = (await subject.messages.page(alice, threadId, order, limit, after, branch))!;
          expect(page.messages.length).toBeLessThanOrEqual(limit);
          contents.push(...page.messages.map(({ content }) => content));
          if (page.next === undefined) return contents.filter((content) => !content.startsWith('Asked'));
          after = page.next;
        }
      };

      it.each([1, 2, 3, 5, 6, 10])(
        'shows the head’s, or another one’s up to a turn, in pages of %d',
        async (limit) => {
          const { threadId, turns } = await branched();
          const shown: readonly (readonly [string | undefined, readonly string[]])[] = [
            [undefined, ['one', 'three', 'five']],
            [turns[0], ['one']],
            [turns[1], ['one', 'two']],
            [turns[2], ['one', 'three']],
            [turns[3], ['one', 'three', 'four']],
            [turns[4], ['one', 'three', 'five']],
          ];
          for (const [branch, expected] of shown) {
            expect(await answers(threadId, 'asc', limit, branch)).toEqual(expected);
            expect(await answers(threadId, 'desc', limit, branch)).toEqual(expected.toReversed());
          }
        },
      );

      it('says of each message which turn its own follows, and which others do', async () => {
        const { threadId, turns } = await branched();
        const [one, two, three, four, five] = turns;
        const page = (await subject.messages.page(alice, threadId, 'asc', 10, undefined))!;
        const alone = { index: 0, count: 1, turnIds: [one] };
        const place = [
          [null, alone],
          [one, { index: 1, count: 2, turnIds: [two, three] }],
          [three, { index: 1, count: 2, turnIds: [four, five] }],
        ];
        expect(page.messages.map(({ parentTurnId, siblings }) => [parentTurnId, siblings])).toEqual(
          place.flatMap((each) => [each, each]),
        );
        const [asked, answer] = await subject.messages.ofTurn(alice, two!);
        const siblings = { index: 0, count: 2, turnIds: [two, three] };
        for (const message of [asked, answer])
          expect(message).toMatchObject({ turnId: two, parentTurnId: one, siblings });
      });

      it('lets a turn hear what was said in its own, and nothing of the others', async () => {
        const { threadId, turns } = await branched();
        const heard = async (turnId: string) =>
          (await subject.messages.historyBefore(alice, threadId, turnId)).messages
            .filter(({ role }) => role === 'assistant')
            .map(({ content }) => content);
        expect(await Promise.all(turns.map(heard))).toEqual([
          [],
          ['one'],
          ['one'],
          ['one', 'three'],
          ['one', 'three'],
        ]);
        await subject.goBackTo(alice, threadId, turns[3]!);
        const next = await subject.tell(threadId, () => []);
        expect(await heard(next.turnId)).toEqual(['one', 'three', 'four']);
      });

      it('has no page of a turn that is not its own', async () => {
        const { threadId } = await branched();
        const { turns } = await branched();
        const page = (branch: string) => subject.messages.page(alice, threadId, 'asc', 10, undefined, branch);
        expect(await page(turns[0]!)).toBeUndefined();
        expect(await page(newId())).toBeUndefined();
      });
    });

    describe('a turn that says several messages', () => {
      it('has them in order, also where a page ends between two', async () => {
        const threadId = await subject.newThread(alice);
        const { turnId } = await subject.tell(threadId, () => [], { endedMsAgo: 1_000, text: 'first' });
        for (const content of ['second', 'third']) await subject.sayMore(turnId, content);
        await subject.tell(threadId, () => [], { endedMsAgo: 1_000, text: 'next' });
        const said = ['Asked 2', 'first', 'second', 'third'];
        const ofTurn = await subject.messages.ofTurn(alice, turnId);
        expect(ofTurn.map(({ content }) => content)).toEqual(said);
        for (const [order, all] of [
          ['asc', [...said, 'Asked 4', 'next']],
          ['desc', [...said, 'Asked 4', 'next'].toReversed()],
        ] as const) {
          const contents: string[] = [];
          for (let after: MessagePosition | undefined; ;) {
            const page = (await subject.messages.page(alice, threadId, order, 1, after))!;
            contents.push(...page.messages.map(({ content }) => content));
            if (page.next === undefined) break;
            after = page.next;
          }
          expect(contents).toEqual(all);
        }
      });

      it('is passed as a whole by a page that begins behind its position', async () => {
        const threadId = await subject.newThread(alice);
        const { turnId } = await subject.tell(threadId, () => [], { endedMsAgo: 1_000, text: 'first' });
        await subject.sayMore(turnId, 'second');
        await subject.tell(threadId, () => [], { endedMsAgo: 1_000, text: 'next' });
        const behind = async (order: 'asc' | 'desc') =>
          (await subject.messages.page(alice, threadId, order, 10, { position: 2 }))!.messages.map(
            ({ content }) => content,
          );
        expect(await behind('asc')).toEqual(['Asked 4', 'next']);
        expect(await behind('desc')).toEqual(['Asked 2']);
      });

      it('is withheld when one of them is, and heard with all of them', async () => {
        const threadId = await subject.newThread(alice);
        const { turnId } = await subject.tell(threadId, () => [], { endedMsAgo: 1_000, text: 'first' });
        await subject.drawFrom(await subject.sayMore(turnId, 'second'), 3);
        const next = await subject.tell(threadId, () => []);
        expect([...(await subject.messages.withheldTurns(alice, [turnId])).keys()]).toEqual([turnId]);
        const { messages: heard } = await subject.messages.historyBefore(alice, threadId, next.turnId);
        expect(heard.map(({ content }) => content)).toEqual(['Asked 2', 'first', WITHHELD]);
      });
    });

    it('answers for a thread and its turns to nobody but their owner', async () => {
      const threadId = await subject.newThread(alice);
      const { turnId, messageId, events } = await subject.tell(
        threadId,
        (id) => [{ type: 'ai_response', data: pieceData(id, 'Said') }],
        { endedMsAgo: 1_000, text: 'Said' },
      );
      const next = await subject.tell(threadId, () => []);
      const { seq } = events.at(-1)!;
      expect((await subject.messages.ofTurn(alice, turnId)).map(({ content }) => content)).toContain('Said');
      for (const other of [newUser(), { ...alice, org: 'other' }]) {
        expect(await subject.messages.page(other, threadId, 'asc', 10, undefined)).toBeUndefined();
        expect(await subject.messages.ofTurn(other, turnId)).toEqual([]);
        expect(await subject.messages.hasSpokenBy(other, turnId, messageId, seq)).toBe(false);
        expect((await subject.messages.historyBefore(other, threadId, next.turnId)).messages).toEqual([]);
        expect(await subject.messages.basisBefore(other, threadId, next.turnId)).toEqual({
          level: 0,
          documents: [],
        });
        expect((await subject.messages.withheldTurns(other, [turnId])).size).toBe(0);
      }
    });

    it('gives pages in either order that hold every message once', async () => {
      const threadId = await subject.newThread(alice);
      for (let count = 0; count < 3; count += 1)
        await subject.tell(threadId, () => [], { endedMsAgo: 1_000, text: `Answer ${count}` });
      const all = async (order: 'asc' | 'desc') => {
        const contents: string[] = [];
        for (let after: MessagePosition | undefined; ;) {
          const page = (await subject.messages.page(alice, threadId, order, 4, after))!;
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
      const threadId = await subject.newThread(alice);
      const { turnId, messageId, events } = await subject.tell(threadId, (id) => [
        { type: 'message_saved', data: '{}' },
        { type: 'ai_response', data: pieceData(id, 'Never mind') },
        { type: 'ai_reset', data: JSON.stringify({ messageId: id, reason: 'PROVIDER_ERROR', attempt: 2 }) },
        { type: 'ai_response', data: pieceData(id, 'Said') },
      ]);
      const spoken = await Promise.all(
        events.map(({ seq }) => subject.messages.hasSpokenBy(alice, turnId, messageId, seq)),
      );
      expect(spoken).toEqual([false, true, false, true]);
    });

    it('withholds an answer from documents above the caller’s clearance, in whatever it answers', async () => {
      const threadId = await subject.newThread(alice);
      const { turnId, messageId } = await subject.tell(threadId, () => [], {
        endedMsAgo: 1_000,
        text: 'Secret',
      });
      await subject.drawFrom(messageId, 3);
      const next = await subject.tell(threadId, () => []);
      const cleared: Caller = { ...alice, clearance: 'restricted' };
      const contents = async (caller: Caller) => [
        (await subject.messages.page(caller, threadId, 'asc', 10, undefined))!.messages[1]!.content,
        (await subject.messages.ofTurn(caller, turnId)).find(({ id }) => id === messageId)!.content,
        (await subject.messages.historyBefore(caller, threadId, next.turnId)).messages.at(-1)!.content,
      ];
      expect(await contents(cleared)).toEqual(['Secret', 'Secret', 'Secret']);
      expect(await contents(alice)).toEqual([WITHHELD, WITHHELD, WITHHELD]);
      const turns = [turnId, next.turnId];
      expect([...(await subject.messages.withheldTurns(alice, turns)).keys()]).toEqual([turnId]);
      expect((await subject.messages.withheldTurns(cleared, turns)).size).toBe(0);
      const basis = await subject.messages.basisBefore(cleared, threadId, next.turnId);
      expect(basis).toEqual((await subject.messages.historyBefore(cleared, threadId, next.turnId)).basis);
    });
  });
}
