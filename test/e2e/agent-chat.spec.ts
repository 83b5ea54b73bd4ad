import { AgentChatClient } from '../doubles/agent-chat-client.js';
import { AGENT_CHAT_ORDERS, errorIn, orderOf, shapeProblems } from '../doubles/agent-chat-events.js';
import {
  AGENT_CHAT_REQUESTS as ASK,
  DOCUMENTED_CHAT,
  REFUSED_CHATS,
} from '../doubles/agent-chat-requests.js';
import { expectedText } from '../doubles/openai-stand-in.js';
import { agentStage, call, js, of } from '../support/agent-stage.js';
import { ledgerRows } from '../support/ledger.js';
import { openWire, readWire, someOf } from '../support/wire-client.js';

describe('POST /chat with messages', () => {
  const on = agentStage({ TOOL_APPROVAL: 'scrape_web_content=always' });

  it('answers the documented request with the documented events', async () => {
    on.openAi.script({ tokens: 3 });
    const { text } = await on.post('/chat', DOCUMENTED_CHAT);
    const blocks = text.trimEnd().split('\n\n');
    for (const block of blocks) {
      const [, event, json] = /^(?:retry: 1000\n)?event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
      expect(JSON.parse(json ?? '{}').type).toBe(event);
    }
    on.openAi.script({ tokens: 3 });
    const told = await on.events(DOCUMENTED_CHAT);
    expect(orderOf(told, [])).toEqual([
      ...['status', 'llm_request', 'delta', 'llm_response', 'message_complete', 'complete'],
    ]);
    expect(of(told, 'message_complete')).toMatchObject([
      { role: 'assistant', content: expectedText(3), finish_reason: 'stop' },
    ]);
    expect(of(told, 'complete')).toMatchObject([
      { status: 'success', iterations: 1, usage: { completion_tokens: 3 } },
    ]);
    expect(on.openAi.requests.at(-1)!.body.model).toBe('gpt-4');
  });

  it('is a simple conversation without tools', async () => {
    const told = await on.events(ASK.withoutTools('Hi [[tokens=4]]'));
    expect(orderOf(told)).toEqual(AGENT_CHAT_ORDERS.withoutTools);
    expect(AgentChatClient.shown(told)).toMatchObject({ text: expectedText(4), outcome: 'success' });
    expect(on.openAi.requests.at(-1)!.body.tools).toBeUndefined();
  });

  it('asks groq where that is named', async () => {
    const told = await on.events(ASK.onGroq(`What is it? ${js('7')}`));
    expect(orderOf(told)).toEqual(AGENT_CHAT_ORDERS.oneCall);
    expect(of(told, 'llm_request')).toMatchObject(
      Array(2).fill({ phase: 'chat', provider: 'groq', model: 'llama-3.3-70b-versatile' }),
    );
    expect(on.groq.requests.at(-1)!.body.model).toBe('llama-3.3-70b-versatile');
  });

  it.each(REFUSED_CHATS)('refuses %s with a plain status', async (_why, body) => {
    const asked = on.openAi.requests.length;
    const { status, text } = await on.post('/chat', body);
    expect([status, JSON.parse(text).retryable]).toEqual([400, false]);
    expect(on.openAi.requests).toHaveLength(asked);
  });

  it('says what of the messages is wrong', async () => {
    const { text } = await on.post('/chat', { model: 'gpt-4', messages: [{ role: 'owner', content: 'Hi' }] });
    expect(JSON.parse(text).details.issues).toMatchObject([{ path: 'messages.0.role' }]);
    const { text: other } = await on.post('/chat', { message: 5 });
    expect(JSON.parse(other).details.issues).toMatchObject([{ path: 'message' }]);
  });

  it('tells by a status what fails before the first event, and by an event what fails after it', async () => {
    const early = await on.post('/chat', ASK.withTools('Hi [[fault=context_length]]'));
    expect([early.status, JSON.parse(early.text).code]).toEqual([422, 'CONTEXT_TOO_LONG']);
    const late = await on.post('/chat', ASK.withTools('Hi [[tokens=20 fault=cut:3]]'));
    expect(late.status).toBe(200);
    expect(shapeProblems(late.events)).toEqual([]);
    expect(errorIn(late.events)).toMatchObject({ code: 'PROVIDER_ERROR' });
    on.openAi.script(
      { calls: [{ name: 'execute_javascript', arguments: '{"code":"1"}' }], tools: 1, tokens: 0 },
      { fault: 'context_length' },
    );
    const between = await on.post('/chat', ASK.withTools('Hi'));
    expect(errorIn(between.events)).toMatchObject({ code: 'CONTEXT_TOO_LONG' });
    expect(of(between.events, 'tool_call_result')).toHaveLength(1);
  });

  it('is a turn of a thread where one is named', async () => {
    const threadId = await on.alice.newThread();
    const told = await on.events({ ...ASK.withTools(`In a thread. ${js('6 * 7')}`), threadId });
    expect(orderOf(told)).toEqual(AGENT_CHAT_ORDERS.oneCall);
    expect(AgentChatClient.shown(told).text).toBe('The tool says: 42');
    expect(of(told, 'complete')).toMatchObject([
      { iterations: 2, usage: { total_tokens: expect.any(Number) } },
    ]);
    // One that the client would run is not offered there.
    const { text } = await on.post('/chat', {
      ...ASK.withClientTool('And? [[tokens=2]]'),
      threadId,
      stream: false,
    });
    expect(JSON.parse(text).choices[0].message.content).toBe(expectedText(2));
    const { messages } = (await on.alice.ask('GET', `/chat/threads/${threadId}/messages`)).body;
    expect(messages.map(({ role }: { role: string }) => role)).toEqual([
      ...['user', 'assistant', 'tool', 'assistant', 'user', 'assistant'],
    ]);
    for (const body of [
      { ...ASK.withoutTools('Hi'), threadId: 'nobodys' },
      { ...ASK.afterClientTool('Hi', 'c', 'Open.'), threadId },
    ])
      expect((await on.post('/chat', body)).status).toBe(
        'threadId' in body && body.threadId === threadId ? 400 : 404,
      );
    await on.alice.ask('DELETE', `/chat/threads/${threadId}`);
  });

  it('says that a turn waits for a person, and for which answers, streamed and as a whole', async () => {
    const ask = ASK.withTools(`Read. ${call('scrape_web_content', { url: 'http://a.example/' })}`);
    const threadId = await on.alice.newThread();
    const told = await on.events({ ...ask, threadId });
    const [{ id: callId }] = of(told, 'tool_call_start');
    const inputs = [{ inputId: expect.any(String), callId }];
    expect(of(told, 'delta')).toEqual([]);
    expect(told.slice(-3).map(({ data }) => data)).toMatchObject([
      { type: 'status', status: 'waiting' },
      { type: 'message_complete', content: '', finish_reason: 'tool_calls' },
      { type: 'complete', status: 'waiting', iterations: 1, inputs },
    ]);
    const second = await on.alice.newThread();
    const whole = JSON.parse((await on.post('/chat', { ...ask, threadId: second, stream: false })).text);
    const [{ usage }] = of(told, 'complete');
    expect(whole).toMatchObject({ status: 'waiting', inputs: [{ inputId: expect.any(String) }], usage });
    expect(whole.choices).toMatchObject([{ message: { content: '' }, finish_reason: 'tool_calls' }]);
    for (const id of [threadId, second]) await on.alice.ask('DELETE', `/chat/threads/${id}`);
  });

  it('needs a token', async () => {
    const { status, text } = await readWire(on.server.url, undefined, '/chat', ASK.withoutTools('Hi'));
    expect([status, JSON.parse(text).code]).toEqual([401, 'UNAUTHENTICATED']);
    const bad = await readWire(
      on.server.url,
      { token: `${on.alice.token}x` },
      '/chat',
      ASK.withoutTools('Hi'),
    );
    expect(bad.status).toBe(401);
  });

  it('passes pieces on as they come, and ends when its client goes', async () => {
    const wire = await openWire(
      on.server.url,
      on.alice,
      '/chat',
      ASK.withTools('Slowly [[tokens=900 delay=20]]'),
    );
    const first = await someOf(wire, 4);
    expect(first.map(({ event }) => event)).toEqual(['status', 'llm_request', 'delta', 'delta']);
    expect(on.openAi.requests.at(-1)!.closedAt).toBeUndefined();
    wire.close();
    await on.openAi.requests.at(-1)!.closed;
  });

  it('stores nothing but what it cost', async () => {
    const model = 'gpt-of-this-spec';
    await on.events({ ...ASK.withTools(`Cost. ${js('1')}`), model });
    const rows = (await ledgerRows(on.server.connectionString)).filter((row) => row.model === model);
    expect(rows).toMatchObject([{ thread_id: null }, { thread_id: null }]);
    expect(new Set(rows.map(({ turn_id }) => turn_id)).size).toBe(1);
    expect((await on.alice.ask('GET', '/chat/threads')).body.threads).toEqual([]);
  });

  it('is whole where that is wanted, by POST /proxy as well', async () => {
    const body = ASK.withTools(`Whole. ${js('6 * 7')}`);
    for (const [path, more] of [
      ['/proxy', {}],
      ['/proxy', { stream: true }],
      ['/chat', { stream: false }],
    ] as const) {
      const { status, text } = await on.post(path, { ...body, ...more });
      expect([status, JSON.parse(text)]).toMatchObject([
        200,
        {
          object: 'chat.completion',
          choices: [{ message: { role: 'assistant', content: 'The tool says: 42' }, finish_reason: 'stop' }],
        },
      ]);
    }
    const left = await on.post('/proxy', ASK.withClientTool(`Left. ${call('open_drawer', { label: 'c' })}`));
    expect(JSON.parse(left.text).choices[0]).toMatchObject({
      message: { content: null, tool_calls: [{ function: { name: 'open_drawer' } }] },
      finish_reason: 'tool_calls',
    });
    expect((await on.post('/proxy', { message: 'Hi' })).status).toBe(400);
  });
});
