import { newId } from '../../src/kernel/index.js';
import type { LoggedEvent } from '../../src/log/core/logged-event.js';
import { until } from '../support/until.js';
import type { AppendRequest, TurnEventLog } from '../../src/log/ports/turn-event-log.js';

/** What a suite needs of an implementation: the log, and a thread whose turn may be written. */
export interface LogUnderTest {
  readonly log: TurnEventLog;
  /** The same log, as another process has it. */
  readonly others: TurnEventLog;
  /** Makes a thread with an active turn at epoch 1 and an empty log. */
  openTurn(): Promise<{ readonly threadId: string; readonly turnId: string }>;
  /** Moves the turn's epoch on, as a take-over does. */
  moveEpoch(threadId: string, epoch: number): Promise<void>;
}

/** Holds an implementation to every promise of {@link TurnEventLog}. */
export function describeTurnEventLog(name: string, setUp: () => Promise<LogUnderTest>): void {
  describe(`the turn event log in ${name}`, () => {
    let subject: LogUnderTest;
    beforeAll(async () => {
      subject = await setUp();
    });

    it('answers events in order, from the first after the cursor, to the letter', async () => {
      const { threadId, turnId } = await subject.openTurn();
      const data = ['{"b":1,  "a":"\\u00e9 😀"}', '{"message":"\\u2028"}', '{"x":"\\\\ \\" {}"}'];
      await subject.log.append([request(threadId, turnId, 0, data)]);

      const { events } = await subject.log.read(threadId, 1, 10);

      expect(events.map(({ seq }) => seq)).toEqual([2, 3]);
      expect(events.map((event) => event.data)).toEqual(data.slice(1));
      expect(events[0]).toEqual(request(threadId, turnId, 0, data).events[1]);
    });

    it('takes the requests of many turns at once, each by itself', async () => {
      const turns = await Promise.all([subject.openTurn(), subject.openTurn(), subject.openTurn()]);
      const taken = await subject.log.append([
        request(turns[0].threadId, turns[0].turnId, 0, ['{}', '{}']),
        request(turns[1].threadId, turns[1].turnId, 7, ['{}']),
        request(turns[2].threadId, turns[2].turnId, 0, ['{}']),
      ]);

      expect(taken).toEqual(new Set([turns[0].turnId, turns[2].turnId]));
      expect((await subject.log.read(turns[1].threadId, 0, 10)).events).toEqual([]);
      const heads = await subject.log.heads(turns.map(({ threadId }) => threadId));
      expect(turns.map(({ threadId }) => heads.get(threadId))).toEqual([2, 0, 1]);
    });

    it('refuses a writer that does not continue where the log ends', async () => {
      const { threadId, turnId } = await subject.openTurn();
      await subject.log.append([request(threadId, turnId, 0, ['{}', '{}'])]);

      expect(await subject.log.append([request(threadId, turnId, 0, ['{}'])])).toEqual(new Set());
      expect(await subject.log.append([request(threadId, turnId, 3, ['{}'])])).toEqual(new Set());
      expect((await subject.log.read(threadId, 0, 10)).events).toHaveLength(2);
    });

    it('refuses a writer whose epoch has passed, and takes the new one', async () => {
      const { threadId, turnId } = await subject.openTurn();
      await subject.moveEpoch(threadId, 2);

      expect(await subject.log.append([request(threadId, turnId, 0, ['{}'])])).toEqual(new Set());
      expect(await subject.log.append([{ ...request(threadId, turnId, 0, ['{}']), epoch: 2 }])).toEqual(
        new Set([turnId]),
      );
    });

    it('refuses a writer of another turn', async () => {
      const { threadId } = await subject.openTurn();

      expect(await subject.log.append([request(threadId, newId(), 0, ['{}'])])).toEqual(new Set());
    });

    it('takes a request again whose answer was lost, and writes it once', async () => {
      const { threadId, turnId } = await subject.openTurn();
      const lost = request(threadId, turnId, 0, ['{"n":1}', '{"n":2}']);
      await subject.log.append([lost]);

      expect(await subject.log.append([lost])).toEqual(new Set([turnId]));
      expect((await subject.log.read(threadId, 0, 10)).events).toHaveLength(2);
    });

    it('gives pages that end at the limit and say whether more may follow', async () => {
      const { threadId, turnId } = await subject.openTurn();
      await subject.log.append([
        request(
          threadId,
          turnId,
          0,
          Array.from({ length: 5 }, () => '{}'),
        ),
      ]);

      const first = await subject.log.read(threadId, 0, 3);
      const second = await subject.log.read(threadId, 3, 3);

      expect([first.events.length, first.more]).toEqual([3, true]);
      expect([second.events.length, second.more]).toEqual([2, false]);
    });

    it('ends a page early when its events are large, and always moves on', async () => {
      const { threadId, turnId } = await subject.openTurn();
      const large = JSON.stringify({ content: 'x'.repeat(200_000) });
      await subject.log.append([request(threadId, turnId, 0, [large, large, large])]);

      const seen: number[] = [];
      for (let after = 0; ; after = seen.at(-1)!) {
        const page = await subject.log.read(threadId, after, 100);
        expect(page.events.length).toBeLessThanOrEqual(1);
        seen.push(...page.events.map(({ seq }) => seq));
        if (!page.more) break;
      }
      expect(seen).toEqual([1, 2, 3]);
    });

    it('wakes other processes with the thread that was appended to, and not the one that appended', async () => {
      const [first, second] = [await subject.openTurn(), await subject.openTurn()];
      const [here, there] = [new Set<string | undefined>(), new Set<string | undefined>()];
      await subject.log.onAppended((threadId) => here.add(threadId));
      await subject.others.onAppended((threadId) => there.add(threadId));

      await subject.log.append([request(first.threadId, first.turnId, 0, ['{}'])]);
      await until(() => there.has(first.threadId));
      await subject.others.append([request(second.threadId, second.turnId, 0, ['{}'])]);
      await until(() => here.has(second.threadId));

      expect([here.has(first.threadId), there.has(second.threadId)]).toEqual([false, false]);
    });

    it('knows no head of a thread that does not exist', async () => {
      expect((await subject.log.heads([newId()])).size).toBe(0);
    });
  });
}

function request(threadId: string, turnId: string, fromSeq: number, data: readonly string[]): AppendRequest {
  const events = data.map((text, index): LoggedEvent => ({
    seq: fromSeq + index + 1,
    turnId,
    type: 'ai_response',
    data: text,
    at: '2026-01-02T03:04:05.678Z',
  }));
  return { threadId, turnId, epoch: 1, fromSeq, events };
}
