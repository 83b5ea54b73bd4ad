import { threadProblems } from '../chaos/checks.js';
import { framesUntil, type ReceivedFrame } from '../support/sse-client.js';
import { THIRD, turnOf, typesOf, waiting, waitingCluster } from '../support/waiting-cluster.js';
import { APPROVED, INTAKE } from '../support/waiting-turns.js';

const on = waitingCluster();
const { replica, owner } = on;

describe('a turn that waits for a person', () => {
  it('is waited for in its thread’s queue, and answers a buffered POST with what it waits for', async () => {
    const user = await owner();
    const threadId = await user.newThread(INTAKE);
    for (const content of ['One', 'Two'])
      expect((await user.ask('POST', `/chat/threads/${threadId}/messages`, { content })).status).toBe(201);
    const third = await user.ask('POST', `/chat/threads/${threadId}/messages`, { content: 'Three' });
    expect(third.status).toBe(202);
    expect(Object.keys(third.body).sort()).toEqual(['inputs', 'turn', 'userMessage']);
    expect(third.body).toMatchObject({
      turn: { status: 'waiting', threadId },
      userMessage: { content: 'Three' },
      inputs: [{ status: 'open', kind: 'human_step', schema: { type: 'object' } }],
    });
    const queued = await user.stream(threadId, 'And another thing.', { options: { onBusy: 'queue' } });
    const [input] = third.body.inputs;
    const path = `/chat/threads/${threadId}/turns/${third.body.turn.id}/input`;
    expect((await user.ask('POST', path, { inputId: input.id, ...APPROVED })).status).toBe(202);
    const frames = await framesUntil(queued, 'done');
    expect(typesOf(frames)).toContain('message_saved');
  }, 120_000);

  it('lets go at once of what is cancelled behind it, wherever it is watched, and goes on behind that', async () => {
    const user = await owner(replica(0));
    const other = await owner(replica(1));
    const { threadId, turnId, inputId, frames } = await waiting(user, 'joined');
    const line = [];
    for (const content of ['Never asked', 'Asked later'])
      line.push(await other.stream(threadId, content, { options: { onBusy: 'queue' } }));
    const [stopped, later] = await Promise.all(
      line.map(async (stream) => (await stream.frames.next()).value!.data['turnId'] as string),
    );
    const last = frames.findLast(({ id }) => id !== undefined)!.id!;
    const watched = await other.watch(threadId, last);
    expect((await user.ask('POST', `/chat/threads/${threadId}/turns/${stopped}/cancel`)).status).toBe(202);

    const told = [await framesUntil(line[0]!, 'done'), await framesUntil(watched, 'done')];
    for (const [index, own] of told.entries()) {
      expect(own.filter(({ id }) => id !== undefined).map(({ id, type }) => [id, type])).toEqual([
        [last + 1, 'message_saved'],
        [last + 2, 'done'],
      ]);
      expect([index, own.at(-1)!.data]).toEqual([
        ...[index, { success: false, turnId: stopped, status: 'cancelled' }],
      ]);
    }
    await turnOf(user, threadId, turnId, 'waiting');
    await turnOf(user, threadId, stopped!, 'cancelled');
    await turnOf(user, threadId, later!, 'queued');
    // Who comes back to the turn that waits has all of it, and is told that it waits.
    const joined = await user.stream(threadId, THIRD, {}, { 'idempotency-key': 'joined' });
    const again: ReceivedFrame[] = [];
    for await (const frame of joined.frames) again.push(frame);
    expect(again.at(-1)).toMatchObject({ type: 'suspended', data: { turnId, inputIds: [inputId] } });
    expect(again.findLast(({ id }) => id !== undefined)!.id).toBe(last);

    expect((await user.ask('POST', `/inputs/${inputId}`, APPROVED)).status).toBe(202);
    await turnOf(user, threadId, later!, 'completed');
    const whole = await user.stream(threadId, THIRD, {}, { 'idempotency-key': 'joined' });
    const own = await framesUntil(whole, 'done');
    expect(own.at(-1)!.data).toEqual({ success: true, turnId, status: 'completed' });
    expect(await threadProblems(on.stored, threadId, [])).toEqual([]);
    const { body } = await user.ask('GET', `/chat/threads/${threadId}/messages?limit=200`);
    const statuses = body.messages
      .filter((message: { turnId: string; role: string }) => message.turnId === stopped)
      .map(({ role, status }: Record<string, string>) => `${role} ${status}`);
    expect(statuses).toEqual(['user complete', 'assistant cancelled']);
  }, 120_000);

  it('lets go of what was cancelled behind it before it waited', async () => {
    const user = await owner();
    const threadId = await user.newThread(INTAKE);
    for (const content of ['One', 'Two'])
      expect((await user.ask('POST', `/chat/threads/${threadId}/messages`, { content })).status).toBe(201);
    const third = await user.stream(threadId, 'Three [[tokens=200 delay=5]]');
    while ((await third.frames.next()).value!.type !== 'ai_response');
    const behind = await user.stream(threadId, 'Never asked', { options: { onBusy: 'queue' } });
    const { turnId } = (await behind.frames.next()).value!.data;
    expect((await user.ask('POST', `/chat/threads/${threadId}/turns/${turnId}/cancel`)).status).toBe(202);
    expect((await framesUntil(third, 'suspended')).at(-1)!.type).toBe('suspended');
    expect((await framesUntil(behind, 'done')).at(-1)!.data).toMatchObject({ turnId, status: 'cancelled' });
    expect((await user.ask('GET', `/chat/threads/${threadId}`)).body.thread.status).toBe('waiting');
  }, 120_000);
});
