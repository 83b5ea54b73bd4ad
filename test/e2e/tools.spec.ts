import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { framesUntil, type ReceivedFrame } from '../support/sse-client.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';
import { until } from '../support/until.js';

const call = (name: string, args: unknown) => `{{call ${name} ${JSON.stringify(args)}}}`;
const js = (code: string) => call('execute_javascript', { code });
const TOOLS = { tools: true };

const ofCalls = (frames: readonly ReceivedFrame[]) => frames.filter(({ type }) => type.startsWith('tool_'));
const inShort = (frames: readonly ReceivedFrame[]) =>
  ofCalls(frames).map(({ type, data }) => `${type} ${data['status'] ?? data['ok']}`);
const rolesOf = (messages: readonly { readonly role: string }[]) => messages.map(({ role }) => role);

describe('a turn whose model calls tools', () => {
  let standIn: OpenAiStandIn;
  let server: TestServer;
  let user: TestUser;
  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
    server = await startTestServer({ OPENAI_URL: standIn.url, MAX_TOOL_ITERATIONS: '2' });
    user = await server.user();
  });
  afterAll(async () => {
    await server.close();
    await standIn.close();
  });

  const pathOf = (threadId: string) => `/chat/threads/${threadId}/messages`;
  const eventsOf = async (threadId: string) => framesUntil(await user.watch(threadId, 0), 'done');

  async function told(content: string, options: object = TOOLS) {
    const threadId = await user.newThread();
    const { status, body } = await user.ask('POST', pathOf(threadId), { content, options });
    const { messages } = (await user.ask('GET', pathOf(threadId))).body;
    return { threadId, status, body, messages, events: await eventsOf(threadId) };
  }

  it('has a message for each answer of the model and each result, and events that say so', async () => {
    const { status, body, messages, events } = await told(`What is 6 times 7? ${js('6 * 7')}`);
    expect([status, body.message.content]).toEqual([201, 'The tool says: 42']);
    expect(rolesOf(messages)).toEqual(['user', 'assistant', 'tool', 'assistant']);
    const [, calling, result, last] = messages;
    expect(calling).toMatchObject({
      content: '',
      status: 'complete',
      toolCalls: [{ name: 'execute_javascript' }],
    });
    expect(result).toMatchObject({ content: '42', toolCallId: calling.toolCalls[0].id });
    expect(last.id).toBe(body.message.id);
    expect(inShort(events)).toEqual(['tool_call requested', 'tool_call executing', 'tool_result true']);
    expect(ofCalls(events)[0]!.data).toMatchObject({ messageId: calling.id, title: 'Run JavaScript' });
    expect(events.at(-1)!.type).toBe('done');
  });

  it('gives each call its result, also what cannot be called or fails', async () => {
    const calls = [
      ...[js('throw new Error("broken")'), js('"fine"')],
      ...[call('make_coffee', {}), call('execute_javascript', { program: 1 })],
    ];
    const { status, events, messages } = await told(`Try all of it. ${calls.join(' ')}`);
    expect(status).toBe(201);
    const results = ofCalls(events).filter(({ type }) => type === 'tool_result');
    const byCall = new Map(results.map(({ data }) => [data['callId'], data]));
    const inOrder = messages[1].toolCalls.map(({ id }: { id: string }) => byCall.get(id));
    expect(inOrder.map(({ ok }: { ok: boolean }) => ok)).toEqual([false, true, false, false]);
    expect(inOrder[0].content).toContain('broken');
    expect(inOrder[2].content).toContain('no tool "make_coffee"');
    expect(inOrder[3].content).toContain('do not fit');
    const sent = standIn.requests.at(-1)!.body.messages;
    expect(sent.slice(-4).map(({ role, content }) => [role, content])).toEqual(
      inOrder.map(({ content }: { content: string }) => ['tool', content]),
    );
  });

  it('ends after so many rounds with an answer without tools', async () => {
    const { status, events } = await told(`Go on for ever. ${js('1')} [[rounds=6 tokens=3]]`);
    expect(status).toBe(201);
    expect(inShort(events).filter((event) => event === 'tool_result true')).toHaveLength(2);
    const offered = standIn.requests.slice(-3).map(({ body }) => body.tools?.length ?? 0);
    expect(offered).toEqual([3, 3, 0]);
  });

  it('offers none where they are not asked for, and those that are named', async () => {
    for (const [options, names] of [
      [{}, undefined],
      [{ tools: false }, undefined],
      [{ tools: [] }, undefined],
      [{ tools: ['read_result'] }, ['read_result']],
    ] as const) {
      await told('Hi [[tokens=1]]', options);
      const tools = standIn.requests.at(-1)!.body.tools as
        readonly { readonly function: { readonly name: string } }[] | undefined;
      expect(tools?.map((tool) => tool.function.name)).toEqual(names);
    }
  });

  it('refuses names of tools that there are not, before anything is stored', async () => {
    const threadId = await user.newThread();
    for (const path of [pathOf(threadId), `${pathOf(threadId)}/stream`, `/chat/threads/${threadId}/turns`])
      for (const unknown of ['unheard_of', 'search_web', 'files__*', 'files__read', '*']) {
        const body = { content: 'Hi', options: { tools: ['read_result', unknown] } };
        const refused = await user.ask('POST', path, body);
        expect([refused.status, refused.body]).toMatchObject([
          400,
          { code: 'UNKNOWN_TOOL', retryable: false, details: { tool: unknown } },
        ]);
      }
    expect((await user.ask('GET', pathOf(threadId))).body.messages).toEqual([]);
  });

  it('shows the model in the next turn what was called and what came of it', async () => {
    const { threadId } = await told(`Remember this. ${js('"kept"')}`);
    await user.ask('POST', pathOf(threadId), { content: 'And now? [[tokens=1]]' });
    const sent = standIn.requests.at(-1)!.body.messages;
    expect(rolesOf(sent)).toEqual(['user', 'assistant', 'tool', 'assistant', 'user']);
    expect(sent[2]).toMatchObject({ content: '"kept"' });
  });

  it('reads on in a result that was too long to be shown', async () => {
    const { threadId, events } = await told(`Make much. ${js('"x".repeat(30000) + "end"')}`);
    const result = ofCalls(events).at(-1)!.data;
    expect(result).toMatchObject({ ok: true, truncated: true });
    expect(result['content']).toMatch(/\[\d+ characters are left out here\..*read_result/s);
    const next = call('read_result', { callId: result['callId'], offset: 29_998 });
    const { body } = await user.ask('POST', pathOf(threadId), {
      content: `Read on. ${next}`,
      options: TOOLS,
    });
    expect(body.message.content).toBe('The tool says: xxxend"');
  });

  it('says that a call was cancelled when its turn is', async () => {
    const threadId = await user.newThread();
    const stream = await user.stream(threadId, `Loop. ${js('for (;;);')}`, { options: TOOLS });
    const frames: ReceivedFrame[] = [];
    for await (const frame of stream.frames) {
      frames.push(frame);
      if (frame.data['status'] !== 'executing') continue;
      const turnId = (await user.ask('GET', `/chat/threads/${threadId}`)).body.thread.activeTurnId;
      await user.ask('POST', `/chat/threads/${threadId}/turns/${turnId}/cancel`);
    }
    expect(frames.slice(-2).map(({ type, data }) => [type, data['content'] ?? data['status']])).toEqual([
      ['tool_result', 'This call was cancelled.'],
      ['done', 'cancelled'],
    ]);
  });

  it('is told what there is', async () => {
    const { body } = await user.ask('GET', '/tools');
    expect(body.tools.map(({ name }: { name: string }) => name)).toEqual([
      'scrape_web_content',
      'execute_javascript',
      'read_result',
    ]);
    expect(body.tools[1]).toMatchObject({
      source: 'builtin',
      approval: 'never',
      annotations: { readOnly: true },
    });
  });
});

describe('a call that a person has to agree to', () => {
  let standIn: OpenAiStandIn;
  let server: TestServer;
  let user: TestUser;
  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
    server = await startTestServer({ OPENAI_URL: standIn.url, TOOL_APPROVAL: 'execute_javascript=ask' });
  });
  beforeEach(async () => {
    user = await server.user({ sub: `user-${Math.random()}` });
  });
  afterAll(async () => {
    await server.close();
    await standIn.close();
  });

  async function waiting(content = `Calculate. ${js('6 * 7')}`) {
    const threadId = await user.newThread();
    const path = `/chat/threads/${threadId}/messages`;
    const { status, body } = await user.ask('POST', path, { content, options: TOOLS });
    return { threadId, status, turnId: body.turn.id, input: body.inputs?.[0], body };
  }
  const answer = (id: string, body: object) => user.ask('POST', `/inputs/${id}`, body);
  async function ended(threadId: string, turnId: string) {
    await until(async () => {
      const { turn } = (await user.ask('GET', `/chat/threads/${threadId}/turns/${turnId}`)).body;
      return turn.endedAt !== null;
    });
    return framesUntil(await user.watch(threadId, 0), 'done');
  }

  it('waits, and is made once with what was agreed to', async () => {
    const { threadId, turnId, status, input } = await waiting();
    expect(status).toBe(202);
    expect(input).toMatchObject({
      kind: 'tool_approval',
      status: 'open',
      prompt: expect.stringContaining('6 * 7'),
    });
    const both = await Promise.all([1, 2].map(() => answer(input.id, { action: 'accept' })));
    expect(both.map((one) => one.status).sort()).toEqual([202, 409]);
    const frames = await ended(threadId, turnId);
    expect(inShort(frames)).toEqual([
      ...['tool_call requested', 'tool_call approved', 'tool_call executing', 'tool_result true'],
    ]);
    expect(ofCalls(frames).at(-1)!.data['content']).toBe('42');
  });

  it('is made with the arguments that a person has put in their place, and shows them', async () => {
    const { threadId, turnId, input } = await waiting();
    const unfit = await answer(input.id, { action: 'accept', content: { arguments: { code: 7 } } });
    expect(unfit).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
    await answer(input.id, { action: 'accept', content: { arguments: { code: '6 * 8' } } });
    const frames = await ended(threadId, turnId);
    const approved = ofCalls(frames).find(({ data }) => data['status'] === 'approved');
    expect(JSON.parse(approved!.data['arguments'])).toEqual({ code: '6 * 8' });
    const said = 'The user changed the arguments of this call to {"code":"6 * 8"}\n\n48';
    expect(ofCalls(frames).at(-1)!.data['content']).toBe(said);
    expect(standIn.requests.at(-1)!.body.messages.at(-1)).toMatchObject({ role: 'tool', content: said });
    const { messages } = (await user.ask('GET', `/chat/threads/${threadId}/messages`)).body;
    expect(messages[2]).toMatchObject({ role: 'tool', content: said });
    await user.ask('POST', `/chat/threads/${threadId}/messages`, { content: 'And? [[tokens=1]]' });
    expect(standIn.requests.at(-1)!.body.messages[2]).toMatchObject({ role: 'tool', content: said });
  });

  it('is not made when it is declined, and the model goes on with that', async () => {
    const { threadId, turnId, input } = await waiting();
    await answer(input.id, { action: 'decline' });
    const frames = await ended(threadId, turnId);
    expect(inShort(frames)).toEqual(['tool_call requested', 'tool_result false']);
    expect(frames.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(standIn.requests.at(-1)!.body.messages.at(-1)).toMatchObject({
      role: 'tool',
      content: expect.stringContaining('declined'),
    });
  });

  it('is remembered, until it is forgotten, for this user alone', async () => {
    const first = await waiting();
    await answer(first.input.id, { action: 'accept', remember: true });
    await ended(first.threadId, first.turnId);
    expect((await waiting()).status).toBe(201);

    const { approvals } = (await user.ask('GET', '/me/approvals')).body;
    expect(approvals).toMatchObject([{ tool: 'execute_javascript' }]);
    expect((await user.ask('GET', '/me/approvals?limit=1')).body).toEqual({ approvals, nextCursor: null });
    for (const query of ['limit=0', 'cursor=zz', 'foo=1'])
      expect([query, (await user.ask('GET', `/me/approvals?${query}`)).status]).toEqual([query, 400]);
    const other = await server.user({ sub: 'somebody else' });
    expect((await other.ask('GET', '/me/approvals')).body.approvals).toEqual([]);
    expect((await other.ask('DELETE', `/me/approvals/${approvals[0].id}`)).status).toBe(404);
    expect((await user.ask('DELETE', `/me/approvals/${approvals[0].id}`)).status).toBe(204);
    expect((await waiting()).status).toBe(202);
  });
});
