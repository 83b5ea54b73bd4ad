import { newId, type Caller } from '../../src/kernel/index.js';
import type { TurnEventLog } from '../../src/log/index.js';
import { endOf } from '../../src/turn/app/turn-ending.js';
import type { Lease, NewTurn, QueuePlacement, TurnStore } from '../../src/turn/ports/turn-store.js';
import { newUser } from '../support/callers.js';
import { contextOf, newTurn } from '../support/turns.js';

export interface TurnStoreUnderTest {
  /** Leases are given for three attempts. */
  readonly store: TurnStore;
  /** The log that the store's turns are written to. */
  readonly log: TurnEventLog;
  /** The same store with room for so many turns that wait. */
  bounded(maxQueuedTurns: number): TurnStore;
  /** A thread pinned to the first version of a workflow. */
  newThread(owner: Caller, workflow?: string): Promise<string>;
  /** The role and the turn of each message of the branch that ends in a turn, of the thread's head by default. */
  messagesOf(caller: Caller, threadId: string, branch?: string): Promise<readonly string[]>;
  /** Removes every thread there is. */
  removeThreads(): Promise<void>;
  /** Lets the lease of a turn run out. */
  lapse(turnId: string): Promise<void>;
  /** Makes the lease of a turn another process's. */
  giveAway(turnId: string): Promise<void>;
}

const caller = newUser('line');
const LINED_UP: QueuePlacement = { holdsThread: false, interrupts: false };
const HOLDING: QueuePlacement = { holdsThread: true, interrupts: false };
const INTERRUPTING: QueuePlacement = { holdsThread: false, interrupts: true };

/** Holds an implementation to every promise of {@link TurnStore}; its threads are nobody else's. */
export function describeTurnStore(name: string, setUp: () => Promise<TurnStoreUnderTest>): void {
  describe(`the turn store in ${name}`, () => {
    let subject: TurnStoreUnderTest;
    let store: TurnStore;
    beforeAll(async () => {
      subject = await setUp();
      ({ store } = subject);
    });

    /** A thread whose first turn runs, and that turn's lease. */
    async function busyThread() {
      const threadId = await subject.newThread(caller);
      const turn = newTurn(caller, threadId);
      const acceptance = await store.accept(turn);
      if (acceptance.kind !== 'accepted') throw new Error(acceptance.kind);
      return { threadId, lease: leaseOf(turn, acceptance.firstSeq) };
    }

    async function lineUp(threadId: string, place = LINED_UP): Promise<string> {
      const turn = newTurn(caller, threadId);
      expect((await store.enqueue(turn, place)).kind).toBe('queued');
      return turn.turnId;
    }

    const end = (lease: Lease, outcome: 'cancelled' | 'interrupted' = 'cancelled') => {
      const said = {
        messageId: lease.context.assistantMessageId,
        createdAt: lease.context.acceptedAt,
        isStored: false,
        openInputs: [],
        content: 'so far',
        citations: [],
        provider: null,
        model: null,
        step: null,
        workflowRunId: null,
      };
      const { events, ...rest } = endOf(lease.context, { ...said, outcome, error: null });
      const logged = events.map(({ type, data }, index) => ({
        seq: lease.lastSeq + index + 1,
        turnId: lease.context.turnId,
        type,
        data: JSON.stringify(data),
        at: new Date().toISOString(),
      }));
      return store.finish({
        context: lease.context,
        epoch: lease.epoch,
        fromSeq: lease.lastSeq,
        events: logged,
        ...rest,
      });
    };

    describe('the line of a thread', () => {
      it('is gone through in the order the messages came, one after the other', async () => {
        const { threadId, lease } = await busyThread();
        const [first, second] = [await lineUp(threadId), await lineUp(threadId)];
        expect(await store.claim(first)).toBeUndefined();

        expect(await end(lease)).toEqual({ isStored: true, nextId: first });
        expect(await store.claim(second)).toBeUndefined();
        const claimed = (await store.claim(first))!;
        expect(await store.claim(second)).toBeUndefined();
        expect(await end(claimed)).toEqual({ isStored: true, nextId: second });
        const last = (await store.claim(second))!;
        expect(await end(last)).toEqual({ isStored: true, nextId: undefined });
      });

      it('begins a turn with its message, where the log ends then', async () => {
        const { threadId, lease } = await busyThread();
        const turn = newTurn(caller, threadId, {
          savedEvent: '{"message":  {"text": "to the letter \\u00e9"',
        });
        const queued = await store.enqueue(turn, LINED_UP);
        await end(lease);

        const claimed = (await store.claim(turn.turnId))!;
        const { events } = await subject.log.read(threadId, lease.lastSeq + 1, 10);
        expect(events).toEqual([claimed.savedEvent]);
        const place = `"parentTurnId":"${lease.context.turnId}","siblings":${alone(turn.turnId)}`;
        const data = `${turn.savedEvent},${place}}}`;
        expect(claimed.savedEvent).toMatchObject({ type: 'message_saved', data });
        expect(queued).toMatchObject({ savedEvent: data });
        expect(
          await subject.log.append([
            {
              threadId,
              turnId: turn.turnId,
              epoch: claimed.epoch,
              fromSeq: claimed.lastSeq,
              events: [{ ...claimed.savedEvent, seq: claimed.lastSeq + 1, type: 'ai_reasoning' }],
            },
          ]),
        ).toEqual(new Set([turn.turnId]));
        expect((await store.find(caller, threadId, turn.turnId))?.status).toBe('running');
      });

      it('says what the thread is pinned to, to whoever has the lease', async () => {
        const [workflow, pinned] = ['guided-intake', { name: 'guided-intake', version: 1 }];
        const accepted = newTurn(caller, await subject.newThread(caller, workflow));
        expect(await store.accept(accepted)).toMatchObject({ workflow: pinned });
        await subject.lapse(accepted.turnId);
        expect(await store.claimExpiredTurn(accepted.turnId)).toMatchObject({
          context: { workflow: pinned },
        });

        const queued = newTurn(caller, await subject.newThread(caller, workflow));
        expect(await store.enqueue(queued, HOLDING)).toMatchObject({ workflow: pinned });
        expect(await store.claim(queued.turnId)).toMatchObject({ context: { workflow: pinned } });
      });

      it('is claimed once, whoever asks at the same time', async () => {
        const { threadId, lease } = await busyThread();
        const turnId = await lineUp(threadId);
        await end(lease);
        const claims = await Promise.all(Array.from({ length: 8 }, () => store.claim(turnId)));
        expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
      });

      it('turns a message away that will not wait, also between two turns', async () => {
        const { threadId, lease } = await busyThread();
        expect(await store.accept(newTurn(caller, threadId))).toEqual({
          kind: 'busy',
          turnId: lease.context.turnId,
        });
        const waiting = await lineUp(threadId);
        await end(lease);
        expect(await store.accept(newTurn(caller, threadId))).toEqual({ kind: 'busy', turnId: waiting });
        expect(await store.enqueue(newTurn(caller, threadId), HOLDING)).toEqual({
          kind: 'busy',
          turnId: waiting,
        });
      });

      it('is not open to others, and has a bound', async () => {
        const { threadId } = await busyThread();
        const mallory = { ...caller, id: 'mallory' };
        expect(await store.enqueue(newTurn(mallory, threadId), LINED_UP)).toEqual({
          kind: 'not_found',
          what: 'thread',
        });
        for (let count = 0; count < 50; count += 1) await lineUp(threadId);
        expect(await store.enqueue(newTurn(caller, threadId), LINED_UP)).toEqual({ kind: 'full', limit: 50 });
        const bounded = subject.bounded(1);
        const other = await subject.newThread(caller);
        expect(await bounded.enqueue(newTurn(caller, other), HOLDING)).toEqual({ kind: 'full', limit: 1 });
        await subject.removeThreads();
      });

      it('knows a request that was made before', async () => {
        const { threadId } = await busyThread();
        const idempotency = { key: newId(), hash: Buffer.from('same') };
        const turn = newTurn(caller, threadId, { idempotency });
        await store.enqueue(turn, LINED_UP);
        const again = newTurn(caller, threadId, { idempotency });
        expect(await store.enqueue(again, LINED_UP)).toMatchObject({
          kind: 'repeated',
          turn: { id: turn.turnId },
        });
        expect(await store.accept(again)).toMatchObject({ kind: 'repeated', turn: { id: turn.turnId } });
        const other = { ...again, idempotency: { ...idempotency, hash: Buffer.from('other') } };
        expect(await store.enqueue(other, LINED_UP)).toEqual({ kind: 'conflict' });
      });

      it('lets an interrupt stop what runs and go first', async () => {
        const { threadId, lease } = await busyThread();
        const patient = await lineUp(threadId);
        const urgent = await lineUp(threadId, INTERRUPTING);
        const { stopped } = await store.extendLeases([lease.context.turnId]);
        expect(stopped).toEqual([{ turnId: lease.context.turnId, reason: 'interrupted' }]);
        expect(await end(lease, 'interrupted')).toEqual({ isStored: true, nextId: urgent });
        const claimed = (await store.claim(urgent))!;
        expect(claimed.stop).toBeUndefined();
        expect(await end(claimed)).toEqual({ isStored: true, nextId: patient });
      });

      it('ends an interrupt that has not begun when another one comes, also at the same moment', async () => {
        const { threadId, lease } = await busyThread();
        const turns = Array.from({ length: 5 }, () => newTurn(caller, threadId));
        await Promise.all(turns.map((turn) => store.enqueue(turn, INTERRUPTING)));
        const stops: (string | undefined)[] = [];
        for (let { nextId } = await end(lease, 'interrupted'); nextId !== undefined;) {
          const claimed: Awaited<ReturnType<typeof store.claim>> = await store.claim(nextId);
          stops.push(claimed?.stop);
          ({ nextId } = await end(claimed!));
        }
        expect(stops).toEqual(['interrupted', 'interrupted', 'interrupted', 'interrupted', undefined]);
      });

      it('is a line in the tree, too: an interrupt follows what it interrupts, and is followed by who waited', async () => {
        const { threadId, lease } = await busyThread();
        const [first, second] = [await lineUp(threadId), await lineUp(threadId)];
        const urgent = newTurn(caller, threadId);
        const accepted = await store.enqueue(urgent, INTERRUPTING);
        const later = await lineUp(threadId, INTERRUPTING);
        const last = await lineUp(threadId);
        expect(accepted).toMatchObject({
          turn: { parentTurnId: lease.context.turnId },
          siblings: JSON.parse(alone(urgent.turnId)),
        });

        const order = [lease.context.turnId];
        for (let { nextId } = await end(lease, 'interrupted'); nextId !== undefined;) {
          const claimed: Awaited<ReturnType<typeof store.claim>> = await store.claim(nextId);
          const { siblings } = claimed!.context;
          const { message } = JSON.parse(claimed!.savedEvent.data) as { message: object };
          const place = { parentTurnId: order.at(-1), siblings: JSON.parse(alone(nextId)) };
          expect(claimed!.context).toMatchObject(place);
          expect(message).toMatchObject({ content: 'Hello', ...place, siblings });
          expect((await store.find(caller, threadId, nextId))?.parentTurnId).toBe(order.at(-1));
          if (nextId === urgent.turnId)
            expect(accepted).toMatchObject({ savedEvent: claimed!.savedEvent.data });
          order.push(nextId);
          ({ nextId } = await end(claimed!));
        }
        expect(order.slice(1)).toEqual([urgent.turnId, later, first, second, last]);
        expect(await subject.messagesOf(caller, threadId)).toEqual(
          order.flatMap((id) => [`user ${id}`, `assistant ${id}`]),
        );
        const next = newTurn(caller, threadId);
        expect(await store.accept(next)).toMatchObject({ turn: { parentTurnId: last } });
      });

      it('is overtaken by an interrupt behind what ends before it, and where it was asked to begin a branch not at all', async () => {
        const { threadId, lease } = await busyThread();
        const [stopped, kept] = [await lineUp(threadId), await lineUp(threadId)];
        await store.requestCancel(caller, threadId, stopped);
        const branch = newTurn(caller, threadId, { after: stopped });
        await store.enqueue(branch, LINED_UP);
        const parentOf = async (id: string) => (await store.find(caller, threadId, id))?.parentTurnId;

        const beside = await lineUp(threadId, INTERRUPTING);
        expect(await parentOf(beside)).toBe(branch.turnId);
        const back = newTurn(caller, threadId, { after: kept });
        const fork = newTurn(caller, threadId, { after: kept });
        const again = newTurn(caller, threadId, { after: back.turnId });
        for (const turn of [back, fork, again]) await store.enqueue(turn, LINED_UP);
        const urgent = await lineUp(threadId, INTERRUPTING);
        expect(await Promise.all([kept, back.turnId, branch.turnId, stopped].map(parentOf))).toEqual([
          ...[urgent, kept, stopped, lease.context.turnId],
        ]);
        expect(await parentOf(urgent)).toBe(stopped);
        // Each branch goes back to where it did.
        const shown = async (id: string) =>
          (await subject.messagesOf(caller, threadId, id)).filter((message) => message.startsWith('user'));
        const users = (...ids: string[]) => ids.map((id) => `user ${id}`);
        const begun = [lease.context.turnId, stopped];
        const all = users(...begun, urgent, kept, back.turnId, again.turnId);
        expect(await shown(again.turnId)).toEqual(all);
        expect(await subject.messagesOf(caller, threadId)).toEqual(
          await subject.messagesOf(caller, threadId, again.turnId),
        );
        expect(await shown(fork.turnId)).toEqual(users(...begun, urgent, kept, fork.turnId));
        expect(await shown(beside)).toEqual(users(...begun, branch.turnId, beside));
      });

      it('is overtaken by one that says what it follows in no other way than that', async () => {
        const { threadId, lease } = await busyThread();
        const patient = await lineUp(threadId);
        const urgent = newTurn(caller, threadId, { after: patient });
        expect(await store.enqueue(urgent, INTERRUPTING)).toMatchObject({ turn: { parentTurnId: patient } });
        expect((await end(lease, 'interrupted')).nextId).toBe(urgent.turnId);
      });

      it('is one line whoever comes at the same moment', async () => {
        const { threadId, lease } = await busyThread();
        const turns = Array.from({ length: 9 }, () => newTurn(caller, threadId));
        await Promise.all(
          turns.map((turn, index) => store.enqueue(turn, index % 3 === 0 ? INTERRUPTING : LINED_UP)),
        );
        const order = [lease.context.turnId];
        for (let { nextId } = await end(lease, 'interrupted'); nextId !== undefined;) {
          const claimed: Awaited<ReturnType<typeof store.claim>> = await store.claim(nextId);
          expect(claimed?.context.parentTurnId).toBe(order.at(-1));
          order.push(nextId);
          ({ nextId } = await end(claimed!));
        }
        expect(order.slice(1).toSorted()).toEqual(turns.map(({ turnId }) => turnId).toSorted());
        expect(await subject.messagesOf(caller, threadId)).toEqual(
          order.flatMap((id) => [`user ${id}`, `assistant ${id}`]),
        );
      });

      it('is left by all when the thread is to go', async () => {
        const { threadId, lease } = await busyThread();
        const waiting = [await lineUp(threadId), await lineUp(threadId)];
        const all = await store.requestCancelAll(caller, threadId);
        expect(new Map(all.map(({ id, isQueued }) => [id, isQueued]))).toEqual(
          new Map([[lease.context.turnId, false], ...waiting.map((id) => [id, true] as const)]),
        );
        expect(await store.requestCancelAll({ ...caller, id: 'mallory' }, threadId)).toEqual([]);
        await end(lease);
        expect((await store.claim(waiting[0]!))?.stop).toBe('cancelled');
      });

      it('ends first what waits for a process when that is interrupted, and never stands still', async () => {
        const threadId = await subject.newThread(caller);
        const holder = await lineUp(threadId, HOLDING);
        const patient = await lineUp(threadId);
        await store.requestCancel(caller, threadId, patient);
        const urgent = await lineUp(threadId, INTERRUPTING);
        const order: [string, string | undefined][] = [];
        for (let next: string | undefined = holder; next !== undefined;) {
          const claimed: Awaited<ReturnType<typeof store.claim>> = await store.claim(next);
          order.push([next, claimed?.stop]);
          next = (await end(claimed!)).nextId;
        }
        expect(order).toEqual([
          [holder, 'interrupted'],
          [patient, 'cancelled'],
          [urgent, undefined],
        ]);
      });

      it('is looked through for what nobody was told of, the oldest first', async () => {
        await subject.removeThreads();
        const waiting = [];
        for (let count = 0; count < 3; count += 1)
          waiting.push(await lineUp(await subject.newThread(caller), HOLDING));
        const { threadId } = await busyThread();
        await lineUp(threadId);
        expect((await store.claimWaiting(2)).map(({ context }) => context.turnId)).toEqual(
          waiting.slice(0, 2),
        );
        expect((await store.claimWaiting(5)).map(({ context }) => context.turnId)).toEqual(waiting.slice(2));
        expect(await store.claimWaiting(5)).toEqual([]);
      });

      it('is passed over for those whose user, or organisation, has no room', async () => {
        await subject.removeThreads();
        const first = await lineUp(await subject.newThread(caller), HOLDING);
        const bob = { ...caller, id: 'bob' };
        const other = newTurn(bob, await subject.newThread(bob));
        await store.enqueue(other, HOLDING);

        const withoutUser = { users: [`${caller.org}\n${caller.id}`], orgs: [] };
        expect(await store.claim(first, withoutUser)).toBeUndefined();
        expect(await store.claimWaiting(5, { users: [], orgs: [caller.org] })).toEqual([]);
        expect((await store.claimWaiting(5, withoutUser)).map(({ context }) => context.turnId)).toEqual([
          other.turnId,
        ]);
        expect((await store.claim(first))?.context.turnId).toBe(first);
      });

      it('keeps places for others, however much one user has waiting', async () => {
        await subject.removeThreads();
        const bounded = subject.bounded(10);
        const kinds: string[] = [];
        for (let count = 0; count < 10; count += 1)
          kinds.push((await bounded.enqueue(newTurn(caller, await subject.newThread(caller)), HOLDING)).kind);
        expect(kinds).toEqual([...Array<string>(8).fill('queued'), 'full', 'full']);
        const bob = { ...caller, id: 'bob' };
        expect((await bounded.enqueue(newTurn(bob, await subject.newThread(bob)), HOLDING)).kind).toBe(
          'queued',
        );
      });
    });

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
          await store.suspend({
            ...{ context: lease.context, epoch: lease.epoch, fromSeq: lease.lastSeq, events: [asked] },
            ...{ inputs: [{ ...input, expiresAt }], workflowRunId: null },
          }),
        ).toBe('waiting');
        return seq;
      }

      it('is left at once by what is stopped, between the events of the one that waits', async () => {
        const { threadId, lease, lastSeq } = await waitingThread();
        const [kept, first, second] = [
          await lineUp(threadId),
          await lineUp(threadId),
          await lineUp(threadId),
        ];
        for (const id of [second, first]) await store.requestCancel(caller, threadId, id);
        const events = await store.endStopped(threadId);

        expect(events.map(({ seq, turnId, type }) => [seq, turnId, type])).toEqual([
          [lastSeq + 1, first, 'message_saved'],
          [lastSeq + 2, first, 'done'],
          [lastSeq + 3, second, 'message_saved'],
          [lastSeq + 4, second, 'done'],
        ]);
        expect(JSON.parse(events[1]!.data)).toEqual({ success: false, turnId: first, status: 'cancelled' });
        expect(JSON.parse(events[0]!.data)).toMatchObject({ message: { parentTurnId: kept } });
        expect((await subject.log.read(threadId, lastSeq, 10)).events).toEqual(events);
        const statuses = [lease.context.turnId, kept, first, second].map((id) =>
          store.find(caller, threadId, id),
        );
        expect((await Promise.all(statuses)).map((turn) => turn?.status)).toEqual([
          ...['waiting', 'queued', 'cancelled', 'cancelled'],
        ]);
        expect(await store.find(caller, threadId, first)).toMatchObject({
          startedAt: events[0]!.at,
          endedAt: events[0]!.at,
        });
        expect(await store.endStopped(threadId)).toEqual([]);
      });

      it('is gone through as before when that one goes on, behind all that was written meanwhile', async () => {
        const { threadId, lease, lastSeq } = await waitingThread();
        const [stopped, kept] = [await lineUp(threadId), await lineUp(threadId)];
        await store.requestCancel(caller, threadId, stopped);
        await store.endStopped(threadId);
        await store.requestCancel(caller, threadId, lease.context.turnId);
        const going = (await store.claimExpiredTurn(lease.context.turnId))!;
        expect(going).toMatchObject({ lastSeq: lastSeq + 2, epoch: 2, stop: 'cancelled' });
        expect(await end(going)).toEqual({ isStored: true, nextId: kept });
        expect((await store.claim(kept))!.lastSeq).toBe(lastSeq + 4);
      });

      it('is left once by each, however many ask at the same time', async () => {
        const { threadId, lastSeq } = await waitingThread();
        const stopped = [await lineUp(threadId), await lineUp(threadId), await lineUp(threadId)];
        const ends = await Promise.all(
          stopped.map(async (id) => {
            await store.requestCancel(caller, threadId, id);
            return store.endStopped(threadId);
          }),
        );
        const seqs = ends
          .flat()
          .map(({ seq }) => seq)
          .toSorted((a, b) => a - b);
        expect(seqs).toEqual([1, 2, 3, 4, 5, 6].map((place) => lastSeq + place));
        const { events } = await subject.log.read(threadId, 0, 100);
        expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
      });

      it('has room again at once', async () => {
        const { threadId } = await waitingThread();
        const all: string[] = [];
        for (let count = 0; count < 50; count += 1) all.push(await lineUp(threadId));
        expect(await store.enqueue(newTurn(caller, threadId), LINED_UP)).toEqual({ kind: 'full', limit: 50 });
        await store.requestCancel(caller, threadId, all[20]!);
        await store.endStopped(threadId);
        await lineUp(threadId);
        await subject.removeThreads();
      });

      it('is not left before a turn that runs, or is to end itself', async () => {
        const { threadId, lease } = await busyThread();
        const stopped = await lineUp(threadId);
        await store.requestCancel(caller, threadId, stopped);
        expect(await store.endStopped(threadId)).toEqual([]);
        await suspend(lease);
        await store.requestCancel(caller, threadId, lease.context.turnId);
        expect(await store.endStopped(threadId)).toEqual([]);
        expect((await store.find(caller, threadId, stopped))?.status).toBe('queued');
      });
    });

    describe('the tree of a thread’s turns', () => {
      /** Accepts a turn and ends it. */
      async function tell(threadId: string, change: Partial<NewTurn> = {}) {
        const turn = newTurn(caller, threadId, change);
        const accepted = await store.accept(turn);
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
        const threadId = await subject.newThread(caller);
        const [first, second] = [await tell(threadId), await tell(threadId)];
        expect(first).toMatchObject({ parentTurnId: null, siblings: JSON.parse(alone(first.id)) });
        expect(second).toMatchObject({ parentTurnId: first.id, siblings: JSON.parse(alone(second.id)) });
        expect((await store.find(caller, threadId, second.id))?.parentTurnId).toBe(first.id);
      });

      it('branches at a turn that is named, or at its beginning, and goes on there', async () => {
        const threadId = await subject.newThread(caller);
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
        const threadId = await subject.newThread(caller);
        const [first, second] = [await tell(threadId), await tell(threadId)];
        const third = await tell(threadId, { after: first.id });
        const { events } = await subject.log.read(threadId, 0, 100);
        const saved = events.filter(({ type }) => type === 'message_saved').map(({ data }) => data);
        expect(saved).toEqual([first, second, third].map(({ savedEvent }) => savedEvent));
        const { parentTurnId, siblings } = third;
        expect(JSON.parse(third.savedEvent)).toMatchObject({ message: { parentTurnId, siblings } });
      });

      it('is left as it was by who is refused', async () => {
        const { threadId, lease } = await busyThread();
        const { turnId } = lease.context;
        expect(await store.accept(newTurn(caller, threadId, { after: null }))).toEqual({
          kind: 'busy',
          turnId,
        });
        await end(lease);
        const other = await subject.newThread(caller);
        const elsewhere = await tell(other);
        for (const after of [newId(), elsewhere.id])
          expect(await store.accept(newTurn(caller, threadId, { after }))).toEqual({
            kind: 'not_found',
            what: 'turn',
          });
        const mallory = { ...caller, id: 'mallory' };
        for (const after of [turnId, null])
          expect(await store.accept(newTurn(mallory, threadId, { after }))).toEqual({
            kind: 'not_found',
            what: 'thread',
          });
        expect((await tell(threadId)).parentTurnId).toBe(turnId);
      });

      it('takes one of two that branch at once, or both as siblings when they wait', async () => {
        const threadId = await subject.newThread(caller);
        const [first, second] = [await tell(threadId), await tell(threadId)];
        const asked = [
          newTurn(caller, threadId, { after: first.id }),
          newTurn(caller, threadId, { after: first.id }),
        ];
        const kinds = await Promise.all(asked.map(async (turn) => (await store.accept(turn)).kind));
        expect(kinds.toSorted()).toEqual(['accepted', 'busy']);
        const other = asked[kinds.indexOf('busy')]!;
        const again = newTurn(caller, threadId, { after: first.id });
        const queued = await Promise.all([other, again].map((turn) => store.enqueue(turn, LINED_UP)));
        expect(queued.map(({ kind }) => kind)).toEqual(['queued', 'queued']);
        const turnIds = [second.id, ...[...asked, again].map(({ turnId }) => turnId)].toSorted();
        const all = queued.map((one) => (one.kind === 'queued' ? one.siblings.turnIds : [])).flat();
        expect([...new Set(all)].toSorted()).toEqual(turnIds);
      });

      it('answers a request that was made before with its turn, whatever followed', async () => {
        const threadId = await subject.newThread(caller);
        const first = await tell(threadId);
        const idempotency = { key: newId(), hash: Buffer.from('same') };
        const edited = await tell(threadId, { after: null, idempotency });
        await tell(threadId, { after: first.id });
        const again = newTurn(caller, threadId, { after: null, idempotency });
        expect(await store.accept(again)).toMatchObject({ kind: 'repeated', turn: { id: edited.id } });
        const last = await tell(threadId);
        expect(last.parentTurnId).not.toBe(edited.id);
      });

      it('goes with a turn to whoever claims it or takes it over', async () => {
        const threadId = await subject.newThread(caller);
        const first = await tell(threadId);
        const second = await tell(threadId);
        const turn = newTurn(caller, threadId, { after: first.id });
        await store.enqueue(turn, HOLDING);
        const place = {
          parentTurnId: first.id,
          siblings: { index: 1, count: 2, turnIds: [second.id, turn.turnId] },
        };
        expect((await store.claim(turn.turnId))?.context).toMatchObject(place);
        await subject.lapse(turn.turnId);
        expect((await store.claimExpiredTurn(turn.turnId))?.context).toMatchObject(place);
      });

      it('counts all siblings and names the nearest', async () => {
        const threadId = await subject.newThread(caller);
        const ids: string[] = [];
        for (let count = 0; count < 203; count += 1) ids.push((await tell(threadId, { after: null })).id);
        const last = await tell(threadId, { after: null });
        expect(last.siblings).toEqual({ index: 203, count: 204, turnIds: [...ids.slice(4), last.id] });
      });
    });

    describe('a lease', () => {
      it('passes on when it has run out, and its former writer is refused', async () => {
        const { threadId, lease } = await busyThread();
        expect(await store.claimExpiredTurn(lease.context.turnId)).toBeUndefined();
        await subject.lapse(lease.context.turnId);
        const taken = (await store.claimExpiredTurn(lease.context.turnId))!;
        expect(taken).toMatchObject({
          epoch: 2,
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
        expect(await subject.log.append([{ ...write, epoch: 1 }])).toEqual(new Set());
        expect((await end(lease)).isStored).toBe(false);
        expect(await store.release(lease)).toBe(false);
        expect(await subject.log.append([{ ...write, epoch: 2 }])).toEqual(new Set([lease.context.turnId]));
      });

      it('is given for so many attempts, except to who was asked to take it', async () => {
        const { lease } = await busyThread();
        const { turnId } = lease.context;
        const attempts = [];
        for (let round = 0; round < 3; round += 1) {
          await subject.lapse(turnId);
          const { attempt, runsAgain } = (await store.claimExpiredTurn(turnId))!;
          attempts.push([attempt, runsAgain]);
        }
        expect(attempts).toEqual([
          [2, true],
          [3, true],
          [3, false],
        ]);
        expect(await store.release({ ...lease, epoch: 4 })).toBe(true);
        expect(await store.claimExpiredTurn(turnId)).toMatchObject({
          attempt: 4,
          runsAgain: true,
          wasReleased: true,
        });
      });

      it('is not run again by whoever takes it when it was cancelled', async () => {
        const { threadId, lease } = await busyThread();
        await store.requestCancel(caller, threadId, lease.context.turnId);
        await subject.lapse(lease.context.turnId);
        expect(await store.claimExpiredTurn(lease.context.turnId)).toMatchObject({
          runsAgain: false,
          stop: 'cancelled',
        });
      });

      it('of a turn that was stopped is taken from whoever has it, and of no other', async () => {
        const { threadId, lease } = await busyThread();
        const { turnId } = lease.context;
        await subject.giveAway(turnId);
        expect(await store.claimStoppedTurn(turnId)).toBeUndefined();
        await store.requestCancel(caller, threadId, turnId);
        expect(await store.claimStoppedTurn(turnId)).toMatchObject({
          epoch: 2,
          runsAgain: false,
          stop: 'cancelled',
        });
      });

      it('runs out at once, as all others do, where a process knows itself alone', async () => {
        const leases = [(await busyThread()).lease, (await busyThread()).lease];
        await store.expireAllLeases();
        const expired = (await store.claimExpired(1_000)).map(({ context }) => context.turnId);
        expect(expired).toEqual(expect.arrayContaining(leases.map(({ context }) => context.turnId)));
        for (const lease of leases) expect((await end(lease)).isStored).toBe(false);
      });

      it('that is somebody else’s now is reported as lost', async () => {
        const { lease } = await busyThread();
        const { turnId } = lease.context;
        expect(await store.extendLeases([turnId])).toEqual({ stopped: [], lost: [] });
        await subject.giveAway(turnId);
        expect(await store.extendLeases([turnId])).toEqual({ stopped: [], lost: [turnId] });
      });
    });

    describe('a turn', () => {
      it('is found by its thread and by its message, by its owner and nobody else', async () => {
        const { threadId, lease } = await busyThread();
        const { turnId, userMessageId } = lease.context;
        const found = await store.find(caller, threadId, turnId);
        expect(found).toMatchObject({ id: turnId, threadId, status: 'running' });
        expect(await store.findByMessage(caller, userMessageId)).toEqual({
          turn: found,
          firstSeq: lease.lastSeq,
        });
        for (const other of [newUser('mallory'), { ...caller, org: 'other' }]) {
          expect(await store.find(other, threadId, turnId)).toBeUndefined();
          expect(await store.findByMessage(other, userMessageId)).toBeUndefined();
          expect(await store.requestCancel(other, threadId, turnId)).toBeUndefined();
        }
        expect(await store.find(caller, await subject.newThread(caller), turnId)).toBeUndefined();
      });
    });
  });
}

/** The siblings of a turn that has none but itself, as text. */
function alone(turnId: string): string {
  return JSON.stringify({ index: 0, count: 1, turnIds: [turnId] });
}

function leaseOf(turn: NewTurn, lastSeq: number): Lease {
  return { context: contextOf(turn), epoch: 1, lastSeq };
}
