import { newId } from '../../src/kernel/index.js';
import { expectedText } from '../doubles/openai-stand-in.js';
import { chatStage, ISO, textOf } from '../support/chat-stage.js';
import { openWire, someOf } from '../support/wire-client.js';

describe('POST /chat', () => {
  const on = chatStage();

  describe('with a thread', () => {
    it('is a turn of it, with what was said before', async () => {
      const threadId = await on.alice.newThread();
      const first = await on.chat({ message: 'First [[tokens=3]]', threadId });
      const second = await on.chat({ message: 'Second [[tokens=4]]', threadId, stream: true });

      expect(first.status).toBe(200);
      expect(JSON.parse(first.text)).toEqual({
        response: expectedText(3),
        provider: 'openai',
        model: expect.any(String),
        usage: expect.objectContaining({ outputTokens: 3 }),
        timestamp: expect.stringMatching(ISO),
        threadId,
      });
      expect(textOf(second.events)).toBe(expectedText(4));
      expect(second.events.slice(-2).map(({ data }) => data)).toEqual([{ finishReason: 'stop' }, '[DONE]']);
      const { messages } = (await on.alice.ask('GET', `/chat/threads/${threadId}/messages`)).body;
      expect(messages.map(({ content }: { content: string }) => content)).toEqual([
        'First [[tokens=3]]',
        expectedText(3),
        'Second [[tokens=4]]',
        expectedText(4),
      ]);
      expect(on.openAi.requests.at(-1)!.body.messages).toHaveLength(3);
    });

    it('goes on without its client', async () => {
      const threadId = await on.alice.newThread();
      const wire = await openWire(on.server.url, on.alice, '/chat', {
        message: 'Go on [[tokens=60 delay=5]]',
        threadId,
        stream: true,
      });
      await someOf(wire, 2);
      wire.close();
      await on.openAi.requests.at(-1)!.ended;

      expect(on.openAi.requests.at(-1)!.closedAt).toBeUndefined();
      let message;
      do {
        const { body } = await on.alice.ask('GET', `/chat/threads/${threadId}/messages?order=desc&limit=1`);
        message = body.messages[0];
      } while (message.status === 'streaming');
      expect(message).toMatchObject({ status: 'complete', content: expectedText(60) });
    });

    it('is refused while it is busy, and where there is none', async () => {
      const threadId = await on.alice.newThread();
      const bob = await on.server.user({ sub: 'bob' });
      const wire = await openWire(on.server.url, on.alice, '/chat', {
        message: 'Long [[tokens=5000 delay=5]]',
        threadId,
        stream: true,
      });
      await someOf(wire, 1);
      for (const stream of [true, false]) {
        const busy = await on.chat({ message: 'Hi', threadId, stream });
        expect([busy.status, JSON.parse(busy.text).code]).toEqual([409, 'THREAD_BUSY']);
        for (const [user, id] of [
          [bob, threadId],
          [on.alice, newId()],
          [on.alice, 'no-id'],
        ] as const) {
          const none = await on.chat({ message: 'Hi', threadId: id, stream }, user);
          expect([none.status, JSON.parse(none.text).code]).toEqual([404, 'NOT_FOUND']);
        }
      }
      await on.alice.ask('DELETE', `/chat/threads/${threadId}`);
      const rest = await someOf(wire, 10_000);
      expect(rest.slice(-2).map(({ data }) => data.error?.code ?? data)).toEqual([
        expect.any(String),
        '[DONE]',
      ]);
    });

    it('says what went wrong', async () => {
      const threadId = await on.alice.newThread();
      const broken = await on.chat({ message: 'Break [[tokens=20 fault=cut:3]]', threadId });
      expect([broken.status, JSON.parse(broken.text).code]).toEqual([502, 'PROVIDER_ERROR']);

      const { events } = await on.chat({
        message: 'Break [[tokens=20 fault=cut:3]]',
        threadId,
        stream: true,
      });
      expect(textOf(events)).toBe(expectedText(3));
      expect(events.slice(-2).map(({ data }) => data.error?.code ?? data)).toEqual([
        'PROVIDER_ERROR',
        '[DONE]',
      ]);
    });
  });
});
