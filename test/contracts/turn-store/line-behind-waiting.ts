import { newId } from '../../../src/kernel/index.js';
import type { Lease } from '../../../src/turn/ports/turn-store.js';
import { newTurn } from '../../support/turns.js';
import { caller, LINED_UP, type TurnStoreSuite } from './suite.js';

/** The line behind a turn that waits for a person. */
export function describeLineBehindWaiting(on: TurnStoreSuite): void {
  const { busyThread, lineUp, end } = on;

  describe('the line behind a turn that waits for a person', () => {
    /** A thread whose turn waits, and where its log ends. */
    async function waitingThread() {
      const { threadId, lease } = await busyThread();
      return { threadId, lease, lastSeq: await suspend(lease) };
    }

    async function suspend(lease: Lease): Promise<number> {
      const { turnId } = lease.context;
      const input = {
        id: newId(),
        key: newId(),
        kind: 'human_step',
        prompt: 'Shall it?',
        schema: null,
      } as const;
      const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
      const seq = lease.lastSeq + 1;
      const data = JSON.stringify({ inputId: input.id });
      const asked = { seq, turnId, type: 'input_required', data, at: lease.context.acceptedAt } as const;
      expect(
        await on.store.suspend({
          ...{ context: lease.context, epoch: lease.epoch, fromSeq: lease.lastSeq, events: [asked] },
          ...{ inputs: [{ ...input, expiresAt }], workflowRunId: null },
        }),
      ).toBe('waiting');
      return seq;
    }

    it('is left at once by what is stopped, between the events of the one that waits', async () => {
      const { threadId, lease, lastSeq } = await waitingThread();
      const [kept, first, second] = [await lineUp(threadId), await lineUp(threadId), await lineUp(threadId)];
      for (const id of [second, first]) await on.store.requestCancel(caller, threadId, id);
      const events = await on.store.endStopped(threadId);

      expect(events.map(({ seq, turnId, type }) => [seq, turnId, type])).toEqual([
        [lastSeq + 1, first, 'message_saved'],
        [lastSeq + 2, first, 'done'],
        [lastSeq + 3, second, 'message_saved'],
        [lastSeq + 4, second, 'done'],
      ]);
      expect(JSON.parse(events[1]!.data)).toEqual({ success: false, turnId: first, status: 'cancelled' });
      expect(JSON.parse(events[0]!.data)).toMatchObject({ message: { parentTurnId: kept } });
      expect((await on.subject.log.read(threadId, lastSeq, 10)).events).toEqual(events);
      const statuses = [lease.context.turnId, kept, first, second].map((id) =>
        on.store.find(caller, threadId, id),
      );
      expect((await Promise.all(statuses)).map((turn) => turn?.status)).toEqual([
        ...['waiting', 'queued', 'cancelled', 'cancelled'],
      ]);
      expect(await on.store.find(caller, threadId, first)).toMatchObject({
        startedAt: events[0]!.at,
        endedAt: events[0]!.at,
      });
      expect(await on.store.endStopped(threadId)).toEqual([]);
    });

    it('is gone through as before when that one goes on, behind all that was written meanwhile', async () => {
      const { threadId, lease, lastSeq } = await waitingThread();
      const [stopped, kept] = [await lineUp(threadId), await lineUp(threadId)];
      await on.store.requestCancel(caller, threadId, stopped);
      await on.store.endStopped(threadId);
      await on.store.requestCancel(caller, threadId, lease.context.turnId);
      const going = (await on.store.claimExpiredTurn(lease.context.turnId))!;
      expect(going).toMatchObject({ lastSeq: lastSeq + 2, epoch: 3, stop: 'cancelled' });
      expect(await end(going)).toEqual({ isStored: true, nextId: kept });
      expect((await on.store.claim(kept))!.lastSeq).toBe(lastSeq + 4);
    });

    it('is left once by each, however many ask at the same time', async () => {
      const { threadId, lastSeq } = await waitingThread();
      const stopped = [await lineUp(threadId), await lineUp(threadId), await lineUp(threadId)];
      const ends = await Promise.all(
        stopped.map(async (id) => {
          await on.store.requestCancel(caller, threadId, id);
          return on.store.endStopped(threadId);
        }),
      );
      const seqs = ends
        .flat()
        .map(({ seq }) => seq)
        .toSorted((a, b) => a - b);
      expect(seqs).toEqual([1, 2, 3, 4, 5, 6].map((place) => lastSeq + place));
      const { events } = await on.subject.log.read(threadId, 0, 100);
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    });

    it('has room again at once', async () => {
      const { threadId } = await waitingThread();
      const all: string[] = [];
      for (let count = 0; count < 50; count += 1) all.push(await lineUp(threadId));
      expect(await on.store.enqueue(newTurn(caller, threadId), LINED_UP)).toEqual({
        kind: 'full',
        limit: 50,
      });
      await on.store.requestCancel(caller, threadId, all[20]!);
      await on.store.endStopped(threadId);
      await lineUp(threadId);
      await on.subject.removeThreads();
    });

    it('is not left before a turn that runs, or is to end itself', async () => {
      const { threadId, lease } = await busyThread();
      const stopped = await lineUp(threadId);
      await on.store.requestCancel(caller, threadId, stopped);
      expect(await on.store.endStopped(threadId)).toEqual([]);
      await suspend(lease);
      await on.store.requestCancel(caller, threadId, lease.context.turnId);
      expect(await on.store.endStopped(threadId)).toEqual([]);
      expect((await on.store.find(caller, threadId, stopped))?.status).toBe('queued');
    });
  });
}
