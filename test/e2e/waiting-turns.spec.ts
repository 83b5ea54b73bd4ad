import { differencesFromLog } from '../chaos/checks.js';
import { ReplicaClient } from '../support/replica-client.js';
import { sized } from '../support/size.js';
import { until } from '../support/until.js';
import { turnOf, typesOf, waiting, waitingCluster } from '../support/waiting-cluster.js';
import { answersProblems, APPROVED } from '../support/waiting-turns.js';

const on = waitingCluster();
const { replica, owner, reviewer } = on;

describe('a turn that waits for a person', () => {
  it('outlives every process, is answered by another user over another one, and goes on to its end', async () => {
    const user = await owner();
    const { threadId, turnId, inputId, frames } = await waiting(user);
    const watcher = new ReplicaClient({
      token: user.token,
      threadId,
      random: () => 0,
      urls: () => on.cluster.urls(),
    });
    watcher.start();
    expect(typesOf(frames).slice(-2)).toEqual(['input_required', 'suspended']);
    const { body: open } = await user.ask('GET', `/chat/threads/${threadId}`);
    expect(open.thread).toMatchObject({ status: 'waiting', activeTurnId: turnId });

    for (const running of [...on.cluster.running]) await on.cluster.kill(running);
    await on.cluster.add('all');
    await on.cluster.add('all');

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
    const log = await on.stored.events(threadId);
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
    const asked = on.standIn.requests.at(-1)!.body;
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
      const log = await on.stored.events(threadId);
      expect(log.filter(({ type }) => type === 'input_resolved')).toHaveLength(1);
    }
  }, 600_000);

  it('goes where its step says when nobody has answered in time', async () => {
    const user = await owner();
    const { threadId, turnId, inputId } = await waiting(user);
    await on.stored.query(`UPDATE inputs SET expires_at = now() WHERE id = '${inputId}' RETURNING id`);
    await turnOf(user, threadId, turnId, 'completed');
    const { body } = await user.ask('GET', `/inputs/${inputId}`);
    expect(body.input).toMatchObject({ status: 'expired' });
    expect(await user.ask('POST', `/inputs/${inputId}`, APPROVED)).toMatchObject({
      status: 409,
      body: { code: 'STATE_CONFLICT' },
    });
    const resolved = (await on.stored.events(threadId)).find(({ type }) => type === 'input_resolved');
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
      const events = await on.stored.events(threadId);
      expect(events.filter(({ type }) => type === 'input_resolved').map(({ data }) => data)).toEqual([
        { inputId, outcome: 'cancelled' },
      ]);
    }

    const deleted = await waiting(user);
    expect((await user.ask('DELETE', `/chat/threads/${deleted.threadId}`)).status).toBe(204);
    expect((await user.ask('GET', `/inputs/${deleted.inputId}`)).status).toBe(404);
    const own = [cancelled, interrupted, deleted].map(({ turnId }) => `'${turnId}'`).join();
    const left = `SELECT 1 AS one FROM inputs WHERE status = 'open' AND turn_id IN (${own})`;
    expect(await on.stored.query(left)).toEqual([]);
    expect(
      await on.stored.query(`SELECT 1 AS one FROM run_journal WHERE turn_id = '${deleted.turnId}'`),
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
    expect(JSON.stringify(on.standIn.requests.at(-1)!.body)).toContain('It is the left one.');
    const run = (await user.ask('GET', `/chat/threads/${threadId}/workflow`)).body.run;
    expect(run).toMatchObject({ step: 'handover', status: 'completed' });
  }, 120_000);

  it('is nobody else’s to see or to answer', async () => {
    const { inputId, threadId, turnId } = await waiting(await owner());
    const strangers = [
      await on.cluster.user(replica(), { sub: 'bob' }),
      await on.cluster.user(replica(), { sub: 'rita', org: 'globex', roles: ['reviewer', 'admin'] }),
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
