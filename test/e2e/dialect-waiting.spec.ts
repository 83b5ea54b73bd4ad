import { expectedText } from '../doubles/openai-stand-in.js';
import { stage } from '../support/stage.js';
import { until } from '../support/until.js';
import { APPROVED, INTAKE } from '../support/waiting-turns.js';
import { readWire, type WireEvent } from '../support/wire-client.js';

const PROMPT = 'Is the summary right? What is to be corrected before it is handed over?';
const THIRD = 'Since this morning. [[tokens=4]]';
/** What a person is to see of the turn while it waits. */
const ASKED = `${expectedText(4)}\n\n${PROMPT}`;

describe('a turn that waits for a person, on wires that have no word for it', () => {
  const on = stage();
  const wire = (path: string, body?: unknown) => readWire(on.server.url, on.alice, path, body);
  const textOf = (events: readonly WireEvent[]) => events.map(({ data }) => data.content ?? '').join('');

  /** A thread whose next message runs up to its review. */
  async function beforeReview(): Promise<string> {
    const threadId = await on.alice.newThread(INTAKE);
    for (const content of ['The elevator is stuck.', 'On the third floor.'])
      await on.alice.ask('POST', `/chat/threads/${threadId}/messages`, { content });
    return threadId;
  }

  async function approve(threadId: string): Promise<void> {
    const { inputs } = (await on.alice.ask('GET', '/inputs?status=open')).body;
    const input = inputs.find((one: { threadId: string }) => one.threadId === threadId);
    expect((await on.alice.ask('POST', `/inputs/${input.id}`, APPROVED)).status).toBe(202);
    const thread = async () => (await on.alice.ask('GET', `/chat/threads/${threadId}`)).body.thread;
    await until(async () => (await thread()).status === 'idle');
  }

  it('says what is asked in POST /chat, at once and streamed', async () => {
    const [atOnce, streamed] = [await beforeReview(), await beforeReview()];
    const whole = await wire('/chat', { message: THIRD, threadId: atOnce });
    expect(whole.status).toBe(200);
    expect(JSON.parse(whole.text)).toMatchObject({
      ...{ response: ASKED, provider: 'openai', threadId: atOnce },
      usage: { outputTokens: 4 },
    });
    const { events } = await wire('/chat', { message: THIRD, threadId: streamed, stream: true });
    expect(textOf(events)).toBe(ASKED);
    expect(events.slice(-2).map(({ data }) => data)).toEqual([{ finishReason: 'stop' }, '[DONE]']);

    const next = await wire('/chat', { message: 'And?', threadId: atOnce });
    expect([next.status, JSON.parse(next.text).code]).toEqual([409, 'THREAD_BUSY']);
  });

  it('says it in /api/chat/stream, and what was said in its place once it is answered', async () => {
    const threadId = await beforeReview();
    const { text } = await wire('/api/messages', { content: THIRD, conversation_id: threadId });
    const follow = async () => (await wire(`/api/chat/stream/${JSON.parse(text).message_id}`)).events;
    for (const events of [await follow(), await follow()]) {
      expect(textOf(events)).toBe(ASKED);
      expect(events.at(-1)!.data).toEqual({ type: 'done' });
    }
    await approve(threadId);
    const { messages } = (await on.alice.ask('GET', `/chat/threads/${threadId}/messages?limit=200`)).body;
    const events = await follow();
    expect(textOf(events)).toBe(`${expectedText(4)}\n\n${messages.at(-1).content}`);
    expect(events.at(-1)!.data).toEqual({ type: 'done' });
  });

  it('says it in /api/stream, under one id from the first frame to the last', async () => {
    const body = { messages: [{ id: 'm3', role: 'user', content: THIRD }], model: 'some-model' };
    const { events } = await wire('/api/stream', { ...body, chatId: await beforeReview() });
    expect(events[0]!.event).toBe('message-start');
    expect(textOf(events)).toBe(ASKED);
    expect(events.at(-1)).toMatchObject({ event: 'message-complete', data: { fullContent: ASKED } });
    expect(new Set(events.map(({ data }) => data.messageId)).size).toBe(1);
  });
});
