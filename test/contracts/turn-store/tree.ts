import { newId } from '../../../src/kernel/index.js';
import type { NewTurn } from '../../../src/turn/ports/turn-store.js';
import { newTurn } from '../../support/turns.js';
import { alone, caller, HOLDING, leaseOf, LINED_UP, type TurnStoreSuite } from './suite.js';

/** The branches of a thread. */
export function describeTree(on: TurnStoreSuite): void {
  const { busyThread, end } = on;

  describe('the tree of a thread’s turns', () => {
    /** Accepts a turn and ends it. */
    async function tell(threadId: string, change: Partial<NewTurn> = {}) {
      const turn = newTurn(caller, threadId, change);
      const accepted = await on.store.accept(turn);
      if (accepted.kind !== 'accepted') throw new Error(accepted.kind);
      const { context } = leaseOf(turn, accepted.firstSeq);
      const {
        siblings,
        turn: { parentTurnId },
      } = accepted;
      await end({ context: { ...context, parentTurnId, siblings }, epoch: 1, lastSeq: accepted.firstSeq });
      return { id: turn.turnId, parentTurnId, siblings, savedEvent: accepted.savedEvent };
    }

    it('grows from its newest turn, where none is named', async () => {
      const threadId = await on.subject.newThread(caller);
      const [first, second] = [await tell(threadId), await tell(threadId)];
      expect(first).toMatchObject({ parentTurnId: null, siblings: JSON.parse(alone(first.id)) });
      expect(second).toMatchObject({ parentTurnId: first.id, siblings: JSON.parse(alone(second.id)) });
      expect((await on.store.find(caller, threadId, second.id))?.parentTurnId).toBe(first.id);
    });

    it('branches at a turn that is named, or at its beginning, and goes on there', async () => {
      const threadId = await on.subject.newThread(caller);
      const [first, second] = [await tell(threadId), await tell(threadId)];
      const edited = await tell(threadId, { after: first.id });
      expect(edited).toMatchObject({
        parentTurnId: first.id,
        siblings: { index: 1, count: 2, turnIds: [second.id, edited.id] },
      });
      expect((await tell(threadId)).parentTurnId).toBe(edited.id);
      const begun = await tell(threadId, { after: null });
      expect(begun).toMatchObject({
        parentTurnId: null,
        siblings: { index: 1, count: 2, turnIds: [first.id, begun.id] },
      });
      // What nothing has followed yet is gone on with, in its own branch.
      const resumed = await tell(threadId, { after: second.id });
      expect(resumed).toMatchObject({ parentTurnId: second.id, siblings: { index: 0, count: 1 } });
    });

    it('is told of with the message, in the log as well', async () => {
      const threadId = await on.subject.newThread(caller);
      const [first, second] = [await tell(threadId), await tell(threadId)];
      const third = await tell(threadId, { after: first.id });
      const { events } = await on.subject.log.read(threadId, 0, 100);
      const saved = events.filter(({ type }) => type === 'message_saved').map(({ data }) => data);
      expect(saved).toEqual([first, second, third].map(({ savedEvent }) => savedEvent));
      const { parentTurnId, siblings } = third;
      expect(JSON.parse(third.savedEvent)).toMatchObject({ message: { parentTurnId, siblings } });
    });

    it('is left as it was by who is refused', async () => {
      const { threadId, lease } = await busyThread();
      const { turnId } = lease.context;
      expect(await on.store.accept(newTurn(caller, threadId, { after: null }))).toEqual({
        kind: 'busy',
        turnId,
      });
      await end(lease);
      const other = await on.subject.newThread(caller);
      const elsewhere = await tell(other);
      for (const after of [newId(), elsewhere.id])
        expect(await on.store.accept(newTurn(caller, threadId, { after }))).toEqual({
          kind: 'not_found',
          what: 'turn',
        });
      const mallory = { ...caller, id: 'mallory' };
      for (const after of [turnId, null])
        expect(await on.store.accept(newTurn(mallory, threadId, { after }))).toEqual({
          kind: 'not_found',
          what: 'thread',
        });
      expect((await tell(threadId)).parentTurnId).toBe(turnId);
    });

    it('takes one of two that branch at once, or both as siblings when they wait', async () => {
      const threadId = await on.subject.newThread(caller);
      const [first, second] = [await tell(threadId), await tell(threadId)];
      const asked = [
        newTurn(caller, threadId, { after: first.id }),
        newTurn(caller, threadId, { after: first.id }),
      ];
      const kinds = await Promise.all(asked.map(async (turn) => (await on.store.accept(turn)).kind));
      expect(kinds.toSorted()).toEqual(['accepted', 'busy']);
      const other = asked[kinds.indexOf('busy')]!;
      const again = newTurn(caller, threadId, { after: first.id });
      const queued = await Promise.all([other, again].map((turn) => on.store.enqueue(turn, LINED_UP)));
      expect(queued.map(({ kind }) => kind)).toEqual(['queued', 'queued']);
      const turnIds = [second.id, ...[...asked, again].map(({ turnId }) => turnId)].toSorted();
      const all = queued.map((one) => (one.kind === 'queued' ? one.siblings.turnIds : [])).flat();
      expect([...new Set(all)].toSorted()).toEqual(turnIds);
    });

    it('answers a request that was made before with its turn, whatever followed', async () => {
      const threadId = await on.subject.newThread(caller);
      const first = await tell(threadId);
      const idempotency = { key: newId(), hash: Buffer.from('same') };
      const edited = await tell(threadId, { after: null, idempotency });
      await tell(threadId, { after: first.id });
      const again = newTurn(caller, threadId, { after: null, idempotency });
      expect(await on.store.accept(again)).toMatchObject({ kind: 'repeated', turn: { id: edited.id } });
      const last = await tell(threadId);
      expect(last.parentTurnId).not.toBe(edited.id);
    });

    it('goes with a turn to whoever claims it or takes it over', async () => {
      const threadId = await on.subject.newThread(caller);
      const first = await tell(threadId);
      const second = await tell(threadId);
      const turn = newTurn(caller, threadId, { after: first.id });
      await on.store.enqueue(turn, HOLDING);
      const place = {
        parentTurnId: first.id,
        siblings: { index: 1, count: 2, turnIds: [second.id, turn.turnId] },
      };
      expect((await on.store.claim(turn.turnId))?.context).toMatchObject(place);
      await on.subject.lapse(turn.turnId);
      expect((await on.store.claimExpiredTurn(turn.turnId))?.context).toMatchObject(place);
    });

    it('counts all siblings and names the nearest', async () => {
      const threadId = await on.subject.newThread(caller);
      const ids: string[] = [];
      for (let count = 0; count < 203; count += 1) ids.push((await tell(threadId, { after: null })).id);
      const last = await tell(threadId, { after: null });
      expect(last.siblings).toEqual({ index: 203, count: 204, turnIds: [...ids.slice(4), last.id] });
    });
  });
}
