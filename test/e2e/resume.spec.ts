import { expectedText } from '../doubles/openai-stand-in.js';
import { framesUntil, textOf, type ReceivedFrame } from '../support/sse-client.js';
import { stage } from '../support/stage.js';

/** Numbers that look random and are the same in every run. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

/** What the log holds: the durable events, pieces joined, without regard to how they were cut. */
function content(frames: readonly ReceivedFrame[]) {
  const durable = frames.filter(({ id }) => id !== undefined);
  return {
    lastId: durable.at(-1)?.id,
    text: textOf(durable),
    others: durable.filter(({ type, data }) => type !== 'ai_response' || data['isComplete']),
  };
}

describe('resuming a stream', () => {
  const on = stage();

  const wholeLog = async (threadId: string, turns: number) => {
    const stream = await on.alice.watch(threadId, 0);
    const frames: ReceivedFrame[] = [];
    for await (const frame of stream.frames) {
      frames.push(frame);
      if (frame.type === 'done' && (turns -= 1) === 0) break;
    }
    stream.close();
    return frames;
  };

  it('gives exactly the log over 200 random disconnects of 20 turns, during them and after', async () => {
    const random = sequence(20_261_121);
    const perTurn = Array.from({ length: 20 }, async (_, index) => {
      const threadId = await on.alice.newThread();
      const key = `resume-${index}`;
      const message = `Turn ${index} [[tokens=${120 + index * 5} delay=3]]`;
      const received: ReceivedFrame[] = [];
      for (let disconnects = 10; ; disconnects -= 1) {
        const last = received.findLast(({ id }) => id !== undefined)?.id;
        const resume = last === undefined ? {} : { 'last-event-id': String(last) };
        const byPost = random() < 0.5 || last === undefined;
        const stream = byPost
          ? await on.alice.stream(threadId, message, {}, { 'idempotency-key': key, ...resume })
          : await on.alice.watch(threadId, undefined, resume);
        let take = disconnects === 0 ? Infinity : 1 + Math.floor(random() * 12);
        for await (const frame of stream.frames) {
          if (frame.id !== undefined) received.push(frame);
          if (frame.type === 'done' || (take -= 1) <= 0) break;
        }
        stream.close();
        if (disconnects === 0) break;
        if (received.at(-1)?.type === 'done') {
          // The turn is over: the rest of the disconnects read it again from a random place.
          received.splice(1 + Math.floor(random() * (received.length - 1)));
        }
      }
      const ids = received.map(({ id }) => id!);
      ids.slice(1).forEach((id, at) => expect(id).toBeGreaterThan(ids[at]!));
      const log = await wholeLog(threadId, 1);
      expect(content(received)).toEqual(content(log));
      expect(textOf(received)).toBe(expectedText(120 + index * 5));
    });
    await Promise.all(perTurn);
    expect(on.standIn.requests).toHaveLength(20);
  }, 120_000);

  it('is exact at every possible cut of a finished turn', async () => {
    const threadId = await on.alice.newThread();
    await framesUntil(await on.alice.stream(threadId, 'Cut me [[tokens=60 delay=4]]'), 'done');
    const log = await wholeLog(threadId, 1);
    const head = content(log).lastId!;

    for (let cut = 0; cut < head; cut += 1) {
      const stream = await on.alice.watch(threadId, cut);
      const rest = await framesUntil(stream, 'done');
      stream.close();
      expect(rest[0]).toMatchObject({ type: 'connected', id: undefined, data: { lastEventId: cut } });
      expect(content(rest).lastId).toBe(head);
      expect(rest[1]!.id).toBeGreaterThan(cut);
    }
  });

  it('follows the thread across turns, and ids go on from one to the next', async () => {
    const threadId = await on.alice.newThread();
    const watcher = await on.alice.watch(threadId);
    const seen: ReceivedFrame[] = [];
    const watching = (async () => {
      for await (const frame of watcher.frames) {
        seen.push(frame);
        if (seen.filter(({ type }) => type === 'done').length === 2) break;
      }
    })();
    for (const tokens of [10, 11]) {
      await on.alice.ask('POST', `/chat/threads/${threadId}/messages`, {
        content: `Hi [[tokens=${tokens}]]`,
      });
    }
    await watching;

    expect(content(seen)).toEqual(content(await wholeLog(threadId, 2)));
    expect(seen.filter(({ type }) => type === 'message_saved')).toHaveLength(2);
  });

  it('takes the header before the address, and refuses what is not an id', async () => {
    const threadId = await on.alice.newThread();
    await on.alice.ask('POST', `/chat/threads/${threadId}/messages`, { content: 'Hi [[tokens=2]]' });
    const stream = await on.alice.watch(threadId, 1, { 'last-event-id': '3' });
    const { value } = await stream.frames.next();
    stream.close();

    expect(value!.data['lastEventId']).toBe(3);
    const refused = await on.alice.ask('GET', `/chat/threads/${threadId}/stream?after=abc`);
    expect([refused.status, refused.body.code]).toEqual([400, 'INVALID_CURSOR']);
  });

  it('gives a snapshot to a client that claims more than there is, and goes on from the end', async () => {
    const threadId = await on.alice.newThread();
    await on.alice.ask('POST', `/chat/threads/${threadId}/messages`, { content: 'Hi [[tokens=4]]' });
    const head = content(await wholeLog(threadId, 1)).lastId!;
    const stream = await on.alice.watch(threadId, head + 100);
    const frames: ReceivedFrame[] = [];
    for await (const frame of stream.frames) if (frames.push(frame) === 2) break;
    stream.close();

    expect(frames[1]).toMatchObject({
      id: undefined,
      type: 'snapshot',
      data: { content: expectedText(4), lastEventId: head },
    });
  });

  it('joins the turn of an idempotent retry, calls the model once, and refuses another body', async () => {
    const threadId = await on.alice.newThread();
    const before = on.standIn.requests.length;
    const post = (content: string) => on.alice.stream(threadId, content, {}, { 'idempotency-key': 'once' });
    const streams = await Promise.all(Array.from({ length: 5 }, () => post('Same [[tokens=30 delay=3]]')));
    const all = await Promise.all(streams.map((stream) => framesUntil(stream, 'done')));
    const again = await framesUntil(await post('Same [[tokens=30 delay=3]]'), 'done');
    const whole = await on.alice.ask(
      'POST',
      `/chat/threads/${threadId}/messages`,
      { content: 'Same [[tokens=30 delay=3]]' },
      { 'idempotency-key': 'once' },
    );

    for (const frames of [...all, again]) expect(textOf(frames)).toBe(expectedText(30));
    expect(new Set([...all, again].map((frames) => frames[0]!.data['turnId'])).size).toBe(1);
    expect(whole.body.response).toBe(expectedText(30));
    expect(on.standIn.requests.length - before).toBe(1);
    const other = await post('Another [[tokens=30]]');
    expect(other.response.status).toBe(409);
    expect(JSON.parse(await other.response.text()).code).toBe('IDEMPOTENCY_CONFLICT');
  });

  it('opens with a ticket in place of a token, once', async () => {
    const threadId = await on.alice.newThread();
    const { body } = await on.alice.ask('POST', '/auth/stream-ticket', { threadId });
    const open = () => fetch(`${on.server.url}/chat/threads/${threadId}/stream?ticket=${body.ticket}`);
    const first = await open();
    const second = await open();

    expect([first.status, second.status]).toEqual([200, 401]);
    await first.body?.cancel();
    const inQuery = await fetch(
      `${on.server.url}/chat/threads/${threadId}/stream?access_token=${on.alice.token}`,
    );
    expect(inQuery.status).toBe(401);
  });
});
