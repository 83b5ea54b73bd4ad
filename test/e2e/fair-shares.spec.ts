import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { framesUntil, type OpenedStream } from '../support/sse-client.js';
import { until } from '../support/until.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

const LONG = 'Go on [[tokens=5000 delay=5]]';

describe('a server with five places for turns, and a user who wants them all', () => {
  let standIn: OpenAiStandIn;
  let server: TestServer;
  let greedy: TestUser;
  let bystander: TestUser;
  const leaving: AbortController[] = [];
  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
    server = await startTestServer({ OPENAI_URL: standIn.url, MAX_CONCURRENT_TURNS: '5' });
    greedy = await server.user({ sub: 'greedy' });
    bystander = await server.user({ sub: 'bystander' });
  }, 120_000);
  afterEach(() => leaving.splice(0).forEach((controller) => controller.abort()));
  afterAll(async () => {
    await server?.close();
    await standIn?.close();
  });

  async function answered(user: TestUser): Promise<unknown> {
    const frames = await framesUntil(await user.stream(await user.newThread(), 'Hello [[tokens=3]]'), 'done');
    return frames.at(-1)!.data['status'];
  }

  it('answers a bystander while messages to threads fill it', async () => {
    const streams: OpenedStream[] = [];
    const threads = await Promise.all(Array.from({ length: 8 }, () => greedy.newThread()));
    for (const thread of threads) streams.push(await greedy.stream(thread, LONG));

    expect(await answered(bystander)).toBe('completed');

    const statuses = await Promise.all(
      threads.map(
        async (id) => (await greedy.ask('GET', `/chat/threads/${id}`)).body.thread.activeTurnId !== null,
      ),
    );
    expect(statuses).toContain(true);
    for (const thread of threads)
      expect((await greedy.ask('DELETE', `/chat/threads/${thread}`)).status).toBe(204);
  });

  it.each([
    [
      'chat completions',
      '/v1/chat/completions',
      { model: 'openai/gpt-test', messages: [{ role: 'user', content: LONG }] },
    ],
    ['messages without a thread', '/chat', { message: LONG }],
  ])('answers a bystander while %s that are not streamed fill it', async (_, path, body) => {
    const controller = new AbortController();
    leaving.push(controller);
    const asked = Array.from({ length: 8 }, () =>
      fetch(server.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${greedy.token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: controller.signal,
      }).catch(() => undefined),
    );

    expect(await answered(bystander)).toBe('completed');
    const reply = await bystander.ask('POST', '/chat', { message: 'Hello [[tokens=3]]' });
    expect(reply.status).toBe(200);
    controller.abort();
    await Promise.all(asked);
  });

  it('lets a newcomer of another organisation wait in turn on the wire of named events too', async () => {
    const controller = new AbortController();
    leaving.push(controller);
    const ask = (user: TestUser, path: string, body: unknown, signal?: AbortSignal) =>
      fetch(server.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        ...(signal === undefined ? {} : { signal }),
      });
    const full = await Promise.all(
      Array.from({ length: 5 }, async (_, place) => server.user({ sub: `u${place}`, org: `o${place}` })),
    );
    const held = full.map((user) =>
      ask(user, '/chat', { message: 'Slow [[tokens=40 delay=25]]' }, controller.signal).catch(
        () => undefined,
      ),
    );
    await until(() => standIn.requests.length > 0);
    const newcomer = await server.user({ sub: 'newcomer', org: 'elsewhere' });
    const messages = [{ role: 'user', content: 'Hello [[tokens=3]]' }];
    const answer = await ask(newcomer, '/api/stream', { messages, model: 'gpt-test', provider: 'openai' });
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('message-complete')]);
    await Promise.all(held);
  });
});
