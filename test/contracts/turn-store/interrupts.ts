import { newTurn } from '../../support/turns.js';
import { alone, caller, HOLDING, INTERRUPTING, LINED_UP, type TurnStoreSuite } from './suite.js';

/** Turns that go before those that wait. */
export function describeInterrupts(on: TurnStoreSuite): void {
  const { busyThread, lineUp, end } = on;

  it('lets an interrupt stop what runs and go first', async () => {
    const { threadId, lease } = await busyThread();
    const patient = await lineUp(threadId);
    const urgent = await lineUp(threadId, INTERRUPTING);
    const { stopped } = await on.store.extendLeases([lease.context.turnId]);
    expect(stopped).toEqual([{ turnId: lease.context.turnId, reason: 'interrupted' }]);
    expect(await end(lease, 'interrupted')).toEqual({ isStored: true, nextId: urgent });
    const claimed = (await on.store.claim(urgent))!;
    expect(claimed.stop).toBeUndefined();
    expect(await end(claimed)).toEqual({ isStored: true, nextId: patient });
  });

  it('ends an interrupt that has not begun when another one comes, also at the same moment', async () => {
    const { threadId, lease } = await busyThread();
    const turns = Array.from({ length: 5 }, () => newTurn(caller, threadId));
    await Promise.all(turns.map((turn) => on.store.enqueue(turn, INTERRUPTING)));
    const stops: (string | undefined)[] = [];
    for (let { nextId } = await end(lease, 'interrupted'); nextId !== undefined;) {
      const claimed: Awaited<ReturnType<typeof on.store.claim>> = await on.store.claim(nextId);
      stops.push(claimed?.stop);
      ({ nextId } = await end(claimed!));
    }
    expect(stops).toEqual(['interrupted', 'interrupted', 'interrupted', 'interrupted', undefined]);
  });

  it('is a line in the tree, too: an interrupt follows what it interrupts, and is followed by who waited', async () => {
    const { threadId, lease } = await busyThread();
    const [first, second] = [await lineUp(threadId), await lineUp(threadId)];
    const urgent = newTurn(caller, threadId);
    const accepted = await on.store.enqueue(urgent, INTERRUPTING);
    const later = await lineUp(threadId, INTERRUPTING);
    const last = await lineUp(threadId);
    expect(accepted).toMatchObject({
      turn: { parentTurnId: lease.context.turnId },
      siblings: JSON.parse(alone(urgent.turnId)),
    });

    const order = [lease.context.turnId];
    for (let { nextId } = await end(lease, 'interrupted'); nextId !== undefined;) {
      const claimed: Awaited<ReturnType<typeof on.store.claim>> = await on.store.claim(nextId);
      const { siblings } = claimed!.context;
      const { message } = JSON.parse(claimed!.savedEvent.data) as { message: object };
      const place = { parentTurnId: order.at(-1), siblings: JSON.parse(alone(nextId)) };
      expect(claimed!.context).toMatchObject(place);
      expect(message).toMatchObject({ content: 'Hello', ...place, siblings });
      expect((await on.store.find(caller, threadId, nextId))?.parentTurnId).toBe(order.at(-1));
      if (nextId === urgent.turnId) expect(accepted).toMatchObject({ savedEvent: claimed!.savedEvent.data });
      order.push(nextId);
      ({ nextId } = await end(claimed!));
    }
    expect(order.slice(1)).toEqual([urgent.turnId, later, first, second, last]);
    expect(await on.subject.messagesOf(caller, threadId)).toEqual(
      order.flatMap((id) => [`user ${id}`, `assistant ${id}`]),
    );
    const next = newTurn(caller, threadId);
    expect(await on.store.accept(next)).toMatchObject({ turn: { parentTurnId: last } });
  });

  it('is overtaken by an interrupt behind what ends before it, and where it was asked to begin a branch not at all', async () => {
    const { threadId, lease } = await busyThread();
    const [stopped, kept] = [await lineUp(threadId), await lineUp(threadId)];
    await on.store.requestCancel(caller, threadId, stopped);
    const branch = newTurn(caller, threadId, { after: stopped });
    await on.store.enqueue(branch, LINED_UP);
    const parentOf = async (id: string) => (await on.store.find(caller, threadId, id))?.parentTurnId;

    const beside = await lineUp(threadId, INTERRUPTING);
    expect(await parentOf(beside)).toBe(branch.turnId);
    const back = newTurn(caller, threadId, { after: kept });
    const fork = newTurn(caller, threadId, { after: kept });
    const again = newTurn(caller, threadId, { after: back.turnId });
    for (const turn of [back, fork, again]) await on.store.enqueue(turn, LINED_UP);
    const urgent = await lineUp(threadId, INTERRUPTING);
    expect(await Promise.all([kept, back.turnId, branch.turnId, stopped].map(parentOf))).toEqual([
      ...[urgent, kept, stopped, lease.context.turnId],
    ]);
    expect(await parentOf(urgent)).toBe(stopped);
    // Each branch goes back to where it did.
    const shown = async (id: string) =>
      (await on.subject.messagesOf(caller, threadId, id)).filter((message) => message.startsWith('user'));
    const users = (...ids: string[]) => ids.map((id) => `user ${id}`);
    const begun = [lease.context.turnId, stopped];
    const all = users(...begun, urgent, kept, back.turnId, again.turnId);
    expect(await shown(again.turnId)).toEqual(all);
    expect(await on.subject.messagesOf(caller, threadId)).toEqual(
      await on.subject.messagesOf(caller, threadId, again.turnId),
    );
    expect(await shown(fork.turnId)).toEqual(users(...begun, urgent, kept, fork.turnId));
    expect(await shown(beside)).toEqual(users(...begun, branch.turnId, beside));
  });

  it('is overtaken by one that says what it follows in no other way than that', async () => {
    const { threadId, lease } = await busyThread();
    const patient = await lineUp(threadId);
    const urgent = newTurn(caller, threadId, { after: patient });
    expect(await on.store.enqueue(urgent, INTERRUPTING)).toMatchObject({ turn: { parentTurnId: patient } });
    expect((await end(lease, 'interrupted')).nextId).toBe(urgent.turnId);
  });

  it('says what it said when it is overtaken, also where that looks like a place in the tree', async () => {
    const { threadId, lease } = await busyThread();
    const content = 'so,"parentTurnId":null,"siblings":{"index":7}}} {}}} \\1 \\& \\"';
    const patient = newTurn(caller, threadId);
    const userMessage = { ...patient.userMessage, content };
    const savedEvent = JSON.stringify({ message: userMessage }).slice(0, -2);
    await on.store.enqueue({ ...patient, userMessage, savedEvent }, LINED_UP);
    const urgent = await lineUp(threadId, INTERRUPTING);
    await end(lease, 'interrupted');
    await end((await on.store.claim(urgent))!);
    const { savedEvent: told } = (await on.store.claim(patient.turnId))!;
    expect(JSON.parse(told.data)).toEqual({
      message: { ...userMessage, parentTurnId: urgent, siblings: JSON.parse(alone(patient.turnId)) },
    });
  });

  it('is one line whoever comes at the same moment', async () => {
    const { threadId, lease } = await busyThread();
    const turns = Array.from({ length: 9 }, () => newTurn(caller, threadId));
    await Promise.all(
      turns.map((turn, index) => on.store.enqueue(turn, index % 3 === 0 ? INTERRUPTING : LINED_UP)),
    );
    const order = [lease.context.turnId];
    for (let { nextId } = await end(lease, 'interrupted'); nextId !== undefined;) {
      const claimed: Awaited<ReturnType<typeof on.store.claim>> = await on.store.claim(nextId);
      expect(claimed?.context.parentTurnId).toBe(order.at(-1));
      order.push(nextId);
      ({ nextId } = await end(claimed!));
    }
    expect(order.slice(1).toSorted()).toEqual(turns.map(({ turnId }) => turnId).toSorted());
    expect(await on.subject.messagesOf(caller, threadId)).toEqual(
      order.flatMap((id) => [`user ${id}`, `assistant ${id}`]),
    );
  });

  it('ends first what waits for a process when that is interrupted, and never stands still', async () => {
    const threadId = await on.subject.newThread(caller);
    const holder = await lineUp(threadId, HOLDING);
    const patient = await lineUp(threadId);
    await on.store.requestCancel(caller, threadId, patient);
    const urgent = await lineUp(threadId, INTERRUPTING);
    const order: [string, string | undefined][] = [];
    for (let next: string | undefined = holder; next !== undefined;) {
      const claimed: Awaited<ReturnType<typeof on.store.claim>> = await on.store.claim(next);
      order.push([next, claimed?.stop]);
      next = (await end(claimed!)).nextId;
    }
    expect(order).toEqual([
      [holder, 'interrupted'],
      [patient, 'cancelled'],
      [urgent, undefined],
    ]);
  });
}
