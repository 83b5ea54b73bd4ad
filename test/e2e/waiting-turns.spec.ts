import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { differencesFromLog, threadProblems } from '../chaos/checks.js';
import { Stored } from '../chaos/stored.js';
import { Cluster, type Replica } from '../support/cluster.js';
import { ReplicaClient } from '../support/replica-client.js';
import { sized } from '../support/size.js';
import { framesUntil, type ReceivedFrame } from '../support/sse-client.js';
import type { TestUser } from '../support/test-user.js';
import { until } from '../support/until.js';
import { answersProblems, APPROVED, INTAKE } from '../support/waiting-turns.js';

let standIn: OpenAiStandIn;
let cluster: Cluster;
let stored: Stored;
beforeAll(async () => {
  standIn = await startOpenAiStandIn();
  cluster = await Cluster.start({ roles: ['all', 'all'], standIn, environment: { TURN_LEASE: '2s' } });
  stored = new Stored(cluster.connectionString);
}, 120_000);
afterAll(async () => {
  await stored?.close();
  await cluster?.close();
  await standIn?.close();
});

const replica = (index = 0): Replica => cluster.running[index]!;
const owner = (at = replica()) => cluster.user(at);
const reviewer = (at = replica()) => cluster.user(at, { sub: 'rita', roles: ['reviewer'] });

const THIRD = 'Since this morning.';

/** A thread whose third turn waits for its review, and what the stream of that turn said. */
async function waiting(user: TestUser, key?: string) {
  const threadId = await user.newThread(INTAKE);
  let frames: ReceivedFrame[] = [];
  for (const content of ['The elevator is stuck.', 'On the third floor.', THIRD]) {
    const headers = key === undefined || content !== THIRD ? {} : { 'idempotency-key': key };
    const stream = await user.stream(threadId, content, {}, headers);
    frames = [];
    for await (const frame of stream.frames) frames.push(frame);
  }
  const suspended = frames.at(-1)!;
  expect(suspended).toMatchObject({ type: 'suspended', data: { inputIds: [expect.any(String)] } });
  expect(suspended.id).toBeUndefined();
  const { turnId, inputIds } = suspended.data as { turnId: string; inputIds: string[] };
  return { threadId, turnId, inputId: inputIds[0]!, frames };
}

const typesOf = (frames: readonly ReceivedFrame[]) => frames.map(({ type }) => type);

async function turnOf(user: TestUser, threadId: string, turnId: string, status: string) {
  await until(async () => {
    const { body } = await user.ask('GET', `/chat/threads/${threadId}/turns/${turnId}`);
    return body.turn.status === status;
  });
}

describe('a turn that waits for a person', () => {
  it('outlives every process, is answered by another user over another one, and goes on to its end', async () => {
    const user = await owner();
    const { threadId, turnId, inputId, frames } = await waiting(user);
    const watcher = new ReplicaClient({
      token: user.token,
      threadId,
      random: () => 0,
      urls: () => cluster.urls(),
    });
    watcher.start();
    expect(typesOf(frames).slice(-2)).toEqual(['input_required', 'suspended']);
    const { body: open } = await user.ask('GET', `/chat/threads/${threadId}`);
    expect(open.thread).toMatchObject({ status: 'waiting', activeTurnId: turnId });

    for (const running of [...cluster.running]) await cluster.kill(running);
    await cluster.add('all');
    await cluster.add('all');

    const rita = await reviewer();
    const { body: listed } = await rita.ask('GET', '/inputs?status=open');
    expect(listed.inputs.map(({ id }: { id: string }) => id)).toContain(inputId);
    const { body: found } = await rita.ask('GET', `/inputs/${inputId}`);
    expect(found.input).toMatchObject({
      id: inputId,
      threadId,
      turnId,
      kind: 'human_step',
      role: 'reviewer',
    });
    // Nothing else of the thread is hers to see.
    for (const path of ['', '/messages', `/turns/${turnId}`, '/stream', '/workflow'])
      expect((await rita.ask('GET', `/chat/threads/${threadId}${path}`)).status).toBe(404);

    const unfit = await rita.ask('POST', `/inputs/${inputId}`, {
      action: 'accept',
      content: { approved: 'yes' },
    });
    expect(unfit).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
    expect(unfit.body.details.issues).toEqual([{ path: 'approved', message: expect.any(String) }]);
    const answered = await rita.ask('POST', `/inputs/${inputId}`, APPROVED);
    expect(answered).toMatchObject({
      status: 202,
      body: { input: { id: inputId, status: 'accepted', answeredBy: 'rita' }, turn: { id: turnId } },
    });

    const again = await owner();
    await turnOf(again, threadId, turnId, 'completed');
    const log = await stored.events(threadId);
    await until(() => Promise.resolve(watcher.frames.at(-1)?.id === log.at(-1)!.seq));
    await watcher.stop();
    expect(watcher.problems).toEqual([]);
    const own = log.filter((event) => event.turn_id === turnId);
    expect(differencesFromLog(watcher.frames, log)).toEqual([]);
    expect(
      own.map(({ type }) => type).filter((type) => !/^(ai_response|workflow_status)$/.test(type)),
    ).toEqual(['message_saved', 'input_required', 'input_resolved', 'workflow_complete', 'done']);
    const statuses = own.filter(({ type }) => type === 'workflow_status');
    expect(new Set(statuses.map(({ data }) => JSON.stringify(data))).size).toBe(statuses.length);
    const { body: page } = await again.ask('GET', `/chat/threads/${threadId}/messages?limit=200`);
    const messages = page.messages.filter((message: { turnId: string }) => message.turnId === turnId);
    expect(messages.map(({ role, step, status }: Record<string, string>) => [role, step, status])).toEqual([
      ['user', null, 'complete'],
      ['assistant', 'summarise', 'complete'],
      ['assistant', 'handover', 'complete'],
    ]);
    expect((await again.ask('GET', `/chat/threads/${threadId}/turns/${turnId}`)).body.turn).toMatchObject({
      attempt: 1,
      assistantMessageId: messages[2].id,
    });
    // What the reviewer has entered is what the last step goes by.
    const asked = standIn.requests.at(-1)!.body;
    expect(JSON.stringify(asked)).toContain('Call it a lift.');
  }, 180_000);

  it('takes one of two answers at the same instant, from two replicas', async () => {
    const rounds = sized(3, 10);
    for (let round = 0; round < rounds; round += 1) {
      const { inputId, threadId, turnId } = await waiting(await owner());
      const answers = await Promise.all(
        [await owner(replica(0)), await reviewer(replica(1)), await owner(replica(1))].map((user) =>
          user.ask('POST', `/inputs/${inputId}`, APPROVED),
        ),
      );
      expect(answersProblems(answers)).toEqual([]);
      await turnOf(await owner(), threadId, turnId, 'completed');
      const log = await stored.events(threadId);
      expect(log.filter(({ type }) => type === 'input_resolved')).toHaveLength(1);
    }
  }, 600_000);

  it('goes where its step says when nobody has answered in time', async () => {
    const user = await owner();
    const { threadId, turnId, inputId } = await waiting(user);
    await stored.query(`UPDATE inputs SET expires_at = now() WHERE id = '${inputId}' RETURNING id`);
    await turnOf(user, threadId, turnId, 'completed');
    const { body } = await user.ask('GET', `/inputs/${inputId}`);
    expect(body.input).toMatchObject({ status: 'expired' });
    expect(await user.ask('POST', `/inputs/${inputId}`, APPROVED)).toMatchObject({
      status: 409,
      body: { code: 'STATE_CONFLICT' },
    });
    const resolved = (await stored.events(threadId)).find(({ type }) => type === 'input_resolved');
    expect(resolved?.data).toEqual({ inputId, outcome: 'expired' });
  }, 120_000);

  it('goes where its step says when it is declined, which takes no content, and is closed then', async () => {
    const user = await owner();
    const { threadId, turnId, inputId } = await waiting(user);
    const declined = await (await reviewer()).ask('POST', `/inputs/${inputId}`, { action: 'decline' });
    expect(declined).toMatchObject({ status: 202, body: { input: { status: 'declined' } } });
    await turnOf(user, threadId, turnId, 'completed');
    const { body } = await user.ask('GET', `/chat/threads/${threadId}/workflow`);
    expect(body.run).toMatchObject({ step: 'clarify', status: 'waiting' });
    expect(await user.ask('POST', `/inputs/${inputId}`, { action: 'cancel' })).toMatchObject({
      status: 409,
      body: { code: 'STATE_CONFLICT' },
    });
  }, 120_000);

  it('leaves nothing open when it is cancelled, interrupted by another message, or deleted with its thread', async () => {
    const user = await owner();
    const cancelled = await waiting(user);
    await user.ask('POST', `/chat/threads/${cancelled.threadId}/turns/${cancelled.turnId}/cancel`);
    await turnOf(user, cancelled.threadId, cancelled.turnId, 'cancelled');

    const interrupted = await waiting(user);
    const busy = await user.ask('POST', `/chat/threads/${interrupted.threadId}/messages`, {
      content: 'Hello?',
    });
    expect(busy).toMatchObject({ status: 409, body: { code: 'THREAD_BUSY' } });
    const stream = await user.stream(interrupted.threadId, 'Never mind.', {
      options: { onBusy: 'interrupt' },
    });
    for await (const frame of stream.frames) if (frame.type === 'message_saved') break;
    await turnOf(user, interrupted.threadId, interrupted.turnId, 'interrupted');
    stream.close();

    for (const { inputId, threadId } of [cancelled, interrupted]) {
      expect((await user.ask('GET', `/inputs/${inputId}`)).body.input.status).toBe('cancelled');
      const events = await stored.events(threadId);
      expect(events.filter(({ type }) => type === 'input_resolved').map(({ data }) => data)).toEqual([
        { inputId, outcome: 'cancelled' },
      ]);
    }

    const deleted = await waiting(user);
    expect((await user.ask('DELETE', `/chat/threads/${deleted.threadId}`)).status).toBe(204);
    expect((await user.ask('GET', `/inputs/${deleted.inputId}`)).status).toBe(404);
    const own = [cancelled, interrupted, deleted].map(({ turnId }) => `'${turnId}'`).join();
    const left = `SELECT 1 AS one FROM inputs WHERE status = 'open' AND turn_id IN (${own})`;
    expect(await stored.query(left)).toEqual([]);
    expect(
      await stored.query(`SELECT 1 AS one FROM run_journal WHERE turn_id = '${deleted.turnId}'`),
    ).toEqual([]);
  }, 180_000);

  it('opens its form again for a message that follows when it was stopped, and shows no answer until there is one', async () => {
    const user = await owner();
    const { threadId, turnId, inputId } = await waiting(user);
    await user.ask('POST', `/chat/threads/${threadId}/turns/${turnId}/cancel`);
    await turnOf(user, threadId, turnId, 'cancelled');

    // The workflow stands at the review still, which is what a message comes to.
    const path = `/chat/threads/${threadId}/messages`;
    const { status, body } = await user.ask('POST', path, { content: 'It is the left one.' });
    expect(status).toBe(202);
    const [input] = body.inputs;
    expect(input).toMatchObject({ status: 'open', kind: 'human_step', role: 'reviewer' });
    expect(input.id).not.toBe(inputId);
    const of = async (query = '') => {
      const page = (await user.ask('GET', `${path}?limit=200${query}`)).body;
      return page.messages.filter((message: { turnId: string }) => message.turnId === body.turn.id);
    };
    for (const query of ['', '&order=desc', `&branch=${body.turn.id}`])
      expect(await of(query)).toEqual([body.userMessage]);
    const exported = await user.ask('GET', `/chat/threads/${threadId}/export`);
    expect(exported.body.messages.at(-1)).toEqual(body.userMessage);

    expect((await user.ask('POST', `/inputs/${input.id}`, APPROVED)).status).toBe(202);
    await turnOf(user, threadId, body.turn.id, 'completed');
    expect((await of()).map(({ step, status }: Record<string, string>) => [step, status])).toEqual([
      [null, 'complete'],
      ['handover', 'complete'],
    ]);
    expect((await of())[1].id).toBe(body.turn.assistantMessageId);
    expect(JSON.stringify(standIn.requests.at(-1)!.body)).toContain('It is the left one.');
    const run = (await user.ask('GET', `/chat/threads/${threadId}/workflow`)).body.run;
    expect(run).toMatchObject({ step: 'handover', status: 'completed' });
  }, 120_000);

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
    expect(await threadProblems(stored, threadId, [])).toEqual([]);
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

  it('is nobody else’s to see or to answer', async () => {
    const { inputId, threadId, turnId } = await waiting(await owner());
    const strangers = [
      await cluster.user(replica(), { sub: 'bob' }),
      await cluster.user(replica(), { sub: 'rita', org: 'globex', roles: ['reviewer', 'admin'] }),
    ];
    for (const stranger of strangers) {
      expect((await stranger.ask('GET', '/inputs')).body.inputs).toEqual([]);
      expect((await stranger.ask('GET', `/inputs/${inputId}`)).status).toBe(404);
      expect((await stranger.ask('POST', `/inputs/${inputId}`, APPROVED)).status).toBe(404);
      const path = `/chat/threads/${threadId}/turns/${turnId}/input`;
      expect((await stranger.ask('POST', path, { inputId, ...APPROVED })).status).toBe(404);
    }
    // Whoever answers has to name the input's own turn.
    const user = await owner();
    const elsewhere = `/chat/threads/${await user.newThread()}/turns/${turnId}/input`;
    expect((await user.ask('POST', elsewhere, { inputId, ...APPROVED })).status).toBe(404);
  }, 120_000);
});
