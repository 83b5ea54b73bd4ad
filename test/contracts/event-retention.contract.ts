import { newId } from '../../src/kernel/index.js';
import { pieceData, type LoggedEvent } from '../../src/log/core/logged-event.js';
import type { EventRetention } from '../../src/log/ports/event-retention.js';
import type { HowTold, Told, ToldTurn } from '../support/logged-turns.js';
import { Listener } from '../support/logged-turns.js';

export interface EventRetentionUnderTest {
  readonly retention: EventRetention;
  newThread(): Promise<string>;
  tell(threadId: string, tell: (messageId: string) => readonly Told[], how?: HowTold): Promise<ToldTurn>;
  /** The thread's whole log as it is now. */
  logOf(threadId: string): Promise<readonly LoggedEvent[]>;
}

export const piece = (messageId: string, content: string): Told => ({
  type: 'ai_response',
  data: pieceData(messageId, content),
});
export const thought = (messageId: string, content: string): Told => ({
  type: 'ai_reasoning',
  data: JSON.stringify({ messageId, content }),
});
export const reset = (messageId: string, attempt: number): Told => ({
  type: 'ai_reset',
  data: JSON.stringify({ messageId, reason: 'PROVIDER_ERROR', attempt }),
});
export const saved: Told = { type: 'message_saved', data: '{"message": {"b":1,  "a":"\\u00e9"}}' };
export const status: Told = { type: 'workflow_status', data: '{"step":"reply"}' };
export const context: Told = { type: 'rag_context', data: '{"citations":[]}' };
export const done: Told = { type: 'done', data: '{"success":true}' };
export const complete = (messageId: string, accumulated: string): Told => ({
  type: 'ai_response',
  data: JSON.stringify({
    messageId,
    content: '',
    isComplete: true,
    accumulated,
    usage: null,
    finishReason: 'stop',
  }),
});

const LONG_AGO = { endedMsAgo: 1_000_000 } as const;
const EVERY_CONTROL = Array.from({ length: 31 }, (_, index) => String.fromCharCode(index + 1)).join('');

/** Holds an implementation to every promise of {@link EventRetention}. */
export function describeEventRetention(name: string, setUp: () => Promise<EventRetentionUnderTest>): void {
  describe(`the retention of events in ${name}`, () => {
    let subject: EventRetentionUnderTest;
    beforeAll(async () => {
      subject = await setUp();
      await compactAll();
    });
    const compactAll = async (retentionMs = 1_000) => {
      while ((await subject.retention.compact(retentionMs, 50)) > 0);
    };
    const told = async (tell: (messageId: string) => readonly Told[], how: HowTold = LONG_AGO) =>
      subject.tell(await subject.newThread(), tell, how);

    it('makes the pieces of an answer one event, to the letter as it would have been written', async () => {
      const parts = ['Größe ', '"quoted" \\ / ', EVERY_CONTROL, '\u2028\u007f', '😀', 'é'];
      const turn = await told((id) => [
        saved,
        status,
        ...parts.map((part) => piece(id, part)),
        complete(id, ''),
        done,
      ]);
      await compactAll();

      const [first, second, , , , , , last, ...rest] = turn.events;
      const joined = { ...last, data: pieceData(turn.messageId, parts.join('')) };
      expect(await subject.logOf(turn.threadId)).toEqual([first, second, joined, ...rest]);
    });

    it('joins only neighbours, so that the order stays', async () => {
      const turn = await told((id) => [
        saved,
        thought(id, 'hm'),
        thought(id, 'm'),
        piece(id, 'a'),
        piece(id, 'b'),
        context,
        piece(id, 'c'),
        thought(id, '…'),
        piece(id, 'd'),
        piece(id, 'e'),
        complete(id, 'abcde'),
        done,
      ]);
      await compactAll();

      const log = await subject.logOf(turn.threadId);
      expect(log.map(({ seq }) => seq)).toEqual([1, 3, 5, 6, 7, 8, 10, 11, 12]);
      expect(log[1]!.data).toBe(JSON.stringify({ messageId: turn.messageId, content: 'hmm' }));
      expect(new Listener().hear(log)).toEqual(new Listener().hear(turn.events));
    });

    it('removes what a reset has taken back, and keeps the reset', async () => {
      const turn = await told((id) => [
        saved,
        thought(id, 'x'),
        piece(id, 'lost'),
        context,
        piece(id, 'lost too'),
        reset(id, 2),
        piece(id, 'and this'),
        reset(id, 3),
        piece(id, 'kept '),
        piece(id, 'text'),
        done,
      ]);
      await compactAll();

      const log = await subject.logOf(turn.threadId);
      expect(log.map(({ type }) => type)).toEqual([
        'message_saved',
        'rag_context',
        'ai_reset',
        'ai_reset',
        'ai_response',
        'done',
      ]);
      expect(log[4]).toEqual({ ...turn.events[9], data: pieceData(turn.messageId, 'kept text') });
    });

    it('touches no turn that runs, or has not been over for so long', async () => {
      const spoken = (id: string) => [saved, piece(id, 'a'), piece(id, 'b'), done];
      const running = await told(spoken, {});
      const fresh = await told(spoken, { endedMsAgo: 60_000 });
      await compactAll(600_000);

      expect(await subject.logOf(running.threadId)).toEqual(running.events);
      expect(await subject.logOf(fresh.threadId)).toEqual(fresh.events);
      await compactAll(0);
      expect(await subject.logOf(running.threadId)).toEqual(running.events);
      expect(await subject.logOf(fresh.threadId)).toHaveLength(3);
    });

    it('tells the turns of one thread apart', async () => {
      const threadId = await subject.newThread();
      const spoken = (id: string) => [saved, piece(id, 'a'), piece(id, 'b'), piece(id, 'c'), done];
      const turns = [
        await subject.tell(threadId, spoken, LONG_AGO),
        await subject.tell(threadId, spoken, LONG_AGO),
        await subject.tell(threadId, spoken, {}),
      ];
      await compactAll();

      expect((await subject.logOf(threadId)).map(({ seq }) => seq)).toEqual([
        1, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15,
      ]);
      expect(new Listener().hear(await subject.logOf(threadId))).toEqual(
        new Listener().hear(turns.flatMap(({ events }) => events)),
      );
    });

    it('takes a turn to its end, also behind one that ended while it waited', async () => {
      const other = { turnId: newId() };
      const turn = await told((id) => [
        ...[saved, piece(id, 'a'), piece(id, 'b'), { ...saved, ...other }, { ...done, ...other }],
        ...[piece(id, 'c'), piece(id, 'd'), done],
      ]);
      await compactAll();

      const log = await subject.logOf(turn.threadId);
      expect(log.map(({ seq }) => seq)).toEqual([1, 3, 4, 5, 7, 8]);
      expect(new Listener().hear(log)).toEqual(new Listener().hear(turn.events));
    });

    it('takes nothing of the turn that follows one without events', async () => {
      const threadId = await subject.newThread();
      await subject.tell(threadId, () => [], { ...LONG_AGO, status: 'cancelled' });
      const fresh = await subject.tell(threadId, (id) => [saved, piece(id, 'a'), piece(id, 'b'), done], {
        endedMsAgo: 60_000,
      });
      await compactAll(600_000);

      expect(await subject.logOf(threadId)).toEqual(fresh.events);
    });

    it('takes a turn that said nothing, or one word, as it is', async () => {
      const silent = await told(() => [saved, done], { ...LONG_AGO, status: 'failed' });
      const short = await told((id) => [saved, piece(id, 'Yes'), complete(id, 'Yes'), done]);
      const unheard = await told(() => [], { ...LONG_AGO, status: 'cancelled' });
      await compactAll();

      for (const turn of [silent, short, unheard]) {
        expect(await subject.logOf(turn.threadId)).toEqual(turn.events);
      }
    });

    it('compacts each turn once, some at a time, whoever else does it at the same moment', async () => {
      await compactAll();
      const turns = await Promise.all(
        Array.from({ length: 12 }, () =>
          told((id) => [saved, ...Array.from({ length: 40 }, (_, n) => piece(id, `${n} `)), done]),
        ),
      );

      expect(await subject.retention.compact(1_000, 5)).toBe(5);
      const counts = await Promise.all(Array.from({ length: 8 }, () => subject.retention.compact(1_000, 2)));
      expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(7);
      await compactAll();
      expect(await subject.retention.compact(1_000, 5)).toBe(0);

      for (const turn of turns) {
        const log = await subject.logOf(turn.threadId);
        expect(log).toHaveLength(3);
        expect(new Listener().hear(log)).toEqual(new Listener().hear(turn.events));
      }
    });
  });
}
