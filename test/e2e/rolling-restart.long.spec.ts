import { anySeed } from '../chaos/random.js';
import { rollingRestart } from '../chaos/rolling.js';
import { expectedText, startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { hasNginx, startNginx, type Nginx } from '../support/nginx.js';
import { sized } from '../support/size.js';
import { framesUntil, openStream, textOf, type ReceivedFrame } from '../support/sse-client.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { TestUser, tokenFor } from '../support/test-user.js';

// Where tests are the gate nothing is skipped: there its absence is a failure.
const withNginx = hasNginx() || process.env['CI'] === 'true' ? describe : describe.skip;
if (!hasNginx()) process.stderr.write('There is no nginx here: what is tested through it is skipped.\n');

const STREAMS = sized(2, 6);

withNginx('a process that is replaced behind nginx', () => {
  it('ends its turns, and every client has the whole answer, which was asked for once', async () => {
    const { problems, figures } = await rollingRestart({
      ...{ streams: STREAMS, tokens: 150, delayMs: 20, graceMs: 20_000, mostAsks: 1, seed: anySeed() },
    });
    expect(problems).toEqual([]);
    expect(figures['resets']).toBe(0);
  }, 120_000);

  it('hands over the turns that take longer than it may, and every client has the whole answer all the same', async () => {
    const { problems, figures } = await rollingRestart({
      ...{ streams: STREAMS, tokens: 200, delayMs: 20, graceMs: 300, mostAsks: 2, seed: anySeed() },
    });
    expect(problems).toEqual([]);
    expect(figures['resets']).toBe(STREAMS);
  }, 120_000);
});

withNginx.each(['example', 'hostile'] as const)(
  'a stream through nginx, configured as %s',
  (configuration) => {
    let standIn: OpenAiStandIn;
    let server: TestServer;
    let nginx: Nginx;
    let alice: TestUser;
    beforeAll(async () => {
      standIn = await startOpenAiStandIn();
      server = await startTestServer({ OPENAI_URL: standIn.url });
      const port = Number(new URL(server.url).port);
      nginx = await startNginx(configuration, [port, port]);
      alice = new TestUser(nginx.url, await tokenFor({}));
    });
    afterAll(async () => {
      await nginx?.close();
      await server?.close();
      await standIn?.close();
    });

    it('arrives piece by piece: the first one is there long before the last is said', async () => {
      const threadId = await alice.newThread();
      const stream = await alice.stream(threadId, 'Flow [[tokens=60 delay=25]]');
      let ended = false;
      const frames = [];
      for await (const frame of stream.frames) {
        void standIn.requests.at(-1)?.ended.then(() => (ended = true));
        frames.push({ ...frame, wasOver: ended });
        if (frame.type === 'done') break;
      }
      const pieces = frames.filter(({ type, data }) => type === 'ai_response' && data['content'] !== '');
      expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
      expect(textOf(frames)).toBe(expectedText(60));
      // Held back, all of them would come when the answer was over.
      expect(pieces.filter(({ wasOver }) => !wasOver).length).toBeGreaterThan(pieces.length / 2);
      expect(pieces.length).toBeGreaterThan(10);
    });

    it('that nobody reads any more ends at the server, for a turn that asked for it', async () => {
      const threadId = await alice.newThread();
      const stream = await alice.stream(threadId, 'Leave [[tokens=5000 delay=5]]', {
        options: { onDisconnect: 'cancel' },
      });
      const received: ReceivedFrame[] = [];
      while (textOf(received).length < 20) received.push((await stream.frames.next()).value!);
      stream.close();
      await standIn.requests.at(-1)!.closed;
      const rest = await alice.watch(threadId);
      const frames = await framesUntil(rest, 'done');
      rest.close();
      expect(frames.at(-1)?.data['status']).toBe('cancelled');
    });

    it('of the selftest comes as one frame after the other', async () => {
      const headers = { authorization: `Bearer ${alice.token}` };
      const stream = await openStream(`${nginx.url}/chat/stream/selftest`, { headers });
      const arrivals: number[] = [];
      for await (const { type } of stream.frames) if (type === 'selftest') arrivals.push(performance.now());
      expect(arrivals).toHaveLength(10);
      // In one lump they would come within a few milliseconds; sent, they are 1.8 seconds apart.
      expect(arrivals.at(-1)! - arrivals[0]!).toBeGreaterThan(900);
    });

    it('has nothing in nginx to complain about', async () => {
      expect(await nginx.errors()).not.toMatch(/\[(error|crit|alert|emerg)\]/);
    });
  },
);

withNginx('a stream through an nginx that ignores what streams say of themselves', () => {
  it('is held back, and the selftest shows it: its frames come in one lump', async () => {
    const server = await startTestServer();
    const port = Number(new URL(server.url).port);
    const nginx = await startNginx('deaf', [port, port]);
    try {
      const headers = { authorization: `Bearer ${await tokenFor({})}` };
      const stream = await openStream(`${nginx.url}/chat/stream/selftest`, { headers });
      const arrivals: number[] = [];
      let lastSentAt = 0;
      for await (const { type, data } of stream.frames) {
        if (type !== 'selftest') continue;
        arrivals.push(Date.now());
        lastSentAt = Date.parse(data['sentAt'] as string);
      }
      expect(arrivals).toHaveLength(10);
      // The first one came when the last had been sent.
      expect(arrivals[0]).toBeGreaterThanOrEqual(lastSentAt);
    } finally {
      await nginx.close();
      await server.close();
    }
  });
});
