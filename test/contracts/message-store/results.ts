import { WITHHELD } from '../../../src/kernel/index.js';
import type { MessageStoreSuite } from './suite.js';

/** What came of the calls of a turn: a message of its own each, and part of the history. */
export function describeResults(on: MessageStoreSuite): void {
  const { alice } = on;
  const cleared = { ...alice, clearance: 'restricted' } as const;

  /** A turn that called, and one that follows it. */
  async function called(content: string) {
    const threadId = await on.subject.newThread(alice);
    const { turnId } = await on.subject.tell(threadId, () => [], { endedMsAgo: 1_000, text: '' });
    const resultId = await on.subject.result(turnId, 'call_1', content);
    const lastId = await on.subject.sayMore(turnId, 'An answer');
    const next = await on.subject.tell(threadId, () => []);
    const history = async (caller = alice) =>
      (await on.subject.messages.historyBefore(caller, threadId, next.turnId)).messages;
    return { threadId, turnId, resultId, lastId, next, history };
  }

  describe('what came of a call', () => {
    const call = { id: 'call_1', name: 'search_web', arguments: '{}' };

    it('stands in the history behind the answer that called', async () => {
      const { history } = await called('Found');
      expect(await history()).toEqual([
        { role: 'user', content: 'Asked 2' },
        { role: 'assistant', content: '', toolCalls: [call] },
        { role: 'tool', content: 'Found', toolCallId: 'call_1' },
        { role: 'assistant', content: 'An answer' },
      ]);
    });

    it('is a message of its turn that says which call it is of', async () => {
      const { threadId, turnId, resultId } = await called('Found');
      const page = (await on.subject.messages.page(alice, threadId, 'asc', 10, undefined))!;
      for (const messages of [page.messages, await on.subject.messages.ofTurn(alice, turnId)]) {
        const result = messages.find(({ id }) => id === resultId);
        expect(result).toMatchObject({ role: 'tool', content: 'Found', toolCallId: 'call_1', turnId });
        expect(messages.filter((message) => 'toolCallId' in message)).toHaveLength(1);
      }
    });

    it('has its beginning and its end in the history when it is long, and is read whole', async () => {
      const whole = `${'b'.repeat(14_000)}${'m'.repeat(50_000)}${'e'.repeat(2_000)}`;
      const { threadId, history } = await called(whole);
      const { content } = (await history()).find(({ role }) => role === 'tool')!;
      expect(content.startsWith('b'.repeat(14_000))).toBe(true);
      expect(content.endsWith('e'.repeat(2_000))).toBe(true);
      expect(content).toContain('read_result');
      expect(content.length).toBeLessThan(16_500);
      const read = await on.subject.messages.resultOf(alice, threadId, 'call_1', 0, 100_000);
      expect(read).toEqual({ content: whole, length: whole.length });
    });

    it('may be empty, and stays with its call', async () => {
      const { history } = await called('');
      expect((await history()).map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant']);
    });

    it('is withheld with what it was drawn from, and nothing can be read on in it', async () => {
      const { threadId, turnId, resultId, history } = await called('Secret');
      await on.subject.drawFrom(resultId, 3);
      const result = async (caller = alice) =>
        (await history(caller)).find(({ role }) => role === 'tool')!.content;
      expect([await result(), await result(cleared)]).toEqual([WITHHELD, 'Secret']);
      const ofTurn = await on.subject.messages.ofTurn(alice, turnId);
      expect(ofTurn.find(({ id }) => id === resultId)).toMatchObject({ content: WITHHELD, withheld: true });
      expect(await on.subject.messages.resultOf(alice, threadId, 'call_1', 0, 9)).toBeUndefined();
      expect(await on.subject.messages.resultOf(cleared, threadId, 'call_1', 0, 9)).toBeDefined();
    });
  });
}
