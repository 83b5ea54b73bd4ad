import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { openStream, type OpenedStream, type ReceivedFrame } from '../support/sse-client.js';
import { userFor } from '../support/short-token.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';
import { until } from '../support/until.js';

const MAX_STREAMS = 4;

/** A tab that follows the user's threads, and what it was told. */
class Tab {
  readonly frames: ReceivedFrame[] = [];
  isOver = false;

  private constructor(readonly stream: OpenedStream) {
    void this.read();
  }

  /** Resolves once whatever happens from now on is heard. */
  static async of({ url, token }: TestUser): Promise<Tab> {
    const headers = { authorization: `Bearer ${token}` };
    const tab = new Tab(await openStream(`${url}/chat/events`, { headers }));
    await tab.hears('connected');
    return tab;
  }

  async hears(type: string, about?: string): Promise<ReceivedFrame> {
    const isIt = (frame: ReceivedFrame) =>
      frame.type === type && (about === undefined || idOf(frame) === about);
    await until(() => this.frames.some(isIt));
    return this.frames.find(isIt)!;
  }

  get types(): readonly string[] {
    return this.frames.map(({ type }) => type);
  }

  private async read(): Promise<void> {
    for await (const frame of this.stream.frames) this.frames.push(frame);
    this.isOver = true;
  }
}

function idOf({ data }: ReceivedFrame): string | undefined {
  return (data['thread'] ?? data['turn'] ?? data['input'])?.id;
}

describe('the events of a user', () => {
  let standIn: OpenAiStandIn;
  let one: TestServer;
  let other: TestServer;
  let alice: TestUser;
  let aliceThere: TestUser;
  let tabs: Tab[] = [];

  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
    const settings = { OPENAI_URL: standIn.url, MAX_STREAMS_PER_USER: String(MAX_STREAMS) };
    one = await startTestServer(settings);
    other = await startTestServer({ ...settings, DATABASE_URL: one.connectionString });
    alice = await one.user();
    aliceThere = await other.user();
  }, 120_000);
  afterAll(async () => {
    await other?.stop(0);
    await one?.close();
    await standIn?.close();
  });
  beforeEach(() => {
    tabs = [];
  });
  afterEach(() => tabs.forEach(({ stream }) => stream.close()));

  const tabOf = async (user: TestUser) => {
    const tab = await Tab.of(user);
    tabs.push(tab);
    return tab;
  };

  /** Everybody has heard what is told to them of what has happened so far. */
  const settled = async (tab: Tab, user: TestUser) => {
    await tab.hears('thread_created', await user.newThread());
  };

  it('come to every tab on every replica, wherever it happens, as they are read one by one', async () => {
    const both = [await tabOf(alice), await tabOf(aliceThere)];
    const id = await alice.newThread();
    const read = async (path: string) => (await alice.ask('GET', `/chat/threads/${id}${path}`)).body;
    for (const tab of both)
      expect((await tab.hears('thread_created', id)).data).toEqual({ thread: (await read('')).thread });

    const posted = await aliceThere.ask('POST', `/chat/threads/${id}/messages`, { content: 'Hello there' });
    const turnId = posted.body.turn.id as string;
    for (const tab of both) {
      expect((await tab.hears('thread_updated', id)).data).toMatchObject({
        thread: { id, title: 'Hello there', messageCount: 2, headTurnId: turnId },
      });
      expect((await tab.hears('turn_started', turnId)).data).toMatchObject({
        threadId: id,
        turn: { id: turnId },
      });
      expect((await tab.hears('turn_ended', turnId)).data).toEqual({
        threadId: id,
        turn: (await read(`/turns/${turnId}`)).turn,
      });
    }
    await alice.ask('PATCH', `/chat/threads/${id}`, { title: 'Renamed', metadata: { pinned: true } });
    const { thread } = await read('');
    for (const tab of both) {
      await until(() => tab.types.filter((type) => type === 'thread_updated').length === 2);
      expect(tab.frames.findLast(({ type }) => type === 'thread_updated')!.data).toEqual({ thread });
    }
    expect((await aliceThere.ask('DELETE', `/chat/threads/${id}`)).status).toBe(204);
    for (const tab of both) {
      expect((await tab.hears('thread_deleted', id)).data).toEqual({ thread });
      expect(tab.types).toEqual([
        ...['connected', 'thread_created', 'thread_updated', 'turn_started', 'turn_ended'],
        ...['thread_updated', 'thread_deleted'],
      ]);
    }
  });

  it('are of nobody else in the organisation, and of nobody in another one', async () => {
    const strangers = [
      await one.user({ sub: 'bob' }),
      await other.user({ sub: 'bob', roles: ['user', 'admin', 'operator'] }),
      await one.user({ org: 'globex' }),
      await other.user({ org: 'globex' }),
    ];
    const strange = await Promise.all(strangers.map(tabOf));
    const own = await tabOf(alice);
    const id = await alice.newThread();
    const { body } = await alice.ask('POST', `/chat/threads/${id}/messages`, { content: 'For me' });
    await own.hears('turn_ended', body.turn.id);
    await alice.ask('DELETE', `/chat/threads/${id}`);
    await own.hears('thread_deleted', id);
    for (const [index, tab] of strange.entries()) {
      await settled(tab, strangers[index]!);
      expect(tab.frames.some((frame) => idOf(frame) === id || frame.data['threadId'] === id)).toBe(false);
      expect(new Set(tab.types)).toEqual(new Set(['connected', 'thread_created']));
    }
  });

  it('tell of a turn that waits, and whoever may answer it of what it waits for alone', async () => {
    const reviewer = await other.user({ sub: 'rita', roles: ['reviewer'] });
    const [own, reviews] = [await tabOf(alice), await tabOf(reviewer)];
    const others = [
      await one.user({ sub: 'rob' }),
      await one.user({ sub: 'rita', org: 'globex', roles: ['reviewer'] }),
    ];
    const strange = await Promise.all(others.map(tabOf));
    const threadId = await alice.newThread({ workflow: 'guided-intake' });
    for (const content of ['The lift is stuck.', 'On the third floor.', 'Since this morning.'])
      await alice.ask('POST', `/chat/threads/${threadId}/messages`, { content });
    const { inputs } = (await alice.ask('GET', '/inputs?status=open')).body;
    const [input] = inputs;
    const { turnId } = input;
    expect((await own.hears('turn_waiting', turnId)).data).toMatchObject({
      threadId,
      turn: { id: turnId, status: 'waiting' },
    });
    for (const tab of [own, reviews])
      expect((await tab.hears('input_opened', input.id)).data).toEqual({ input });

    const answer = { action: 'accept', content: { approved: true } };
    expect((await reviewer.ask('POST', `/inputs/${input.id}`, answer)).status).toBe(202);
    const closed = (await alice.ask('GET', `/inputs/${input.id}`)).body;
    expect(closed.input).toMatchObject({ status: 'accepted', answeredBy: 'rita' });
    for (const tab of [own, reviews])
      expect((await tab.hears('input_closed', input.id)).data).toEqual(closed);
    await own.hears('turn_ended', turnId);
    const ofTurn = own.frames.filter((frame) => idOf(frame) === turnId).map(({ type }) => type);
    expect(ofTurn).toEqual(['turn_started', 'turn_waiting', 'turn_started', 'turn_ended']);

    await settled(reviews, reviewer);
    expect(reviews.types).toEqual(['connected', 'input_opened', 'input_closed', 'thread_created']);
    for (const [index, tab] of strange.entries()) {
      await settled(tab, others[index]!);
      expect(tab.types).toEqual(['connected', 'thread_created']);
    }
  });

  it('are frames as of every stream, but for ids: nothing of it is stored', async () => {
    const tab = await tabOf(alice);
    await settled(tab, alice);
    const { response, text } = tab.stream;
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    expect(text()).toMatch(
      /^retry: 1000\ndata: {"type":"connected","data":{},"timestamp":"[^"]+Z"}\n\n(data: {"type":"thread_created",.*}\n\n)+$/,
    );
    expect(tab.frames.every(({ id }) => id === undefined)).toBe(true);
  });

  it('end with the token', async () => {
    const tab = await tabOf(await userFor(one.url, 3_000));
    await settled(tab, alice);
    await until(() => tab.isOver);
    expect(tab.frames.at(-1)).toMatchObject({
      type: 'error',
      data: { code: 'UNAUTHENTICATED', retryable: true },
    });
  });

  it('need a token in the header, and count as streams of the user until they are closed', async () => {
    expect((await fetch(`${one.url}/chat/events`)).status).toBe(401);
    const threadId = await alice.newThread();
    const { ticket } = (await alice.ask('POST', '/auth/stream-ticket', { threadId })).body;
    expect((await fetch(`${one.url}/chat/events?ticket=${ticket}`)).status).toBe(401);

    const carol = await one.user({ sub: 'carol' });
    const head = await fetch(`${one.url}/chat/events`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${carol.token}` },
    });
    expect([head.status, head.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
    const open = await Promise.all(Array.from({ length: MAX_STREAMS }, () => tabOf(carol)));
    expect(await carol.ask('GET', '/chat/events')).toMatchObject({
      status: 429,
      body: { code: 'RATE_LIMITED', details: { limit: MAX_STREAMS } },
    });
    open[0]!.stream.close();
    await until(async () => {
      const again = await openStream(`${one.url}/chat/events`, {
        headers: { authorization: `Bearer ${carol.token}` },
      });
      again.close();
      return again.response.status === 200;
    });
  });
});
