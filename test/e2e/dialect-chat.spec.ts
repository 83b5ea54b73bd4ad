import { expectedText } from '../doubles/openai-stand-in.js';
import { chatStage, ISO, textOf } from '../support/chat-stage.js';
import { startTestServer } from '../support/test-server.js';
import { openWire, readWire, someOf } from '../support/wire-client.js';

const ERROR = {
  error: expect.any(String),
  message: expect.any(String),
  code: expect.any(String),
  retryable: expect.any(Boolean),
  details: expect.any(Object),
};

describe('POST /chat', () => {
  const on = chatStage();

  it('answers one message at once, and leaves no thread behind', async () => {
    const carol = await on.server.user({ sub: 'carol' });
    const { status, headers, text } = await on.chat('{"message": "Hello!", "provider": "claude"}', carol);

    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('x-request-id')).toBeTruthy();
    expect(JSON.parse(text)).toEqual({
      response: expectedText(20),
      provider: 'claude',
      model: on.anthropic.requests.at(-1)!.body.model,
      usage: expect.objectContaining({ inputTokens: expect.any(Number), outputTokens: 20 }),
      timestamp: expect.stringMatching(ISO),
    });
    expect(await on.threads(carol)).toEqual([]);
  });

  it('streams one answer, piece by piece, and leaves no thread behind', async () => {
    const carol = await on.server.user({ sub: 'carol' });
    const { status, headers, text, events } = await on.chat(
      '{"message": "Count to 5", "stream": true}',
      carol,
    );

    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-cache, no-transform');
    expect(headers.get('x-accel-buffering')).toBe('no');
    expect(headers.get('content-encoding')).toBeNull();
    expect(headers.get('x-request-id')).toBeTruthy();
    expect(text).toMatch(
      /^(data: \{"content":"[^\n]+"\}\n\n)+data: \{"finishReason":"stop"\}\n\ndata: \[DONE\]\n\n$/,
    );
    expect(textOf(events)).toBe(expectedText(20));
    expect(await on.threads(carol)).toEqual([]);
  });

  it('passes pieces on as they come', async () => {
    const wire = await openWire(on.server.url, on.alice, '/chat', {
      message: 'Slowly [[tokens=5 delay=300]]',
      stream: true,
    });
    const [first] = await someOf(wire, 1);

    expect(expectedText(5).startsWith(first!.data.content)).toBe(true);
    expect(first!.data.content.length).toBeLessThan(expectedText(3).length);
    expect(on.openAi.requests.at(-1)!.closedAt).toBeUndefined();
    wire.close();
    await on.openAi.requests.at(-1)!.closed;
  });

  it('asks the provider and the model that are named', async () => {
    const { text } = await on.chat({ message: 'Hi [[tokens=2]]', provider: 'openai', model: 'some-model' });
    expect(JSON.parse(text)).toMatchObject({ provider: 'openai', model: 'some-model' });
    expect(on.openAi.requests.at(-1)!.body.model).toBe('some-model');

    const both = await on.chat({ message: 'Hi [[tokens=2]]', model: 'claude/claude-x', stream: true });
    expect(textOf(both.events)).toBe(expectedText(2));
    expect(on.anthropic.requests.at(-1)!.body.model).toBe('claude-x');
  });

  it('says why an answer ended', async () => {
    const { events } = await on.chat({ message: 'Cut [[tokens=3 fault=length]]', stream: true });

    expect(events.slice(-2).map(({ data }) => data)).toEqual([{ finishReason: 'length' }, '[DONE]']);
  });

  it.each([
    [{ provider: 'nobody' }, 'UNKNOWN_PROVIDER'],
    [{ provider: 'groq' }, 'PROVIDER_NOT_CONFIGURED'],
    [{ provider: 'local', model: 'hash-384' }, 'STREAMING_NOT_SUPPORTED'],
  ])('refuses a stream of %j with a plain status', async (choice, code) => {
    const { status, text } = await on.chat({ message: 'Hi', stream: true, ...choice });

    expect([status, JSON.parse(text)]).toEqual([400, { ...ERROR, code }]);
  });

  it.each([
    {},
    { message: '' },
    { message: ' \n' },
    { message: 5 },
    { message: 'a\0b' },
    { message: 'Hi', stream: 'yes' },
    { message: 'Hi', more: 1 },
    { stream: true },
    'not JSON',
  ])('refuses the body %j', async (body) => {
    const asked = on.openAi.requests.length;
    const { status, text } = await on.chat(body);

    expect([status, JSON.parse(text)]).toEqual([400, { ...ERROR, code: 'VALIDATION_FAILED' }]);
    expect(on.openAi.requests.length).toBe(asked);
  });

  it('needs a token', async () => {
    const { status, text } = await readWire(on.server.url, undefined, '/chat', {
      message: 'Hi',
      stream: true,
    });

    expect([status, JSON.parse(text).code]).toEqual([401, 'UNAUTHENTICATED']);
  });

  it('does not stand in the way of what is below it', async () => {
    expect((await on.alice.ask('POST', '/chat/threads', {})).status).toBe(201);
    expect((await on.alice.ask('GET', '/chat')).status).toBe(404);
  });

  it('tells by a status what fails before the first piece, streamed or not', async () => {
    for (const stream of [true, false]) {
      const broken = await on.chat({ message: 'Hi [[fault=server_error]]', stream });
      expect([broken.status, JSON.parse(broken.text)]).toEqual([
        503,
        { ...ERROR, code: 'PROVIDER_UNAVAILABLE', retryable: true },
      ]);
      expect(broken.text).not.toContain('secret');
      const refused = await on.chat({ message: 'Hi [[fault=context_length]]', stream });
      expect([refused.status, JSON.parse(refused.text).code]).toEqual([422, 'CONTEXT_TOO_LONG']);
    }
  });

  it('tells by a frame what fails after it', async () => {
    const { status, text, events } = await on.chat({
      message: 'Break [[tokens=20 fault=cut:3]]',
      stream: true,
    });

    expect(status).toBe(200);
    expect(textOf(events)).toBe(expectedText(3));
    expect(events.at(-2)!.data).toEqual({ error: { ...ERROR, code: 'PROVIDER_ERROR' } });
    expect(events.at(-1)!.data).toBe('[DONE]');
    expect(text).not.toContain('finishReason');
  });

  it('ends an answer that grows without bound', async () => {
    const { events } = await on.chat({ message: 'Much [[tokens=20000 perWrite=50]]', stream: true });
    expect(events.at(-2)!.data.error).toMatchObject({ code: 'PROVIDER_ERROR', retryable: false });
    expect(textOf(events).length).toBeLessThanOrEqual(20_000);

    const { status, text } = await on.chat({ message: 'Much [[tokens=20000 perWrite=50]]' });
    expect([status, JSON.parse(text).code]).toEqual([502, 'PROVIDER_ERROR']);
  });

  it('closes the provider’s connection when its client goes, streamed or not', async () => {
    const wire = await openWire(on.server.url, on.alice, '/chat', {
      message: 'Leave me [[tokens=1500 delay=30]]',
      stream: true,
    });
    await someOf(wire, 3);
    wire.close();
    await on.openAi.requests.at(-1)!.closed;

    const asked = on.openAi.requests.length;
    const controller = new AbortController();
    const waiting = fetch(`${on.server.url}/chat`, {
      method: 'POST',
      headers: { authorization: `Bearer ${on.alice.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ message: 'Leave me too [[tokens=1500 delay=30]]' }),
      signal: controller.signal,
    }).catch((error: Error) => error.name);
    while (on.openAi.requests.length === asked) await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort();
    expect(await waiting).toBe('AbortError');
    await on.openAi.requests.at(-1)!.closed;
  });

  it('goes to another provider before it has been heard, and at once only where it can take back', async () => {
    const own = await startTestServer({
      OPENAI_URL: on.openAi.url,
      ANTHROPIC_URL: on.anthropic.url,
      ANTHROPIC_API_KEY: 'sk-ant-test',
      LLM_FALLBACKS: 'claude/claude-x',
      LLM_MAX_RETRIES: '0',
    });
    const user = await own.user();
    on.openAi.script(
      { tokens: 20, fault: 'cut', at: 3 },
      { fault: 'server_error' },
      { tokens: 20, fault: 'cut', at: 3 },
    );
    on.anthropic.script({ tokens: 4 }, { tokens: 5 });
    const body = { message: 'Fail over', provider: 'openai' };
    const whole = await readWire(own.url, user, '/chat', body);
    const early = await readWire(own.url, user, '/chat', { ...body, stream: true });
    const late = await readWire(own.url, user, '/chat', { ...body, stream: true });
    await own.close();

    expect(JSON.parse(whole.text)).toMatchObject({ response: expectedText(4), provider: 'claude' });
    expect(textOf(early.events)).toBe(expectedText(5));
    expect(textOf(late.events)).toBe(expectedText(3));
    expect(late.events.at(-2)!.data.error.code).toBe('PROVIDER_ERROR');
  });

  it('takes a place for streams, and gives it back', async () => {
    const own = await startTestServer({ OPENAI_URL: on.openAi.url, MAX_STREAMS_PER_USER: '1' });
    const user = await own.user();
    const body = { message: 'Long [[tokens=5000 delay=5]]', stream: true };
    const wire = await openWire(own.url, user, '/chat', body);
    await someOf(wire, 1);
    const refused = await readWire(own.url, user, '/chat', body);
    wire.close();
    await on.openAi.requests.at(-1)!.closed;
    const answers = [];
    for (const message of ['[[fault=bad_request]]', '[[tokens=1]]', '[[tokens=2]]'])
      answers.push(await readWire(own.url, user, '/chat', { message, stream: true }));
    await own.close();

    expect([refused.status, JSON.parse(refused.text).code]).toEqual([429, 'RATE_LIMITED']);
    expect(refused.headers.get('retry-after')).toBeTruthy();
    expect(answers.map(({ status }) => status)).toEqual([expect.any(Number), 200, 200]);
    expect(answers[0]!.status).not.toBe(429);
  });

  it('says so when the server stops', async () => {
    const own = await startTestServer({ OPENAI_URL: on.openAi.url });
    const wire = await openWire(own.url, await own.user(), '/chat', {
      message: 'Long [[tokens=5000 delay=5]]',
      stream: true,
    });
    const events = await someOf(wire, 3);
    const stopping = own.close();
    events.push(...(await someOf(wire, 10_000)));
    await stopping;

    expect(events.slice(-2).map(({ data }) => data.error?.code ?? data)).toEqual(['SHUTTING_DOWN', '[DONE]']);
    await on.openAi.requests.at(-1)!.closed;
  });
});
