import { newUser } from '../support/callers.js';
import { describeInterrupts } from './turn-store/interrupts.js';
import { describeLineBehindWaiting } from './turn-store/line-behind-waiting.js';
import { describeLine } from './turn-store/line.js';
import { caller, turnStoreSuite, type TurnStoreUnderTest } from './turn-store/suite.js';
import { describeTree } from './turn-store/tree.js';

/** Holds an implementation to every promise of the port `TurnStore`; its threads are nobody else's. */
export function describeTurnStore(name: string, setUp: () => Promise<TurnStoreUnderTest>): void {
  describe(`the turn store in ${name}`, () => {
    const on = turnStoreSuite(setUp);
    const { busyThread, end } = on;

    describe('the line of a thread', () => {
      describeLine(on);
      describeInterrupts(on);
    });
    describeLineBehindWaiting(on);
    describeTree(on);

    describe('a lease', () => {
      it('passes on when it has run out, and its former writer is refused', async () => {
        const { threadId, lease } = await busyThread();
        expect(await on.store.claimExpiredTurn(lease.context.turnId)).toBeUndefined();
        await on.subject.lapse(lease.context.turnId);
        const taken = (await on.store.claimExpiredTurn(lease.context.turnId))!;
        expect(taken).toMatchObject({
          epoch: 3,
          attempt: 2,
          runsAgain: true,
          wasReleased: false,
          stop: undefined,
        });
        expect(taken.context).toEqual(lease.context);
        const event = {
          seq: lease.lastSeq + 1,
          turnId: lease.context.turnId,
          type: 'ai_reasoning',
          data: '{}',
          at: lease.context.acceptedAt,
        } as const;
        const write = { threadId, turnId: lease.context.turnId, fromSeq: lease.lastSeq, events: [event] };
        expect(await on.subject.log.append([{ ...write, epoch: 1 }])).toEqual(new Set());
        expect((await end(lease)).isStored).toBe(false);
        expect(await on.store.release(lease)).toBe(false);
        expect(await on.subject.log.append([{ ...write, epoch: 3 }])).toEqual(
          new Set([lease.context.turnId]),
        );
      });

      it('is given for so many attempts, except to who was asked to take it', async () => {
        const { lease } = await busyThread();
        const { turnId } = lease.context;
        const attempts = [];
        for (let round = 0; round < 3; round += 1) {
          await on.subject.lapse(turnId);
          const { attempt, runsAgain } = (await on.store.claimExpiredTurn(turnId))!;
          attempts.push([attempt, runsAgain]);
        }
        expect(attempts).toEqual([
          [2, true],
          [3, true],
          [3, false],
        ]);
        expect(await on.store.release({ ...lease, epoch: 7 })).toBe(true);
        expect(await on.store.claimExpiredTurn(turnId)).toMatchObject({
          attempt: 4,
          runsAgain: true,
          wasReleased: true,
        });
      });

      it('is not run again by whoever takes it when it was cancelled', async () => {
        const { threadId, lease } = await busyThread();
        await on.store.requestCancel(caller, threadId, lease.context.turnId);
        await on.subject.lapse(lease.context.turnId);
        expect(await on.store.claimExpiredTurn(lease.context.turnId)).toMatchObject({
          runsAgain: false,
          stop: 'cancelled',
        });
      });

      it('of a turn that was stopped is taken from whoever has it, and of no other', async () => {
        const { threadId, lease } = await busyThread();
        const { turnId } = lease.context;
        await on.subject.giveAway(turnId);
        expect(await on.store.claimStoppedTurn(turnId)).toBeUndefined();
        await on.store.requestCancel(caller, threadId, turnId);
        expect(await on.store.claimStoppedTurn(turnId)).toMatchObject({
          epoch: 3,
          runsAgain: false,
          stop: 'cancelled',
        });
      });

      it('runs out at once, as all others do, where a process knows itself alone', async () => {
        const leases = [(await busyThread()).lease, (await busyThread()).lease];
        await on.store.expireAllLeases();
        const expired = (await on.store.claimExpired(1_000)).map(({ context }) => context.turnId);
        expect(expired).toEqual(expect.arrayContaining(leases.map(({ context }) => context.turnId)));
        for (const lease of leases) expect((await end(lease)).isStored).toBe(false);
      });

      it('that is somebody else’s now is reported as lost', async () => {
        const { lease } = await busyThread();
        const { turnId } = lease.context;
        expect(await on.store.extendLeases([turnId])).toEqual({ stopped: [], lost: [] });
        await on.subject.giveAway(turnId);
        expect(await on.store.extendLeases([turnId])).toEqual({ stopped: [], lost: [turnId] });
      });
    });

    describe('a turn', () => {
      it('is found by its thread and by its message, by its owner and nobody else', async () => {
        const { threadId, lease } = await busyThread();
        const { turnId, userMessageId } = lease.context;
        const found = await on.store.find(caller, threadId, turnId);
        expect(found).toMatchObject({ id: turnId, threadId, status: 'running' });
        expect(await on.store.findByMessage(caller, userMessageId)).toEqual({
          turn: found,
          firstSeq: lease.lastSeq,
        });
        for (const other of [newUser('mallory'), { ...caller, org: 'other' }]) {
          expect(await on.store.find(other, threadId, turnId)).toBeUndefined();
          expect(await on.store.findByMessage(other, userMessageId)).toBeUndefined();
          expect(await on.store.requestCancel(other, threadId, turnId)).toBeUndefined();
        }
        expect(await on.store.find(caller, await on.subject.newThread(caller), turnId)).toBeUndefined();
      });
    });
  });
}
