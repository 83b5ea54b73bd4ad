import pg from 'pg';
import { Database } from '../../src/platform/database/index.js';
import { PostgresEventRetention } from '../../src/log/adapters/postgres-event-retention.js';
import { expectedText, startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { ENDED } from '../support/foreign-sql.js';
import { framesUntil, textOf, type ReceivedFrame } from '../support/sse-client.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

/** What a client holds that takes snapshots as they are meant: in place of all that its message said before. */
function held(frames: readonly ReceivedFrame[]): string {
  const at = frames.findLastIndex(({ type }) => type === 'snapshot');
  return (at < 0 ? '' : (frames[at]!.data['content'] as string)) + textOf(frames.slice(at + 1));
}

const isPiece = ({ type, data }: ReceivedFrame) => type === 'ai_response' && !data['isComplete'];

describe('events that are past their retention', () => {
  let standIn: OpenAiStandIn;
  let server: TestServer;
  let alice: TestUser;
  let client: pg.Client;
  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
    // A short lease for short heartbeats, which compact; not so short that a starved machine loses turns.
    server = await startTestServer({ OPENAI_URL: standIn.url, EVENT_RETENTION: '0', TURN_LEASE: '5s' });
    alice = await server.user();
    client = new pg.Client({ connectionString: server.connectionString });
    await client.connect();
  });
  afterAll(async () => {
    await client?.end();
    await server?.close();
    await standIn?.close();
  });

  const countOf = async (threadId: string): Promise<number> =>
    (await client.query('SELECT seq FROM turn_events WHERE thread_id = $1', [threadId])).rowCount!;

  /** Asks, takes the whole stream while it is said, and waits until its turn is compacted. */
  const said = async (threadId: string, content: string, key: string) => {
    const frames = await framesUntil(
      await alice.stream(threadId, content, {}, { 'idempotency-key': key }),
      'done',
    );
    for (const deadline = Date.now() + 30_000; ;) {
      const { rows } = await client.query(
        'SELECT 1 FROM turns WHERE thread_id = $1 AND compacted_at IS NULL',
        [threadId],
      );
      if (rows.length === 0) return frames;
      if (Date.now() > deadline) throw new Error('the turn was not compacted');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  it('leave the whole answer as one event, and a replay that says the same', async () => {
    const threadId = await alice.newThread();
    const live = await said(threadId, 'Keep it [[tokens=80 delay=4]]', 'once');
    const stream = await alice.watch(threadId, 0);
    const replay = await framesUntil(stream, 'done');
    stream.close();

    expect(live.filter(isPiece).length).toBeGreaterThan(1);
    expect(replay.filter(isPiece)).toEqual([
      { ...live.findLast(isPiece), data: { ...live.findLast(isPiece)!.data, content: expectedText(80) } },
    ]);
    const others = (frames: readonly ReceivedFrame[]) =>
      frames.filter((frame) => frame.id !== undefined && !isPiece(frame));
    expect(others(replay)).toEqual(others(live));
    expect(await countOf(threadId)).toBe(replay.length - 1);

    const { body } = await alice.ask('GET', `/chat/threads/${threadId}/messages`);
    expect(body.messages[1]).toMatchObject({ content: expectedText(80), status: 'complete' });
  });

  it('are stood for by a snapshot to a client that has some of them, from every cut, on both streams', async () => {
    const threadId = await alice.newThread();
    const post = 'Cut me [[tokens=40 delay=4]]';
    await said(threadId, 'First [[tokens=5]]', 'before');
    const live = await said(threadId, post, 'cuts');
    const durable = live.filter(({ id }) => id !== undefined);
    const head = durable.at(-1)!.id!;
    const seen = new Set<string>();

    // A cut anywhere: the client has what came up to it, whole frames, and the log has only one of them left.
    for (const { id: cut } of durable.slice(0, -1)) {
      const known = durable.filter(({ id }) => id! <= cut!);
      const resumed = { 'last-event-id': String(cut) };
      const streams = [
        await alice.watch(threadId, undefined, resumed),
        await alice.stream(threadId, post, {}, { 'idempotency-key': 'cuts', ...resumed }),
      ];
      for (const stream of streams) {
        const rest = await framesUntil(stream, 'done');
        stream.close();
        const ids = rest.flatMap(({ id }) => id ?? []);
        const [first, second] = rest;
        seen.add(second!.type);
        expect([first!.type, first!.id]).toEqual(['connected', undefined]);
        expect([cut, held([...known, ...rest])]).toEqual([cut, expectedText(40)]);
        expect(ids.at(-1)).toBe(head);
        [cut!, ...ids].slice(1).forEach((id, at) => expect(id).toBeGreaterThan([cut!, ...ids][at]!));
        if (second!.type !== 'snapshot') continue;
        expect(second).toMatchObject({
          id: undefined,
          data: { turnId: first!.data['turnId'] ?? live[0]!.data['turnId'] },
        });
        expect(second!.data).toMatchObject({
          content: expectedText(40),
          lastEventId: first!.data['lastEventId'],
        });
        expect(ids[0]).toBe(second!.data['lastEventId'] + 1);
      }
    }
    expect(seen).toContain('snapshot');
    expect(seen.size).toBeGreaterThan(1);
  });

  it('are stood for across the turns that came after', async () => {
    const threadId = await alice.newThread();
    const live = await said(threadId, 'Long ago [[tokens=30 delay=4]]', 'old');
    await said(threadId, 'And now [[tokens=20 delay=4]]', 'new');
    const cut = live.find(isPiece)!.id!;
    const stream = await alice.watch(threadId, cut);
    const rest: ReceivedFrame[] = [];
    for await (const frame of stream.frames) {
      rest.push(frame);
      if (rest.filter(({ type }) => type === 'done').length === 2) break;
    }
    stream.close();

    expect(rest[1]).toMatchObject({ type: 'snapshot', data: { content: expectedText(30) } });
    expect(textOf(rest)).toBe(expectedText(20));
  });

  it('change nothing for an idempotent retry, the other wires, or deleting', async () => {
    const threadId = await alice.newThread();
    await said(threadId, 'Again [[tokens=25 delay=4]]', 'again');
    const asked = standIn.requests.length;
    const { body } = await alice.ask(
      'POST',
      `/chat/threads/${threadId}/messages`,
      { content: 'Again [[tokens=25 delay=4]]' },
      { 'idempotency-key': 'again' },
    );
    const wire = await fetch(`${server.url}/api/chat/stream/${body.userMessage.id}`, {
      headers: { authorization: `Bearer ${alice.token}` },
    });
    const deltas = (await wire.text())
      .split('\n')
      .filter((line) => line.startsWith('data: {'))
      .map((line) => JSON.parse(line.slice(6)) as { type: string; content?: string });

    expect(body.response).toBe(expectedText(25));
    expect(deltas.map(({ content = '' }) => content).join('')).toBe(expectedText(25));
    expect(standIn.requests.length).toBe(asked);
    expect((await alice.ask('DELETE', `/chat/threads/${threadId}`)).status).toBe(204);
    expect(await countOf(threadId)).toBe(0);
  });

  it('are compacted under the eyes of watchers in two processes, who lose and double nothing', async () => {
    const other = await startTestServer({ OPENAI_URL: standIn.url, DATABASE_URL: server.connectionString });
    const pool = new pg.Pool({ connectionString: server.connectionString, max: 1 });
    const retention = new PostgresEventRetention(new Database(pool), ENDED);
    let isOver = false;
    const compacting = (async () => {
      while (!isOver) {
        await retention.compact(0, 20);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    })();
    try {
      const elsewhere = await other.user();
      const perTurn = Array.from({ length: 6 }, async (_, index) => {
        const threadId = await alice.newThread();
        const watchers = [await alice.watch(threadId), await elsewhere.watch(threadId)];
        const asked = await alice.stream(threadId, `Look [[tokens=${100 + index * 10} delay=2]]`);
        const heard = await Promise.all([asked, ...watchers].map((stream) => framesUntil(stream, 'done')));
        watchers.forEach((watcher) => watcher.close());
        for (const frames of heard) {
          // Whatever went wrong, the frames that say so.
          const others = frames
            .filter((frame) => !isPiece(frame))
            .map(({ type, data }) => [type, data['code']]);
          expect([others, held(frames)]).toEqual([others, expectedText(100 + index * 10)]);
        }
        const late = await elsewhere.watch(threadId, heard[0]!.find(isPiece)!.id);
        const rest = await framesUntil(late, 'done');
        late.close();
        const known = heard[0]!.slice(0, heard[0]!.findIndex(isPiece) + 1);
        expect(held([...known, ...rest])).toBe(expectedText(100 + index * 10));
      });
      await Promise.all(perTurn);
    } finally {
      isOver = true;
      await compacting;
      await pool.end();
      await other.close();
    }
  }, 120_000);
});
