import { expectedText } from '../doubles/openai-stand-in.js';
import { userFor } from '../support/short-token.js';
import { framesUntil, textOf, type OpenedStream } from '../support/sse-client.js';
import { stage } from '../support/stage.js';
import { until } from '../support/until.js';

const LONG = '[[tokens=120 delay=50]]';

describe('a stream whose token ends', () => {
  const on = stage();

  const endOf = async (stream: OpenedStream) => {
    const frames = await framesUntil(stream, 'never');
    return { frames, last: frames.at(-1)! };
  };

  it('says so and ends, without a `done`; the turn goes on, and a new token takes the stream up where it was', async () => {
    const threadId = await on.alice.newThread();
    const watcher = await (await userFor(on.server.url, 2_000)).watch(threadId);
    const poster = await userFor(on.server.url, 2_000);
    const posted = await poster.stream(threadId, `Tell me ${LONG}`, { options: { onDisconnect: 'cancel' } });
    for (const stream of [watcher, posted]) {
      const { frames, last } = await endOf(stream);
      expect(last).toMatchObject({
        type: 'error',
        id: undefined,
        data: { code: 'UNAUTHENTICATED', retryable: true, message: expect.stringContaining('new token') },
      });
      expect(frames.some(({ type }) => type === 'done')).toBe(false);
      expect(frames.length).toBeGreaterThan(3);
      const cursor = frames.findLast(({ id }) => id !== undefined)!.id;
      const rest = await framesUntil(await on.alice.watch(threadId, cursor), 'done');
      expect(textOf([...frames, ...rest])).toBe(expectedText(120));
    }
    const { body } = await on.alice.ask('GET', `/chat/threads/${threadId}/messages`);
    expect(body.messages.at(-1)).toMatchObject({ status: 'complete', content: expectedText(120) });
  });

  it('does so too while nothing is said', async () => {
    const threadId = await on.alice.newThread();
    const { frames, last } = await endOf(await (await userFor(on.server.url, 1_500)).watch(threadId));
    expect(frames.map(({ type }) => type)).toEqual(['connected', 'error']);
    expect(last.data['code']).toBe('UNAUTHENTICATED');
  });

  it('is told in the words of each wire', async () => {
    const threadId = await on.alice.newThread();
    const say = async (path: string, body: unknown, method = 'POST', milliseconds = 2_000) => {
      const user = await userFor(on.server.url, milliseconds);
      const response = await fetch(on.server.url + path, {
        method,
        headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const frames = (await response.text()).trim().split('\n\n');
      return frames.map((frame) => frame.replace(/^: ping\n?/, ''));
    };
    const message = `Tell me ${LONG}`;

    const { message_id: id } = (await on.alice.ask('POST', '/api/messages', { content: message })).body;
    const conversation = {
      messages: [{ role: 'user', content: message }],
      model: 'gpt-4o',
      provider: 'openai',
    };
    const [alone, inThread, followed, streamed] = await Promise.all([
      say('/chat', { message, stream: true }),
      say('/chat', { message, stream: true, threadId }),
      say(`/api/chat/stream/${id}`, undefined, 'GET'),
      say('/api/stream', conversation),
    ]);
    for (const chat of [alone, inThread]) {
      expect(chat.at(-1)).toBe('data: [DONE]');
      expect(chat.at(-2)).toContain('"code":"UNAUTHENTICATED"');
      expect(chat.length).toBeGreaterThan(4);
    }
    expect(followed.at(-2)).toMatch(/"type":"error".*"code":"UNAUTHENTICATED"/);
    expect(streamed.at(-1)).toMatch(/^event: error\ndata: .*"code":"UNAUTHENTICATED"/);

    const asked = on.standIn.requests.length;
    const completed = await say('/v1/chat/completions', {
      ...conversation,
      provider: undefined,
      stream: true,
    });
    expect(completed.at(-1)).toMatch(/^data: {"error":.*"code":"UNAUTHENTICATED"/);
    expect(completed.join()).not.toContain('"finish_reason":"stop"');
    // Nobody reads on, so nobody is asked on.
    await until(() => on.standIn.requests[asked]?.closedAt !== undefined);
  }, 120_000);
});
