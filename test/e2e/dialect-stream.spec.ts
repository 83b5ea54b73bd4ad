import { expectedText } from '../doubles/openai-stand-in.js';
import { apiStream, assistant, expectWhole, textOf, user } from '../support/api-stream.js';
import { startTestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';
import { openWire, readWire, someOf } from '../support/wire-client.js';

const SEED = `{
    "messages": [
      {
        "id": "test-1",
        "role": "user",
        "content": "Hello!",
        "timestamp": "2024-01-01T00:00:00Z"
      }
    ],
    "model": "llama2"
  }`;

const threadsOf = async (who: TestUser) => (await who.ask('GET', '/chat/threads')).body.threads;

describe('POST /api/stream', () => {
  const on = apiStream();

  it('streams named events from ollama, and leaves no thread behind', async () => {
    const carol = await on.server.user({ sub: 'carol' });
    const answer = await on.stream(SEED, carol);

    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(answer.headers.get('x-accel-buffering')).toBe('no');
    expect(answer.text).toMatch(/^event: message-start\ndata: \{"messageId":"[0-9a-f-]{36}"\}\n\nevent: /);
    expectWhole(answer, expectedText(20));
    expect(on.ollama.requests.at(-1)!.body).toMatchObject({
      model: 'llama2',
      messages: [{ role: 'user', content: 'Hello!' }],
    });
    expect(await threadsOf(carol)).toEqual([]);
  });

  it('sends what the client says was said, and every system message as one prompt', async () => {
    const answer = await on.stream({
      messages: [
        { role: 'system', content: 'Be kind.' },
        { id: '1', role: 'user', content: 'First', timestamp: 1_700_000_000_000 },
        { id: '2', role: 'assistant', content: 'Second', timestamp: null },
        { role: 'assistant', content: '' },
        user('Third [[tokens=2]]'),
      ],
      model: 'llama2',
      systemPrompt: 'Be brief.',
    });

    expectWhole(answer, expectedText(2));
    expect(on.ollama.requests.at(-1)!.body.messages).toEqual([
      { role: 'system', content: 'Be brief.\n\nBe kind.' },
      { role: 'user', content: 'First' },
      { role: 'assistant', content: 'Second' },
      { role: 'user', content: 'Third [[tokens=2]]' },
    ]);
  });

  it('asks the provider that is named, or the current one where there is no ollama', async () => {
    const asked = on.ollama.requests.length;
    await on.stream({ messages: [user('Hi [[tokens=2]]')], model: 'some-model', provider: 'openai' });
    expect(on.openAi.requests.at(-1)!.body.model).toBe('some-model');

    const own = await startTestServer({ OPENAI_URL: on.openAi.url });
    const body = { messages: [user('Hi [[tokens=3]]')], model: 'llama2' };
    expectWhole(await readWire(own.url, await own.user(), '/api/stream', body), expectedText(3));
    await own.close();
    expect(on.openAi.requests.at(-1)!.body.model).toBe('llama2');
    expect(on.ollama.requests.length).toBe(asked);
  });

  it.each([
    {},
    { messages: [], model: 'm' },
    { messages: [user('Hi')] },
    { messages: [user('Hi')], model: '' },
    { messages: [user('')], model: 'm' },
    { messages: [user('Hi'), assistant('Hello')], model: 'm' },
    { messages: [{ role: 'tool', content: 'x' }, user('Hi')], model: 'm' },
    { messages: [{ role: 'user' }], model: 'm' },
    { messages: 'Hi', model: 'm' },
    { messages: [user('Hi')], model: 'm', chatId: '' },
    { messages: [user('Hi')], model: 'm', chatId: 'x'.repeat(201) },
    { messages: [user('Hi')], model: 'm', more: 1 },
    { messages: [{ ...user('Hi'), more: 1 }], model: 'm' },
    'not JSON',
  ])('refuses the body %j', async (body) => {
    const { status, text } = await on.stream(body);

    expect([status, JSON.parse(text).code]).toEqual([400, 'VALIDATION_FAILED']);
  });

  it.each([
    [{ provider: 'nobody' }, 'UNKNOWN_PROVIDER'],
    [{ provider: 'groq' }, 'PROVIDER_NOT_CONFIGURED'],
  ])('refuses %j, and makes no thread for it', async (choice, code) => {
    const dave = await on.server.user({ sub: 'dave' });
    for (const more of [{}, { chatId: 'chat-1' }]) {
      const { status, text } = await on.stream(
        { messages: [user('Hi')], model: 'm', ...choice, ...more },
        dave,
      );
      expect([status, JSON.parse(text).code]).toEqual([400, code]);
    }
    expect(await threadsOf(dave)).toEqual([]);
  });

  it('needs a token', async () => {
    expect((await readWire(on.server.url, undefined, '/api/stream', SEED)).status).toBe(401);
  });

  it('tells by a status what fails before the first piece, and by an event what fails after it', async () => {
    const early = await on.stream({ messages: [user('Hi [[fault=server_error]]')], model: 'llama2' });
    expect([early.status, JSON.parse(early.text).code]).toEqual([503, 'PROVIDER_UNAVAILABLE']);

    const { status, events } = await on.stream({ messages: [user('Hi [[fault=cut:3]]')], model: 'llama2' });
    expect(status).toBe(200);
    expect(textOf(events)).toBe(expectedText(3));
    expect(events.at(-1)).toEqual({
      event: 'error',
      data: { message: expect.any(String), code: 'PROVIDER_ERROR', retryable: true },
    });
    expect(events.map(({ event }) => event)).not.toContain('message-complete');
  });

  it('closes the provider’s connection when its client goes', async () => {
    const body = { messages: [user('Leave [[tokens=5000 delay=5]]')], model: 'llama2' };
    const wire = await openWire(on.server.url, on.alice, '/api/stream', body);
    await someOf(wire, 3);
    wire.close();

    await on.ollama.requests.at(-1)!.closed;
  });
});
