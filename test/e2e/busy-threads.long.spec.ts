import { busyThreads } from '../chaos/busy.js';
import { asksOf, threadProblems } from '../chaos/checks.js';
import { until } from '../chaos/outcome.js';
import { anySeed } from '../chaos/random.js';
import { Stored } from '../chaos/stored.js';
import { expectedText, startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { Cluster } from '../support/cluster.js';
import { framesUntil, textOf, type OpenedStream, type ReceivedFrame } from '../support/sse-client.js';
import type { TestUser } from '../support/test-user.js';

const LONG = '[[tokens=5000 delay=5]]';

describe('a thread that is busy, with two processes to post to', () => {
  let standIn: OpenAiStandIn;
  let cluster: Cluster;
  let stored: Stored;
  /** The same user on one process, and on the other. */
  let here: TestUser;
  let there: TestUser;
  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
    cluster = await Cluster.start({ roles: ['all', 'all'], standIn });
    stored = new Stored(cluster.connectionString);
    [here, there] = (await Promise.all(cluster.serving.map((replica) => cluster.user(replica)))) as [
      TestUser,
      TestUser,
    ];
  }, 120_000);
  afterAll(async () => {
    await stored?.close();
    await cluster?.close();
    await standIn?.close();
  });

  /** Posts, and reads until the answer has begun. */
  async function running(threadId: string, content: string): Promise<OpenedStream & { turnId: string }> {
    const stream = await here.stream(threadId, content);
    const frames: ReceivedFrame[] = [];
    while (textOf(frames).length < 40) frames.push((await stream.frames.next()).value!);
    return { ...stream, turnId: frames[0]!.data['turnId'] };
  }

  /** Posts to wait in line, and reads the first frame: from then on it has its place. */
  async function queued(user: TestUser, threadId: string, content: string, onBusy = 'queue') {
    const stream = await user.stream(threadId, content, { options: { onBusy } });
    if (stream.response.status !== 200) throw new Error(await stream.response.text());
    const { value } = await stream.frames.next();
    return { ...stream, turnId: value!.data['turnId'] as string };
  }

  const statusOf = async (threadId: string, turnId: string) =>
    (await there.ask('GET', `/chat/threads/${threadId}/turns/${turnId}`)).body.turn.status as string;
  const cancel = (user: TestUser, threadId: string, turnId: string) =>
    user.ask('POST', `/chat/threads/${threadId}/turns/${turnId}/cancel`);

  it('ends everything it has in line when it is deleted, and leaves nothing behind', async () => {
    const threadId = await here.newThread();
    const first = await running(threadId, `Delete me ${LONG}`);
    const waiting = [await queued(there, threadId, 'Second'), await queued(here, threadId, 'Third')];
    const ends = Promise.all([first, ...waiting].map((stream) => framesUntil(stream, 'done')));
    expect((await there.ask('DELETE', `/chat/threads/${threadId}`)).status).toBe(204);

    expect((await ends).map((frames) => frames.at(-1)?.data['status'])).toEqual([
      'cancelled',
      'cancelled',
      'cancelled',
    ]);
    expect(await stored.events(threadId)).toEqual([]);
    expect(asksOf(standIn, 'Second')).toEqual([]);
  });

  it('answers the newest of several messages that interrupt each other, and no other', async () => {
    const threadId = await here.newThread();
    await running(threadId, `Go on and on ${LONG}`);
    const urgent = await Promise.all(
      ['One', 'Two', 'Three'].map((content, place) =>
        queued(place % 2 === 0 ? here : there, threadId, `${content} [[tokens=800 delay=5]]`, 'interrupt'),
      ),
    );
    const ends = await Promise.all(urgent.map((stream) => framesUntil(stream, 'done')));
    const statuses = ends.map((frames) => frames.at(-1)!.data['status'] as string);
    expect(statuses.sort()).toEqual(['completed', 'interrupted', 'interrupted']);
  });

  it('refuses a second message on every process, and says which turn is in the way', async () => {
    const threadId = await here.newThread();
    const first = await running(threadId, `First ${LONG}`);
    const answers = await Promise.all([
      here.ask('POST', `/chat/threads/${threadId}/messages`, { content: 'Second' }),
      there.ask('POST', `/chat/threads/${threadId}/messages`, {
        content: 'Second',
        options: { onBusy: 'reject' },
      }),
    ]);
    for (const { status, body } of answers) {
      expect([status, body.code, body.details]).toEqual([409, 'THREAD_BUSY', { turnId: first.turnId }]);
    }
    await cancel(there, threadId, first.turnId);
    await framesUntil(first, 'done');
  });

  it('runs what waits in line in order, each with what was said before, and each stream has its own turn', async () => {
    const threadId = await here.newThread();
    const first = await running(threadId, 'One [[tokens=60 delay=20]]');
    const later: Awaited<ReturnType<typeof queued>>[] = [];
    for (const [place, word] of ['Two', 'Three', 'Four'].entries())
      later.push(await queued(place % 2 === 0 ? there : here, threadId, `${word} [[tokens=${place + 5}]]`));
    expect(await statusOf(threadId, later[2]!.turnId)).toBe('queued');
    const atOnce = here.ask('POST', `/chat/threads/${threadId}/messages`, {
      content: 'Five [[tokens=9]]',
      options: { onBusy: 'queue' },
    });
    const all = await Promise.all(later.map((stream) => framesUntil(stream, 'done')));
    const last = await atOnce;

    all.forEach((frames, place) => {
      expect(frames[0]).toMatchObject({
        type: 'message_saved',
        data: { message: { turnId: later[place]!.turnId } },
      });
      expect(frames.at(-1)?.data).toEqual({
        success: true,
        turnId: later[place]!.turnId,
        status: 'completed',
      });
      expect(frames.map(({ id }) => id)).toEqual(frames.map(({ id }) => id).toSorted((a, b) => a! - b!));
      expect(textOf(frames)).toBe(expectedText(place + 5));
    });
    expect(last.body.response).toBe(expectedText(9));
    const ends = all.map((frames) => frames.at(-1)!.id!);
    expect(ends).toEqual(ends.toSorted((a, b) => a - b));
    const [asked] = asksOf(standIn, 'Four [[tokens=7]]');
    expect(
      asked!.body.messages.filter(({ role }) => role !== 'system').map(({ content }) => content),
    ).toEqual([
      'One [[tokens=60 delay=20]]',
      expectedText(60),
      'Two [[tokens=5]]',
      expectedText(5),
      'Three [[tokens=6]]',
      expectedText(6),
      'Four [[tokens=7]]',
    ]);
    first.close();
    expect(await threadProblems(stored, threadId, [])).toEqual([]);
  });

  it('ends what runs when it is interrupted, keeps what was said, and answers what interrupted it next', async () => {
    const threadId = await here.newThread();
    const first = await running(threadId, `Interrupt me ${LONG}`);
    const waiting = await queued(here, threadId, 'I wait [[tokens=6]]');
    const urgent = await queued(there, threadId, 'I cannot wait [[tokens=4]]', 'interrupt');
    const [ended, answered, after] = await Promise.all(
      [first, urgent, waiting].map((stream) => framesUntil(stream, 'done')),
    );
    await asksOf(standIn, `Interrupt me ${LONG}`)[0]!.closed;

    expect(ended!.at(-1)?.data).toEqual({ success: false, turnId: first.turnId, status: 'interrupted' });
    expect(textOf(answered!)).toBe(expectedText(4));
    expect(textOf(after!)).toBe(expectedText(6));
    expect(answered!.at(-1)!.id!).toBeLessThan(after![0]!.id!);
    const partial = (await stored.messages(threadId)).find(
      ({ role, turn_id }) => role === 'assistant' && turn_id === first.turnId,
    );
    expect(partial).toMatchObject({ status: 'interrupted' });
    expect(partial!.content.length).toBeGreaterThanOrEqual(40);
    expect(expectedText(5_000).startsWith(partial!.content)).toBe(true);
    expect(await threadProblems(stored, threadId, [])).toEqual([]);
  });

  it.each([
    ['a chat', {}, ['reply', 'reply', 'reply']],
    // What was interrupted has not moved it.
    ['a workflow of several steps', { workflow: 'guided-intake' }, ['ask', 'clarify', 'summarise']],
  ])('is one line in %s, in which what interrupts comes before what waited', async (_name, body, steps) => {
    const threadId = await here.newThread(body);
    const [long, urgentText, ...patient] = [
      ...[`Long ${threadId} ${LONG}`, `Now ${threadId} [[tokens=4]]`],
      ...[`Then ${threadId} [[tokens=5]]`, `Last ${threadId} [[tokens=6]]`],
    ] as [string, string, string, string];
    const first = await running(threadId, long);
    const waiting = [await queued(here, threadId, patient[0]), await queued(there, threadId, patient[1])];
    const urgent = await queued(there, threadId, urgentText, 'interrupt');
    const line = [first, urgent, ...waiting];
    // The last step of the workflow waits for a person; each stream ends by itself.
    const ends = await Promise.all(line.map(({ frames }) => allOf(frames)));

    const ids = line.map(({ turnId }) => turnId);
    const parents = [null, ...ids.slice(0, -1)];
    const saved = ends.slice(1).map((frames) => frames.find(({ type }) => type === 'message_saved')!);
    expect(saved.map(({ data }) => data['message'].parentTurnId)).toEqual(parents.slice(1));
    expect(saved.map(({ id }) => id)).toEqual(saved.map(({ id }) => id).toSorted((a, b) => a! - b!));
    const turns = await Promise.all(
      ids.map((id) =>
        here.ask('GET', `/chat/threads/${threadId}/turns/${id}`).then((answer) => answer.body.turn),
      ),
    );
    expect(turns.map(({ parentTurnId }) => parentTurnId)).toEqual(parents);
    const { messages } = (await here.ask('GET', `/chat/threads/${threadId}/messages`)).body;
    type Shown = Record<'turnId' | 'role' | 'step' | 'content', string>;
    expect(messages.map(({ turnId, role }: Shown) => `${role} ${turnId}`)).toEqual(
      ids.flatMap((id) => [`user ${id}`, `assistant ${id}`]),
    );

    // What each was asked with is what had been said by then, in that order.
    const said = (messages as Shown[]).map(({ content }) => content);
    for (const [index, content] of [urgentText, ...patient].entries()) {
      const [asked] = asksOf(standIn, content);
      expect(
        asked!.body.messages.filter(({ role }) => role !== 'system').map((message) => message.content),
      ).toEqual(said.slice(0, 2 * index + 3));
    }
    const begun = ends.slice(1).map((frames) => frames.find(({ type }) => type === 'workflow_status')!);
    expect(begun.map(({ data }) => data['step'])).toEqual(steps);
    await cancel(here, threadId, ids.at(-1)!);
  });

  it('lets a message be stopped that still waits: it is never asked, and the next one has its turn', async () => {
    const threadId = await here.newThread();
    const first = await running(threadId, 'Before [[tokens=100 delay=15]]');
    const stopped = await queued(there, threadId, 'Never asked [[tokens=3]]');
    const next = await queued(here, threadId, 'Still asked [[tokens=3]]');
    const answer = await cancel(here, threadId, stopped.turnId);
    const [none, some] = await Promise.all([framesUntil(stopped, 'done'), framesUntil(next, 'done')]);

    expect(answer.status).toBe(202);
    expect(none.at(-1)?.data).toEqual({ success: false, turnId: stopped.turnId, status: 'cancelled' });
    expect(textOf(some)).toBe(expectedText(3));
    expect(asksOf(standIn, 'Never asked [[tokens=3]]')).toEqual([]);
    expect((await stored.attempts(threadId)).get(stopped.turnId)).toBeUndefined();
    first.close();
    expect(await threadProblems(stored, threadId, [])).toEqual([]);
  });

  it('takes a message in line once, however often it is posted with its key', async () => {
    const threadId = await here.newThread();
    const first = await running(threadId, 'Ahead [[tokens=60 delay=15]]');
    const body = [
      'Once [[tokens=3]]',
      { options: { onBusy: 'queue' } },
      { 'idempotency-key': 'once' },
    ] as const;
    const streams = await Promise.all([here.stream(threadId, ...body), there.stream(threadId, ...body)]);
    const [one, two] = await Promise.all(streams.map((stream) => framesUntil(stream, 'done')));
    first.close();
    expect(one!.at(-1)).toEqual(two!.at(-1));
    expect(textOf(one!)).toBe(expectedText(3));
    expect(asksOf(standIn, 'Once [[tokens=3]]')).toHaveLength(1);
  });

  it('answers whatever is posted to it from everywhere', async () => {
    const { problems, figures } = await busyThreads({
      ...{ roles: ['api', 'api', 'worker'], threads: 4, messages: 6, seed: anySeed() },
    });
    expect({ problems, seed: figures['seed'] }).toEqual({ problems: [], seed: figures['seed'] });
  }, 120_000);

  it('is free again afterwards', async () => {
    const rows = () =>
      stored.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM turns WHERE status IN ('queued', 'running', 'waiting')`,
      );
    await until(async () => (await rows())[0]!.count === 0, 'the end of every turn');
  });
});

async function allOf(stream: OpenedStream['frames']): Promise<ReceivedFrame[]> {
  const frames: ReceivedFrame[] = [];
  for await (const frame of stream) frames.push(frame);
  return frames;
}
