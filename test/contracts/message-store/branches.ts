import { newId, WITHHELD } from '../../../src/kernel/index.js';
import type { MessagePosition } from '../../../src/thread/ports/message-store.js';
import type { MessageStoreSuite } from './suite.js';

/** A thread of several branches, and turns of several messages. */
export function describeBranches(on: MessageStoreSuite): void {
  const { alice } = on;

  describe('a thread with branches', () => {
    /** Two turns, another two after the first, and one more after the third: it is the head. */
    async function branched() {
      const threadId = await on.subject.newThread(alice);
      const turns: string[] = [];
      const say = async (text: string) =>
        turns.push((await on.subject.tell(threadId, () => [], { endedMsAgo: 1_000, text })).turnId);
      await say('one');
      await say('two');
      await on.subject.goBackTo(alice, threadId, turns[0]!);
      await say('three');
      await say('four');
      await on.subject.goBackTo(alice, threadId, turns[2]!);
      await say('five');
      return { threadId, turns };
    }

    const answers = async (threadId: string, order: 'asc' | 'desc', limit: number, branch?: string) => {
      const contents: string[] = [];
      for (let after: MessagePosition | undefined; ;) {
        const page = (await on.subject.messages.page(alice, threadId, order, limit, after, branch))!;
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

    it('says which one a page is of: the same while turns follow each other', async () => {
      const { threadId, turns } = await branched();
      const of = async (branch?: string) =>
        (await on.subject.messages.page(alice, threadId, 'desc', 1, undefined, branch))!.branch;
      const shown = await of();
      expect([await of(turns[4]), await of(turns[1]), await of(turns[3])]).toEqual([
        shown,
        0,
        expect.any(Number),
      ]);
      expect(new Set([shown, await of(turns[1]), await of(turns[3])]).size).toBe(3);
      await on.subject.tell(threadId, () => [], { endedMsAgo: 1_000, text: 'six' });
      expect(await of()).toBe(shown);
      await on.subject.goBackTo(alice, threadId, turns[1]!);
      expect(await of()).toBe(0);
      const empty = await on.subject.newThread(alice);
      expect(await on.subject.messages.page(alice, empty, 'asc', 1, undefined)).toEqual({
        ...{ messages: [], branch: 0, next: undefined },
      });
    });

    it('says of each message which turn its own follows, and which others do', async () => {
      const { threadId, turns } = await branched();
      const [one, two, three, four, five] = turns;
      const page = (await on.subject.messages.page(alice, threadId, 'asc', 10, undefined))!;
      const alone = { index: 0, count: 1, turnIds: [one] };
      const place = [
        [null, alone],
        [one, { index: 1, count: 2, turnIds: [two, three] }],
        [three, { index: 1, count: 2, turnIds: [four, five] }],
      ];
      expect(page.messages.map(({ parentTurnId, siblings }) => [parentTurnId, siblings])).toEqual(
        place.flatMap((each) => [each, each]),
      );
      const [asked, answer] = await on.subject.messages.ofTurn(alice, two!);
      const siblings = { index: 0, count: 2, turnIds: [two, three] };
      for (const message of [asked, answer])
        expect(message).toMatchObject({ turnId: two, parentTurnId: one, siblings });
    });

    it('lets a turn hear what was said in its own, and nothing of the others', async () => {
      const { threadId, turns } = await branched();
      const heard = async (turnId: string) =>
        (await on.subject.messages.historyBefore(alice, threadId, turnId)).messages
          .filter(({ role }) => role === 'assistant')
          .map(({ content }) => content);
      expect(await Promise.all(turns.map(heard))).toEqual([
        [],
        ['one'],
        ['one'],
        ['one', 'three'],
        ['one', 'three'],
      ]);
      await on.subject.goBackTo(alice, threadId, turns[3]!);
      const next = await on.subject.tell(threadId, () => []);
      expect(await heard(next.turnId)).toEqual(['one', 'three', 'four']);
    });

    it('has no page of a turn that is not its own', async () => {
      const { threadId } = await branched();
      const { turns } = await branched();
      const page = (branch: string) =>
        on.subject.messages.page(alice, threadId, 'asc', 10, undefined, branch);
      expect(await page(turns[0]!)).toBeUndefined();
      expect(await page(newId())).toBeUndefined();
    });
  });

  describe('a turn that says several messages', () => {
    it('has them in order, also where a page ends between two', async () => {
      const threadId = await on.subject.newThread(alice);
      const { turnId } = await on.subject.tell(threadId, () => [], { endedMsAgo: 1_000, text: 'first' });
      for (const content of ['second', 'third']) await on.subject.sayMore(turnId, content);
      await on.subject.tell(threadId, () => [], { endedMsAgo: 1_000, text: 'next' });
      const said = ['Asked 2', 'first', 'second', 'third'];
      const ofTurn = await on.subject.messages.ofTurn(alice, turnId);
      expect(ofTurn.map(({ content }) => content)).toEqual(said);
      for (const [order, all] of [
        ['asc', [...said, 'Asked 4', 'next']],
        ['desc', [...said, 'Asked 4', 'next'].toReversed()],
      ] as const) {
        const contents: string[] = [];
        for (let after: MessagePosition | undefined; ;) {
          const page = (await on.subject.messages.page(alice, threadId, order, 1, after))!;
          contents.push(...page.messages.map(({ content }) => content));
          if (page.next === undefined) break;
          after = page.next;
        }
        expect(contents).toEqual(all);
      }
    });

    it('is passed as a whole by a page that begins behind its position', async () => {
      const threadId = await on.subject.newThread(alice);
      const { turnId } = await on.subject.tell(threadId, () => [], { endedMsAgo: 1_000, text: 'first' });
      await on.subject.sayMore(turnId, 'second');
      await on.subject.tell(threadId, () => [], { endedMsAgo: 1_000, text: 'next' });
      const behind = async (order: 'asc' | 'desc') =>
        (await on.subject.messages.page(alice, threadId, order, 10, { position: 2 }))!.messages.map(
          ({ content }) => content,
        );
      expect(await behind('asc')).toEqual(['Asked 4', 'next']);
      expect(await behind('desc')).toEqual(['Asked 2']);
    });

    it('is withheld when one of them is, and heard with all of them', async () => {
      const threadId = await on.subject.newThread(alice);
      const { turnId } = await on.subject.tell(threadId, () => [], { endedMsAgo: 1_000, text: 'first' });
      await on.subject.drawFrom(await on.subject.sayMore(turnId, 'second'), 3);
      const next = await on.subject.tell(threadId, () => []);
      expect([...(await on.subject.messages.withheldTurns(alice, [turnId])).keys()]).toEqual([turnId]);
      const { messages: heard } = await on.subject.messages.historyBefore(alice, threadId, next.turnId);
      expect(heard.map(({ content }) => content)).toEqual(['Asked 2', 'first', WITHHELD]);
    });
  });
}
