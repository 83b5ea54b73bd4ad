import { startTestServer, type TestServer } from '../support/test-server.js';
import { WEBHOOK_SECRET, webhookStage } from '../support/webhook-stage.js';

const on = webhookStage();

describe('a webhook', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer(on.environment);
  });
  afterAll(() => server?.close());

  it('is told what happens in its organisation, with ids and nothing that was said', async () => {
    const alice = await server.user();
    const eve = await server.user({ sub: 'eve', org: 'globex' });
    const say = async (user = alice, threadId: string, content: string) =>
      (await user.ask('POST', `/chat/threads/${threadId}/messages`, { content })).body;
    const elsewhere = await eve.newThread();
    await say(eve, elsewhere, 'A secret of another organisation [[tokens=2]]');

    const threadId = await alice.newThread({ workflow: 'guided-intake' });
    for (const content of ['The lift is stuck.', 'On the third floor.'])
      await say(alice, threadId, `${content} [[tokens=2]]`);
    const { turn, inputs } = await say(alice, threadId, 'Since this morning. [[tokens=2]]');
    const [waiting] = await on.receiver.got(1, ({ body }) => body.type === 'turn_waiting');
    expect(waiting!.body.data).toMatchObject({
      ...{ threadId, turnId: turn.id, status: 'waiting', workflow: 'guided-intake', userId: 'alice' },
      inputs: [{ id: inputs[0].id, kind: 'human_step', role: 'reviewer' }],
    });
    const content = { approved: true };
    await alice.ask('POST', `/inputs/${inputs[0].id}`, { action: 'accept', content });
    const [run] = await on.receiver.got(1, ({ body }) => body.type === 'run_ended');
    const ended = await on.receiver.got(3, ({ body }) => body.type === 'turn_ended');

    const own = (await alice.ask('GET', `/chat/threads/${threadId}/workflow`)).body.run;
    expect(run!.body.data).toMatchObject({ threadId, turnId: turn.id, workflowRunId: own.id });
    expect(ended.map(({ body }) => body.data['status'])).toEqual(Array(3).fill('completed'));
    expect(on.receiver.received.every(({ isSigned }) => isSigned)).toBe(true);
    const ids = on.receiver.received.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const all = JSON.stringify(on.receiver.received);
    for (const word of ['lift', 'floor', 'globex', elsewhere]) expect(all).not.toContain(word);
  });

  it('is listed for administrators of its organisation, without its secret', async () => {
    const root = await server.user({ sub: 'root', roles: ['admin'] });
    const other = await server.user({ sub: 'root', org: 'globex', roles: ['admin'] });
    const alice = await server.user();
    const { body } = await root.ask('GET', '/webhooks');
    expect(body.webhooks).toMatchObject([{ name: 'crm', url: on.receiver.url, dead: 0 }]);
    expect(JSON.stringify(body)).not.toContain(WEBHOOK_SECRET.slice(6));
    expect((await other.ask('GET', '/webhooks')).body).toEqual({ webhooks: [] });
    expect((await alice.ask('GET', '/webhooks')).body.code).toBe('FORBIDDEN');
    expect((await root.ask('GET', '/webhooks/deliveries')).body).toEqual({
      deliveries: [],
      nextCursor: null,
    });
    expect((await alice.ask('GET', '/webhooks/deliveries')).status).toBe(403);
  });
});
