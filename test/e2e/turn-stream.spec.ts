import { expectedText } from '../doubles/openai-stand-in.js';
import { framesUntil, textOf } from '../support/sse-client.js';
import { stage } from '../support/stage.js';

describe('a message on a thread', () => {
  const on = stage();

  it('streams its turn in order, with ids that grow by one, and stores what it streamed', async () => {
    const threadId = await on.alice.newThread();
    const stream = await on.alice.stream(threadId, 'Hi [[tokens=40 delay=2]]');
    const frames = await framesUntil(stream, 'done');

    const [connected, ...events] = frames;
    expect(connected).toMatchObject({ id: undefined, type: 'connected', data: { threadId, lastEventId: 0 } });
    const order = events.map(({ type, data }) =>
      type === 'workflow_status' ? `${type}:${data['status']}` : type,
    );
    expect(order.filter((type, index) => type !== order[index - 1])).toEqual([
      'message_saved',
      'workflow_status:started',
      'workflow_status:step_started',
      'ai_response',
      'workflow_status:waiting',
      'workflow_complete',
      'done',
    ]);
    const ids = events.map(({ id }) => id!);
    expect(ids[0]).toBe(1);
    ids.slice(1).forEach((id, index) => expect(id).toBeGreaterThan(ids[index]!));
    expect(events.at(-1)?.data).toEqual({
      success: true,
      turnId: connected!.data['turnId'],
      status: 'completed',
    });

    const { messages } = (await on.alice.ask('GET', `/chat/threads/${threadId}/messages`)).body;
    const completed = events.find(({ type }) => type === 'workflow_complete')!;
    expect(messages.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant']);
    expect(messages[0]).toEqual(events[0]!.data['message']);
    expect(messages[1]).toEqual(completed.data['message']);
  });

  it('goes over the wire as the contract says, to the letter', async () => {
    const threadId = await on.alice.newThread();
    const stream = await on.alice.stream(threadId, 'Hi [[tokens=3]]');
    await framesUntil(stream, 'done');

    const headers = stream.response.headers;
    expect(stream.response.status).toBe(200);
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-cache, no-transform');
    expect(headers.get('x-accel-buffering')).toBe('no');
    expect(headers.get('content-encoding')).toBeNull();
    expect(headers.get('x-request-id')).toBeTruthy();
    const [first, ...rest] = stream.text().split('\n\n');
    expect(first).toMatch(/^retry: 1000\ndata: \{"type":"connected","data":\{.*\},"timestamp":"[^"]+Z"\}$/);
    expect(rest.pop()).toBe('');
    rest.forEach((frame, index) => {
      expect(frame).toMatch(/^id: \d+\ndata: \{"type":"[a-z_]+","data":.*,"timestamp":"[^"]+Z"\}$/);
      expect(frame.startsWith(`id: ${index + 1}\n`)).toBe(true);
    });
  });

  it('streams two thousand tokens piece by piece, and pieces, accumulated and stored text are the same', async () => {
    const threadId = await on.alice.newThread();
    const frames = await framesUntil(await on.alice.stream(threadId, 'Long [[tokens=2000 delay=1]]'), 'done');

    const pieces = frames.filter(({ type, data }) => type === 'ai_response' && !data['isComplete']);
    const complete = frames.find(({ type, data }) => type === 'ai_response' && data['isComplete'])!;
    expect(pieces.length).toBeGreaterThan(20);
    expect(textOf(frames)).toBe(expectedText(2000));
    expect(complete.data).toMatchObject({
      content: '',
      accumulated: expectedText(2000),
      finishReason: 'stop',
    });
    expect(complete.data['usage'].outputTokens).toBe(2000);
    const { messages } = (await on.alice.ask('GET', `/chat/threads/${threadId}/messages?order=desc&limit=1`))
      .body;
    expect(messages[0]).toMatchObject({
      content: expectedText(2000),
      status: 'complete',
      provider: 'openai',
    });
  });

  it('sends the provider what was said in the thread before', async () => {
    const threadId = await on.alice.newThread();
    await on.alice.ask('POST', `/chat/threads/${threadId}/messages`, { content: 'First [[tokens=3]]' });
    await on.alice.ask('POST', `/chat/threads/${threadId}/messages`, {
      content: 'Second [[tokens=4]]',
      model: 'some-model',
      options: { temperature: 0.5, maxTokens: 99, systemPrompt: 'Be brief.' },
    });

    const { body } = on.standIn.requests.at(-1)!;
    expect(body['messages']).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'First [[tokens=3]]' },
      { role: 'assistant', content: expectedText(3) },
      { role: 'user', content: 'Second [[tokens=4]]' },
    ]);
    expect(body).toMatchObject({ model: 'some-model', temperature: 0.5, stream: true });
  });

  it('answers without a stream, too', async () => {
    const threadId = await on.alice.newThread();
    const { status, body } = await on.alice.ask('POST', `/chat/threads/${threadId}/messages`, {
      content: 'Hi [[tokens=5]]',
    });

    expect(status).toBe(201);
    expect(body).toMatchObject({
      response: expectedText(5),
      message: { role: 'assistant', content: expectedText(5), status: 'complete' },
      userMessage: { role: 'user', content: 'Hi [[tokens=5]]' },
      turn: { threadId, status: 'completed', attempt: 1, error: null },
      usage: { outputTokens: 5 },
      citations: [],
    });
    expect(body.turn.assistantMessageId).toBe(body.message.id);
    const thread = (await on.alice.ask('GET', `/chat/threads/${threadId}`)).body.thread;
    expect(thread).toMatchObject({
      title: 'Hi [[tokens=5]]',
      status: 'idle',
      messageCount: 2,
      activeTurnId: null,
    });
  });

  it('shows the answer so far to whoever reads the messages meanwhile', async () => {
    const threadId = await on.alice.newThread();
    const stream = await on.alice.stream(threadId, 'Slow [[tokens=400 delay=5]]');
    let text = '';
    for await (const { type, data } of stream.frames) {
      if (type !== 'ai_response') continue;
      text += data['content'];
      if (text.length > 40) break;
    }

    const [message] = (await on.alice.ask('GET', `/chat/threads/${threadId}/messages?order=desc&limit=1`))
      .body.messages;
    expect(message.status).toBe('streaming');
    expect(message.content.startsWith(text)).toBe(true);
    const { thread } = (await on.alice.ask('GET', `/chat/threads/${threadId}`)).body;
    expect(thread).toMatchObject({ status: 'running', activeTurnId: message.turnId });
    await on.alice.ask('POST', `/chat/threads/${threadId}/turns/${message.turnId}/cancel`);
  });

  it('runs turns of two threads at once, each in its own log', async () => {
    const threads = await Promise.all([on.alice.newThread(), on.alice.newThread()]);
    const turns = await Promise.all(
      threads.map(async (threadId, index) =>
        framesUntil(await on.alice.stream(threadId, `Both [[tokens=${50 + index} delay=2]]`), 'done'),
      ),
    );

    turns.forEach((frames, index) => {
      expect(textOf(frames)).toBe(expectedText(50 + index));
      expect(frames[1]?.id).toBe(1);
    });
  });

  it('ends a turn that the provider failed with its error, and takes the next message', async () => {
    const threadId = await on.alice.newThread();
    const frames = await framesUntil(
      await on.alice.stream(threadId, 'Cut [[tokens=50 delay=2 fault=cut:20]]'),
      'done',
    );

    expect(frames.slice(-2).map(({ type }) => type)).toEqual(['error', 'done']);
    expect(frames.at(-2)?.data).toMatchObject({ code: 'PROVIDER_ERROR', retryable: true });
    expect(frames.at(-1)?.data).toMatchObject({ success: false, status: 'failed' });
    const [message] = (await on.alice.ask('GET', `/chat/threads/${threadId}/messages?order=desc&limit=1`))
      .body.messages;
    expect(message).toMatchObject({ status: 'failed', content: textOf(frames) });
    const next = await on.alice.ask('POST', `/chat/threads/${threadId}/messages`, {
      content: 'Again [[tokens=2]]',
    });
    expect(next.status).toBe(201);
  });

  it('answers a failed turn without a stream as a plain status with the error', async () => {
    const threadId = await on.alice.newThread();
    const { status, body } = await on.alice.ask('POST', `/chat/threads/${threadId}/messages`, {
      content: 'Cut [[tokens=50 fault=cut:20]]',
    });

    expect(status).toBe(502);
    expect(body).toMatchObject({ error: 'Bad Gateway', code: 'PROVIDER_ERROR' });
    expect(body.details.turnId).toBeTruthy();
  });

  it.each([
    ['an unknown provider', { provider: 'nobody' }, 'UNKNOWN_PROVIDER', 400],
    ['a provider without a key', { provider: 'claude' }, 'PROVIDER_NOT_CONFIGURED', 400],
    ['an empty message', { content: '   ' }, 'VALIDATION_FAILED', 400],
    ['an unknown field', { surprise: 1 }, 'VALIDATION_FAILED', 400],
    ['U+0000', { content: 'a\0b' }, 'VALIDATION_FAILED', 400],
  ])(
    'refuses %s with a plain status before anything is stored or streamed',
    async (_name, change, code, expected) => {
      const threadId = await on.alice.newThread();
      const body = { content: 'Hi', ...change };
      for (const path of ['messages', 'messages/stream']) {
        const answer = await on.alice.ask('POST', `/chat/threads/${threadId}/${path}`, body);
        expect(answer.status).toBe(expected);
        expect(answer.body.code).toBe(code);
      }
      expect((await on.alice.ask('GET', `/chat/threads/${threadId}/messages`)).body.messages).toEqual([]);
    },
  );

  it('refuses a second message while one is answered, and says which turn it is', async () => {
    const threadId = await on.alice.newThread();
    const stream = await on.alice.stream(threadId, 'Slow [[tokens=1000 delay=5]]');
    const { value: connected } = await stream.frames.next();
    const { status, body } = await on.alice.ask('POST', `/chat/threads/${threadId}/messages`, {
      content: 'Me too',
    });

    expect([status, body.code, body.details.turnId]).toEqual([409, 'THREAD_BUSY', connected!.data['turnId']]);
    await on.alice.ask('POST', `/chat/threads/${threadId}/turns/${connected!.data['turnId']}/cancel`);
  });
});

describe('a guided intake', () => {
  const on = stage();

  it('goes through a step a message, and waits for the review when it has summed up', async () => {
    const threadId = await on.alice.newThread({ workflow: 'guided-intake' });
    const steps: string[] = [];
    for (const message of ['One', 'Two']) {
      const frames = await framesUntil(await on.alice.stream(threadId, `${message} [[tokens=3]]`), 'done');
      const { step, status } = frames.find(({ type }) => type === 'workflow_complete')!.data;
      steps.push(`${step} ${status}`);
    }
    const last = await framesUntil(await on.alice.stream(threadId, 'Three [[tokens=3]]'), 'input_required');

    expect(steps).toEqual(['ask waiting', 'clarify waiting']);
    expect(last.at(-1)!.data).toMatchObject({ kind: 'human_step', schema: { required: ['approved'] } });
    expect(last.filter(({ type, data }) => type === 'ai_response' && data['isComplete'])).toHaveLength(1);
    const instructions = on.standIn.requests.map(({ body }) => body['messages'][0]!.content);
    expect(new Set(instructions).size).toBe(3);
    const { run } = (await on.alice.ask('GET', `/chat/threads/${threadId}/workflow`)).body;
    expect(run).toMatchObject({ workflow: 'guided-intake', version: 2, step: 'review', stepsDone: 3 });

    const content = { approved: false, corrections: 'Say Sie.' };
    const { inputId } = last.at(-1)!.data;
    const answered = await on.alice.ask('POST', `/inputs/${inputId}`, { action: 'accept', content });
    expect(answered.status).toBe(202);
    const after = last.findLast(({ id }) => id !== undefined)!.id;
    const rest = await framesUntil(await on.alice.watch(threadId, after), 'done');
    const told = rest
      .filter(({ type }) => type === 'workflow_status')
      .map(({ data }) => `${data['status']} ${data['step']}`);
    expect(rest.map(({ type }) => type).filter((type) => type !== 'ai_response')).toEqual([
      ...['connected', 'input_resolved', 'workflow_status', 'workflow_status', 'workflow_status'],
      ...['workflow_status', 'workflow_complete', 'done'],
    ]);
    expect(told).toEqual([
      ...[
        'step_completed review',
        'transitioned handover',
        'step_started handover',
        'step_completed handover',
      ],
    ]);
    expect(on.standIn.requests).toHaveLength(4);
    const asked = on.standIn.requests[3]!.body['messages'] as { role: string; content: string }[];
    expect(asked.at(-1)!.content).toContain('approved: false\ncorrections: Say Sie.');
  });
});

describe('a drafted answer', () => {
  const on = stage();

  it('is three messages of one turn, of which the last one answers it', async () => {
    const threadId = await on.alice.newThread({ workflow: 'drafted-answer' });
    const frames = await framesUntil(await on.alice.stream(threadId, 'Why? [[tokens=3]]'), 'done');
    const complete = frames.filter(({ type, data }) => type === 'ai_response' && data['isComplete']);
    const ids = complete.map(({ data }) => data['messageId'] as string);
    expect(new Set(ids).size).toBe(3);
    const { message, step, status } = frames.find(({ type }) => type === 'workflow_complete')!.data;
    expect([step, status, message.id]).toEqual(['revise', 'waiting', ids[2]]);
    expect(on.standIn.requests).toHaveLength(3);
    const { messages } = (await on.alice.ask('GET', `/chat/threads/${threadId}/messages`)).body;
    expect(messages.map(({ role, step: of }: { role: string; step: string }) => `${role} ${of}`)).toEqual([
      ...['user null', 'assistant draft', 'assistant critique', 'assistant revise'],
    ]);
  });
});
