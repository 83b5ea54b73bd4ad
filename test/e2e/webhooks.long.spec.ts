import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { startWebhookReceiver, type WebhookReceiver } from '../doubles/webhook-receiver.js';
import { freshDatabase } from '../setup/test-database.js';
import { startServerProcess } from '../support/server-process.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;

let folder: string;
let standIn: OpenAiStandIn;
let receiver: WebhookReceiver;
let environment: Record<string, string>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'webhooks-'));
  standIn = await startOpenAiStandIn();
  receiver = await startWebhookReceiver(SECRET);
  const file = join(folder, 'webhooks.json');
  const crm = { org: 'acme', url: receiver.url, secretEnv: 'CRM_SECRET' };
  writeFileSync(file, JSON.stringify({ webhooks: { crm } }));
  environment = {
    ...{ OPENAI_URL: standIn.url, WEBHOOKS_FILE: file, CRM_SECRET: SECRET },
    EGRESS_ALLOW: receiver.host,
  };
});
afterAll(async () => {
  await receiver?.close();
  await standIn?.close();
  rmSync(folder, { recursive: true });
});

describe('a webhook', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer(environment);
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
    const [waiting] = await receiver.got(1, ({ body }) => body.type === 'turn_waiting');
    expect(waiting!.body.data).toMatchObject({
      ...{ threadId, turnId: turn.id, status: 'waiting', workflow: 'guided-intake', userId: 'alice' },
      inputs: [{ id: inputs[0].id, kind: 'human_step', role: 'reviewer' }],
    });
    const content = { approved: true };
    await alice.ask('POST', `/inputs/${inputs[0].id}`, { action: 'accept', content });
    const [run] = await receiver.got(1, ({ body }) => body.type === 'run_ended');
    const ended = await receiver.got(3, ({ body }) => body.type === 'turn_ended');

    const own = (await alice.ask('GET', `/chat/threads/${threadId}/workflow`)).body.run;
    expect(run!.body.data).toMatchObject({ threadId, turnId: turn.id, workflowRunId: own.id });
    expect(ended.map(({ body }) => body.data['status'])).toEqual(Array(3).fill('completed'));
    expect(receiver.received.every(({ isSigned }) => isSigned)).toBe(true);
    const ids = receiver.received.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const all = JSON.stringify(receiver.received);
    for (const word of ['lift', 'floor', 'globex', elsewhere]) expect(all).not.toContain(word);
  });

  it('is listed for administrators of its organisation, without its secret', async () => {
    const root = await server.user({ sub: 'root', roles: ['admin'] });
    const other = await server.user({ sub: 'root', org: 'globex', roles: ['admin'] });
    const alice = await server.user();
    const { body } = await root.ask('GET', '/webhooks');
    expect(body.webhooks).toMatchObject([{ name: 'crm', url: receiver.url, dead: 0 }]);
    expect(JSON.stringify(body)).not.toContain(SECRET.slice(6));
    expect((await other.ask('GET', '/webhooks')).body).toEqual({ webhooks: [] });
    expect((await alice.ask('GET', '/webhooks')).body.code).toBe('FORBIDDEN');
    expect((await root.ask('GET', '/webhooks/deliveries')).body).toEqual({
      deliveries: [],
      nextCursor: null,
    });
    expect((await alice.ask('GET', '/webhooks/deliveries')).status).toBe(403);
  });
});

describe('a process that is killed while it delivers', () => {
  it('leaves it to another one, which delivers it under the same id', async () => {
    const database = await freshDatabase();
    const client = new pg.Client({ connectionString: database.connectionString });
    const settings = { ...environment, DATABASE_URL: database.connectionString };
    const first = await startServerProcess(settings);
    try {
      await client.connect();
      const alice = await first.user();
      const threadId = await alice.newThread();
      receiver.reactsWith('hang');
      await alice.ask('POST', `/chat/threads/${threadId}/messages`, { content: 'Hi [[tokens=2]]' });
      const isOwn = ({ body }: { body: { data: Record<string, unknown> } }) =>
        body.data['threadId'] === threadId;
      const [lost] = await receiver.got(1, isOwn);
      expect(await first.end('SIGKILL')).toBe('SIGKILL');
      // A minute passes: whoever has claimed it would have said something by now.
      await client.query('UPDATE webhook_deliveries SET next_at = now()');
      const second = await startServerProcess(settings);
      try {
        const [, again] = await receiver.got(2, isOwn);
        expect(again).toMatchObject({ id: lost!.id, body: lost!.body, isSigned: true });
      } finally {
        await second.end('SIGKILL');
      }
    } finally {
      await first.end('SIGKILL');
      await client.end();
      await database.drop();
    }
  });
});
