import { expectedText } from '../doubles/openai-stand-in.js';
import { framesUntil, textOf, type OpenedStream, type ReceivedFrame } from '../support/sse-client.js';
import { startTestServer } from '../support/test-server.js';
import { stage } from '../support/stage.js';
import type { TestUser } from '../support/test-user.js';

/** Reads until so many characters of the answer have come. */
async function readSome(stream: OpenedStream, characters: number): Promise<ReceivedFrame[]> {
  const frames: ReceivedFrame[] = [];
  while (textOf(frames).length < characters) {
    const next = await stream.frames.next();
    if (next.done) break;
    frames.push(next.value);
  }
  return frames;
}

/** What a message is told once the server stops, which it has just been asked to. */
async function lateMessage(user: TestUser, threadId: string): Promise<unknown> {
  for (;;) {
    const { body } = await user.ask('POST', `/chat/threads/${threadId}/messages`, { content: 'Late' });
    if (body.code !== 'THREAD_BUSY') return body.code;
  }
}

describe('stopping', () => {
  const on = stage();

  const lastMessage = async (threadId: string) =>
    (await on.alice.ask('GET', `/chat/threads/${threadId}/messages?order=desc&limit=1`)).body.messages[0];

  it('a turn closes the provider’s socket, keeps what was said, and frees the thread', async () => {
    const threadId = await on.alice.newThread();
    const stream = await on.alice.stream(threadId, 'Stop me [[tokens=5000 delay=5]]');
    const frames = await readSome(stream, 60);
    const turnId = frames[0]!.data['turnId'];
    const request = on.standIn.requests.at(-1)!;
    const cancel = await on.alice.ask('POST', `/chat/threads/${threadId}/turns/${turnId}/cancel`);
    frames.push(...(await framesUntil(stream, 'done')));
    await request.closed;

    expect(cancel.status).toBe(202);
    expect(cancel.body.turn.id).toBe(turnId);
    expect(frames.at(-1)?.data).toEqual({ success: false, turnId, status: 'cancelled' });
    expect(frames.map(({ type }) => type)).not.toContain('error');
    const message = await lastMessage(threadId);
    expect(message).toMatchObject({ status: 'cancelled', content: textOf(frames) });
    expect(expectedText(5000).startsWith(message.content)).toBe(true);
    const { turn } = (await on.alice.ask('GET', `/chat/threads/${threadId}/turns/${turnId}`)).body;
    expect(turn.status).toBe('cancelled');
    const again = await on.alice.ask('POST', `/chat/threads/${threadId}/turns/${turnId}/cancel`);
    expect([again.status, again.body.turn.status]).toEqual([202, 'cancelled']);
    const next = await on.alice.ask('POST', `/chat/threads/${threadId}/messages`, {
      content: 'Next [[tokens=2]]',
    });
    expect(next.body.response).toBe(expectedText(2));
  });

  it('a watcher does not stop the turn, unless it asked for that', async () => {
    const threadId = await on.alice.newThread();
    const left = await on.alice.stream(threadId, 'Go on [[tokens=150 delay=4]]');
    await readSome(left, 20);
    left.close();
    const watcher = await on.alice.watch(threadId);
    const frames = await framesUntil(watcher, 'done');
    watcher.close();
    expect(frames.at(-1)?.data['status']).toBe('completed');
    expect(textOf(frames)).toBe(expectedText(150));

    const leaving = await on.alice.stream(threadId, 'Stop then [[tokens=5000 delay=4]]', {
      options: { onDisconnect: 'cancel' },
    });
    await readSome(leaving, 20);
    leaving.close();
    await on.standIn.requests.at(-1)!.closed;
    const again = await on.alice.watch(threadId, frames.at(-1)!.id);
    const ended = await framesUntil(again, 'done');
    again.close();
    expect(ended.at(-1)?.data['status']).toBe('cancelled');
  });

  it('deleting a thread stops its turn, ends its streams and forgets everything', async () => {
    const threadId = await on.alice.newThread();
    const stream = await on.alice.stream(threadId, 'Delete me [[tokens=5000 delay=5]]');
    await readSome(stream, 20);
    const watcher = await on.alice.watch(threadId);
    const { status } = await on.alice.ask('DELETE', `/chat/threads/${threadId}`);
    await on.standIn.requests.at(-1)!.closed;

    expect(status).toBe(204);
    for await (const _ of watcher.frames);
    expect((await on.alice.ask('GET', `/chat/threads/${threadId}`)).status).toBe(404);
    expect((await on.alice.ask('GET', `/chat/threads/${threadId}/messages`)).status).toBe(404);
  });

  it('a reader that does not read costs nobody else anything, and gets the whole text when it does', async () => {
    const threadId = await on.alice.newThread();
    const slow = await on.alice.stream(threadId, 'Much [[tokens=60000 perWrite=200]]');
    const { value: connected } = await slow.frames.next();
    const watcher = await on.alice.watch(threadId);
    const whole = await framesUntil(watcher, 'done');
    watcher.close();
    const rest = await framesUntil(slow, 'done');

    expect(textOf(whole)).toBe(expectedText(60_000));
    expect(textOf(rest)).toBe(expectedText(60_000));
    expect(rest.at(-1)?.data['turnId']).toBe(connected!.data['turnId']);
  });

  it('the server leaves what runs to its next start, which ends it for the client that comes back', async () => {
    const own = await startTestServer({ OPENAI_URL: on.standIn.url });
    const bob = await own.user({ sub: 'bob' });
    const threadId = await bob.newThread();
    const stream = await bob.stream(threadId, 'Leave me [[tokens=400 delay=5]]');
    const frames = await readSome(stream, 30);
    const turnId = frames[0]!.data['turnId'];
    const stopping = own.stop(500);
    const late = await lateMessage(bob, threadId);
    for await (const frame of stream.frames) frames.push(frame);
    await stopping;

    expect(late).toBe('SHUTTING_DOWN');
    expect(frames.map(({ type }) => type)).not.toContain('done');
    expect(frames.map(({ type }) => type)).not.toContain('error');
    const restarted = await startTestServer({
      DATABASE_URL: own.connectionString,
      OPENAI_URL: on.standIn.url,
    });
    const again = await restarted.user({ sub: 'bob' });
    const last = frames.findLast(({ id }) => id !== undefined)!.id!;
    const watcher = await again.watch(threadId, undefined, { 'last-event-id': String(last) });
    const rest = await framesUntil(watcher, 'done');
    watcher.close();

    expect(rest.filter(({ type }) => type === 'ai_reset').map(({ data }) => data['reason'])).toEqual([
      'SHUTTING_DOWN',
    ]);
    expect(rest.at(-1)?.data).toEqual({ success: true, turnId, status: 'completed' });
    const { messages } = (await again.ask('GET', `/chat/threads/${threadId}/messages?order=desc`)).body;
    expect(messages[0]).toMatchObject({ status: 'complete', content: expectedText(400) });
    await restarted.close();
  });

  it('the server ends what runs as interrupted where it was told to, tells its watchers, and keeps what was said', async () => {
    const own = await startTestServer({ OPENAI_URL: on.standIn.url, SHUTDOWN: 'interrupt' });
    const bob = await own.user({ sub: 'bob' });
    const threadId = await bob.newThread();
    const stream = await bob.stream(threadId, 'Interrupt me [[tokens=5000 delay=5]]');
    const frames = await readSome(stream, 30);
    const stopping = own.stop(500);
    const late = await lateMessage(bob, threadId);
    frames.push(...(await framesUntil(stream, 'done')));
    await stopping;

    expect(late).toBe('SHUTTING_DOWN');
    expect(frames.slice(-2).map(({ type, data }) => [type, data['code'] ?? data['status']])).toEqual([
      ['error', 'SHUTTING_DOWN'],
      ['done', 'interrupted'],
    ]);
    const restarted = await startTestServer({ DATABASE_URL: own.connectionString });
    const again = await (
      await restarted.user({ sub: 'bob' })
    ).ask('GET', `/chat/threads/${threadId}/messages?order=desc`);
    expect(again.body.messages[0]).toMatchObject({ status: 'interrupted', content: textOf(frames) });
    await restarted.close();
  });
});
