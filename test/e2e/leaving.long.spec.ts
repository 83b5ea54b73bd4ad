import { setTimeout as pause } from 'node:timers/promises';
import { expectedText, startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { Cluster } from '../support/cluster.js';
import { ReplicaClient } from '../support/replica-client.js';
import { framesUntil, textOf, type OpenedStream } from '../support/sse-client.js';
import { stage } from '../support/stage.js';

const CANCEL = { options: { onDisconnect: 'cancel' } };

async function begun(stream: OpenedStream): Promise<void> {
  let text = '';
  while (text.length < 20) text += textOf([(await stream.frames.next()).value!]);
}

describe('a turn that is to end with its client', () => {
  const on = stage();

  it('goes on while another tab has it open, and ends with the last one', async () => {
    const threadId = await on.alice.newThread();
    const key = { 'idempotency-key': 'two tabs' };
    const open = () => on.alice.stream(threadId, 'Stay [[tokens=5000 delay=5]]', CANCEL, key);
    const first = await open();
    await begun(first);
    const second = await open();
    await begun(second);
    first.close();
    await pause(300);
    await begun(second);
    const request = on.standIn.requests.at(-1)!;
    second.close();
    await request.closed;

    const watcher = await on.alice.watch(threadId);
    const frames = await framesUntil(watcher, 'done');
    watcher.close();
    expect(frames.at(-1)?.data['status']).toBe('cancelled');
  });
});

describe('a fleet of processes', () => {
  let standIn: OpenAiStandIn;
  const clusters: Cluster[] = [];
  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
  });
  afterEach(() => Promise.all(clusters.splice(0).map((cluster) => cluster.close())));
  afterAll(() => standIn?.close());

  async function clusterOf(...roles: ('all' | 'api' | 'worker')[]): Promise<Cluster> {
    const cluster = await Cluster.start({ roles, standIn, environment: { SHUTDOWN_GRACE_MS: '300' } });
    clusters.push(cluster);
    return cluster;
  }

  it('keeps a turn that is to end with its client when not the client but its process goes', async () => {
    const cluster = await clusterOf('all', 'all');
    const [own] = cluster.serving;
    const user = await cluster.user(own!);
    const threadId = await user.newThread();
    const client = new ReplicaClient({
      ...{ token: user.token, threadId, random: () => 0 },
      urls: () => cluster.urls(),
      message: { content: 'Survive [[tokens=200 delay=10]]', key: 'survive', ...CANCEL },
    }).start();
    await client.until(() => client.text().length > 100, 'the beginning of the answer');
    await cluster.retire(own!);
    await client.until(() => client.done() !== undefined, 'the end of the answer');
    await client.stop();

    expect(client.problems).toEqual([]);
    expect(client.done()?.data['status']).toBe('completed');
    expect(client.text()).toBe(expectedText(200));
  }, 120_000);

  it('waits for the next worker when the only one is replaced', async () => {
    const cluster = await clusterOf('api', 'worker');
    const [api] = cluster.serving;
    const worker = cluster.running.find(({ role }) => role === 'worker')!;
    const user = await cluster.user(api!);
    const threadId = await user.newThread();
    const stream = await user.stream(threadId, 'Wait [[tokens=200 delay=10]]');
    await begun(stream);
    const rest = framesUntil(stream, 'done');
    await cluster.retire(worker);
    await cluster.add('worker');

    const frames = await rest;
    expect(frames.at(-1)?.data['status']).toBe('completed');
    expect(frames.filter(({ type }) => type === 'ai_reset')).toHaveLength(1);
    const { messages } = (await user.ask('GET', `/chat/threads/${threadId}/messages`)).body;
    expect(messages[1].content).toBe(expectedText(200));
  }, 120_000);

  it('can stop a turn that waits for the next worker', async () => {
    const cluster = await clusterOf('api', 'worker');
    const [api] = cluster.serving;
    const worker = cluster.running.find(({ role }) => role === 'worker')!;
    const user = await cluster.user(api!);
    const threadId = await user.newThread();
    const stream = await user.stream(threadId, 'Stop me [[tokens=2000 delay=10]]');
    const { data } = (await stream.frames.next()).value!;
    await begun(stream);
    const rest = framesUntil(stream, 'done');
    await cluster.retire(worker);
    await user.ask('POST', `/chat/threads/${threadId}/turns/${data['turnId']}/cancel`);

    expect((await rest).at(-1)?.data['status']).toBe('cancelled');
  }, 120_000);

  it('tells everybody how a turn ended whose thread was deleted while its process hung, and has its bill', async () => {
    const cluster = await clusterOf('api', 'worker');
    const [api] = cluster.serving;
    const worker = cluster.running.find(({ role }) => role === 'worker')!;
    const user = await cluster.user(api!);
    const threadId = await user.newThread();
    const stream = await user.stream(threadId, 'Forget me [[tokens=2000 delay=10]]');
    await begun(stream);
    const watcher = await user.watch(threadId);
    const ends = Promise.all([stream, watcher].map((one) => framesUntil(one, 'done')));
    cluster.freeze(worker);
    const { status } = await user.ask('DELETE', `/chat/threads/${threadId}`);

    expect(status).toBe(204);
    expect((await ends).map((frames) => frames.at(-1)?.data['status'])).toEqual(['cancelled', 'cancelled']);
    const { total } = (await user.ask('GET', '/usage')).body;
    expect(total.attempts).toBe(1);
  }, 120_000);
});

describe('a message that comes while its thread is deleted', () => {
  const on = stage();

  it.each([0, 1, 2, 3, 5, 8, 12])(
    'is refused, or its turn has an end, %i ms before it',
    async (milliseconds) => {
      const threadId = await on.alice.newThread();
      const first = await on.alice.stream(threadId, 'Long [[tokens=5000 delay=5]]');
      await begun(first);
      const urgent = on.alice.stream(threadId, 'Instead [[tokens=5000 delay=5]]', {
        options: { onBusy: 'interrupt' },
      });
      await pause(milliseconds);
      const deleted = on.alice.ask('DELETE', `/chat/threads/${threadId}`);
      const stream = await urgent;
      const frames = stream.response.ok ? await framesUntil(stream, 'done') : [];

      expect((await deleted).status).toBe(204);
      expect(stream.response.ok ? frames.at(-1)?.data['status'] : stream.response.status).toEqual(
        stream.response.ok ? expect.stringMatching(/^(cancelled|interrupted)$/) : 404,
      );
      expect((await framesUntil(first, 'done')).at(-1)?.type).toBe('done');
    },
  );
});
