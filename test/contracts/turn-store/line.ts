import { newId } from '../../../src/kernel/index.js';
import { newTurn } from '../../support/turns.js';
import { alone, caller, HOLDING, LINED_UP, type TurnStoreSuite } from './suite.js';

/** The order of a thread’s turns, and who may wait in it. */
export function describeLine(on: TurnStoreSuite): void {
  const { busyThread, lineUp, end } = on;

  it('is gone through in the order the messages came, one after the other', async () => {
    const { threadId, lease } = await busyThread();
    const [first, second] = [await lineUp(threadId), await lineUp(threadId)];
    expect(await on.store.claim(first)).toBeUndefined();

    expect(await end(lease)).toEqual({ isStored: true, nextId: first });
    expect(await on.store.claim(second)).toBeUndefined();
    const claimed = (await on.store.claim(first))!;
    expect(await on.store.claim(second)).toBeUndefined();
    expect(await end(claimed)).toEqual({ isStored: true, nextId: second });
    const last = (await on.store.claim(second))!;
    expect(await end(last)).toEqual({ isStored: true, nextId: undefined });
  });

  it('begins a turn with its message, where the log ends then', async () => {
    const { threadId, lease } = await busyThread();
    const turn = newTurn(caller, threadId, {
      savedEvent: '{"message":  {"text": "to the letter \\u00e9"',
    });
    const queued = await on.store.enqueue(turn, LINED_UP);
    await end(lease);

    const claimed = (await on.store.claim(turn.turnId))!;
    const { events } = await on.subject.log.read(threadId, lease.lastSeq + 1, 10);
    expect(events).toEqual([claimed.savedEvent]);
    const place = `"parentTurnId":"${lease.context.turnId}","siblings":${alone(turn.turnId)}`;
    const data = `${turn.savedEvent},${place}}}`;
    expect(claimed.savedEvent).toMatchObject({ type: 'message_saved', data });
    expect(queued).toMatchObject({ savedEvent: data });
    expect(
      await on.subject.log.append([
        {
          threadId,
          turnId: turn.turnId,
          epoch: claimed.epoch,
          fromSeq: claimed.lastSeq,
          events: [{ ...claimed.savedEvent, seq: claimed.lastSeq + 1, type: 'ai_reasoning' }],
        },
      ]),
    ).toEqual(new Set([turn.turnId]));
    expect((await on.store.find(caller, threadId, turn.turnId))?.status).toBe('running');
  });

  it('says what the thread is pinned to, to whoever has the lease', async () => {
    const [workflow, pinned] = ['guided-intake', { name: 'guided-intake', version: 1 }];
    const accepted = newTurn(caller, await on.subject.newThread(caller, workflow));
    expect(await on.store.accept(accepted)).toMatchObject({ workflow: pinned });
    await on.subject.lapse(accepted.turnId);
    expect(await on.store.claimExpiredTurn(accepted.turnId)).toMatchObject({
      context: { workflow: pinned },
    });

    const queued = newTurn(caller, await on.subject.newThread(caller, workflow));
    expect(await on.store.enqueue(queued, HOLDING)).toMatchObject({ workflow: pinned });
    expect(await on.store.claim(queued.turnId)).toMatchObject({ context: { workflow: pinned } });
  });

  it('is claimed once, whoever asks at the same time', async () => {
    const { threadId, lease } = await busyThread();
    const turnId = await lineUp(threadId);
    await end(lease);
    const claims = await Promise.all(Array.from({ length: 8 }, () => on.store.claim(turnId)));
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
  });

  it('turns a message away that will not wait, also between two turns', async () => {
    const { threadId, lease } = await busyThread();
    expect(await on.store.accept(newTurn(caller, threadId))).toEqual({
      kind: 'busy',
      turnId: lease.context.turnId,
    });
    const waiting = await lineUp(threadId);
    await end(lease);
    expect(await on.store.accept(newTurn(caller, threadId))).toEqual({ kind: 'busy', turnId: waiting });
    expect(await on.store.enqueue(newTurn(caller, threadId), HOLDING)).toEqual({
      kind: 'busy',
      turnId: waiting,
    });
  });

  it('is not open to others, and has a bound', async () => {
    const { threadId } = await busyThread();
    const mallory = { ...caller, id: 'mallory' };
    expect(await on.store.enqueue(newTurn(mallory, threadId), LINED_UP)).toEqual({
      kind: 'not_found',
      what: 'thread',
    });
    for (let count = 0; count < 50; count += 1) await lineUp(threadId);
    expect(await on.store.enqueue(newTurn(caller, threadId), LINED_UP)).toEqual({ kind: 'full', limit: 50 });
    const bounded = on.subject.bounded(1);
    const other = await on.subject.newThread(caller);
    expect(await bounded.enqueue(newTurn(caller, other), HOLDING)).toEqual({ kind: 'full', limit: 1 });
    await on.subject.removeThreads();
  });

  it('knows a request that was made before', async () => {
    const { threadId } = await busyThread();
    const idempotency = { key: newId(), hash: Buffer.from('same') };
    const turn = newTurn(caller, threadId, { idempotency });
    await on.store.enqueue(turn, LINED_UP);
    const again = newTurn(caller, threadId, { idempotency });
    expect(await on.store.enqueue(again, LINED_UP)).toMatchObject({
      kind: 'repeated',
      turn: { id: turn.turnId },
    });
    expect(await on.store.accept(again)).toMatchObject({ kind: 'repeated', turn: { id: turn.turnId } });
    const other = { ...again, idempotency: { ...idempotency, hash: Buffer.from('other') } };
    expect(await on.store.enqueue(other, LINED_UP)).toEqual({ kind: 'conflict' });
  });

  it('is left by all when the thread is to go', async () => {
    const { threadId, lease } = await busyThread();
    const waiting = [await lineUp(threadId), await lineUp(threadId)];
    const all = await on.store.requestCancelAll(caller, threadId);
    expect(new Map(all.map(({ id, isQueued }) => [id, isQueued]))).toEqual(
      new Map([[lease.context.turnId, false], ...waiting.map((id) => [id, true] as const)]),
    );
    expect(await on.store.requestCancelAll({ ...caller, id: 'mallory' }, threadId)).toEqual([]);
    await end(lease);
    expect((await on.store.claim(waiting[0]!))?.stop).toBe('cancelled');
  });

  it('is looked through for what nobody was told of, the oldest first', async () => {
    await on.subject.removeThreads();
    const waiting = [];
    for (let count = 0; count < 3; count += 1)
      waiting.push(await lineUp(await on.subject.newThread(caller), HOLDING));
    const { threadId } = await busyThread();
    await lineUp(threadId);
    expect((await on.store.claimWaiting(2)).map(({ context }) => context.turnId)).toEqual(
      waiting.slice(0, 2),
    );
    expect((await on.store.claimWaiting(5)).map(({ context }) => context.turnId)).toEqual(waiting.slice(2));
    expect(await on.store.claimWaiting(5)).toEqual([]);
  });

  it('is passed over for those whose user, or organisation, has no room', async () => {
    await on.subject.removeThreads();
    const first = await lineUp(await on.subject.newThread(caller), HOLDING);
    const bob = { ...caller, id: 'bob' };
    const other = newTurn(bob, await on.subject.newThread(bob));
    await on.store.enqueue(other, HOLDING);

    const withoutUser = { users: [`${caller.org}\n${caller.id}`], orgs: [] };
    expect(await on.store.claim(first, withoutUser)).toBeUndefined();
    expect(await on.store.claimWaiting(5, { users: [], orgs: [caller.org] })).toEqual([]);
    expect((await on.store.claimWaiting(5, withoutUser)).map(({ context }) => context.turnId)).toEqual([
      other.turnId,
    ]);
    expect((await on.store.claim(first))?.context.turnId).toBe(first);
  });

  it('keeps places for others, however much one user has waiting', async () => {
    await on.subject.removeThreads();
    const bounded = on.subject.bounded(10);
    const kinds: string[] = [];
    for (let count = 0; count < 10; count += 1)
      kinds.push((await bounded.enqueue(newTurn(caller, await on.subject.newThread(caller)), HOLDING)).kind);
    expect(kinds).toEqual([...Array<string>(8).fill('queued'), 'full', 'full']);
    const bob = { ...caller, id: 'bob' };
    expect((await bounded.enqueue(newTurn(bob, await on.subject.newThread(bob)), HOLDING)).kind).toBe(
      'queued',
    );
  });
}
