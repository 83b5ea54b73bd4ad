import type { Caller } from '../../src/kernel/index.js';
import type { TurnSignals } from '../../src/turn/ports/turn-signals.js';
import type { QueuePlacement, StopReason, TurnStore } from '../../src/turn/ports/turn-store.js';
import { newUser } from '../support/callers.js';
import { newTurn } from '../support/turns.js';
import { until } from '../support/until.js';

export interface TurnSignalsUnderTest {
  /** What two processes hear. */
  readonly signals: readonly [TurnSignals, TurnSignals];
  /** The store in which somebody asks for a stop. */
  readonly store: TurnStore;
  newThread(owner: Caller): Promise<string>;
}

const INTERRUPTING: QueuePlacement = { holdsThread: false, interrupts: true };

/** Holds an implementation to every promise of {@link TurnSignals}. */
export function describeTurnSignals(name: string, setUp: () => Promise<TurnSignalsUnderTest>): void {
  describe(`the signals between processes that run turns, by ${name}`, () => {
    const caller = newUser();
    let subject: TurnSignalsUnderTest;
    let heard: (readonly [process: number, turnId: string, reason: StopReason])[];
    beforeAll(async () => {
      subject = await setUp();
      for (const [index, signals] of subject.signals.entries())
        await signals.onStopRequested((turnId, reason) => void heard.push([index, turnId, reason]));
    });
    beforeEach(() => {
      heard = [];
    });

    async function runningTurn() {
      const threadId = await subject.newThread(caller);
      const turn = newTurn(caller, threadId);
      await subject.store.accept(turn);
      return { threadId, turnId: turn.turnId };
    }

    it('tell every process which turn somebody has cancelled', async () => {
      const { threadId, turnId } = await runningTurn();
      await subject.store.requestCancel(caller, threadId, turnId);
      await until(() => heard.length === 2);
      expect(heard.toSorted(([one], [other]) => one - other)).toEqual([
        [0, turnId, 'cancelled'],
        [1, turnId, 'cancelled'],
      ]);
    });

    it('tell of every turn of a thread that is to go', async () => {
      const { threadId, turnId } = await runningTurn();
      const waiting = newTurn(caller, threadId);
      await subject.store.enqueue(waiting, { holdsThread: false, interrupts: false });
      await subject.store.requestCancelAll(caller, threadId);
      // Two processes hear of two turns.
      await until(() => heard.length === 4);
      expect(
        heard.every(([, id, reason]) => [turnId, waiting.turnId].includes(id) && reason === 'cancelled'),
      ).toBe(true);
    });

    it('say that a turn is interrupted by another message', async () => {
      const { threadId, turnId } = await runningTurn();
      await subject.store.enqueue(newTurn(caller, threadId), INTERRUPTING);
      await until(() => heard.length === 2);
      expect(heard.map(([, id, reason]) => [id, reason])).toEqual([
        [turnId, 'interrupted'],
        [turnId, 'interrupted'],
      ]);
    });

    it('tell nobody what somebody wants whose turn it is not', async () => {
      const { threadId, turnId } = await runningTurn();
      await subject.store.requestCancel({ ...caller, id: 'mallory' }, threadId, turnId);
      await subject.store.requestCancel(caller, threadId, turnId);
      await until(() => heard.length === 2);
      expect(heard.map(([, id]) => id)).toEqual([turnId, turnId]);
    });
  });
}
