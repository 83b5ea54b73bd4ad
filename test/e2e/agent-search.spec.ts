import { AgentChatClient } from '../doubles/agent-chat-client.js';
import { AGENT_CHAT_ORDERS, errorIn, orderOf, planIn, shapeProblems } from '../doubles/agent-chat-events.js';
import { AGENT_CHAT_REQUESTS as ASK } from '../doubles/agent-chat-requests.js';
import { expectedText } from '../doubles/openai-stand-in.js';
import { agentStage, call, of } from '../support/agent-stage.js';

const search = (query: string) => call('search_web', { query });

describe('POST /search', () => {
  const on = agentStage();

  it('tells what was found, and a summary of it with citations', async () => {
    on.openAi.script({ tokens: 4 });
    const { status, events } = await on.post('/search', ASK.search('cats', 2));
    expect(status).toBe(200);
    expect(shapeProblems(events)).toEqual([]);
    expect(orderOf(events, ['status'])).toEqual(AGENT_CHAT_ORDERS.search);
    expect(AgentChatClient.shown(events)).toMatchObject({ text: expectedText(4), problems: [] });
    const { results } = JSON.parse(of(events, 'tool_call_result')[0].content);
    expect(results).toHaveLength(2);
    const { messages } = on.openAi.requests.at(-1)!.body;
    for (const { title, url } of results) {
      expect(messages.at(-1)!.content).toContain(title);
      expect(messages.at(-1)!.content).toContain(url);
    }
    expect(of(events, 'llm_request')).toMatchObject([{ phase: 'summary', provider: 'openai' }]);
  });

  it('says by an event what the search service could not', async () => {
    const { events } = await on.post('/search', ASK.search('cats [[fault=unauthorized]]'));
    expect(errorIn(events)).toMatchObject({ code: 'PROVIDER_ERROR' });
    expect(events.map(({ event }) => event)).toEqual([
      ...['status', 'tool_call_start', 'tool_call_progress', 'tool_call_result', 'error'],
    ]);
    const { message } = errorIn(events)!;
    expect(of(events, 'tool_call_result')).toMatchObject([
      { name: 'search_web', ok: false, content: message },
    ]);
  });

  it.each([
    {},
    { query: '' },
    { query: 'x'.repeat(401) },
    { query: 'cats', maxResults: 0 },
    { query: 'cats', more: 1 },
  ])('refuses %j', async (body) => {
    const { status, text } = await on.post('/search', body);
    expect([status, JSON.parse(text).code]).toEqual([400, 'VALIDATION_FAILED']);
  });
});

describe('POST /planning', () => {
  const on = agentStage();

  it('ends in a plan, whatever the model says', async () => {
    const { status, events } = await on.post('/planning', ASK.planning('Paint a door [[tokens=4]]'));
    expect(status).toBe(200);
    expect(shapeProblems(events)).toEqual([]);
    expect(orderOf(events, ['status'])).toEqual(AGENT_CHAT_ORDERS.planning);
    const { text, problems } = AgentChatClient.shown(events);
    expect(problems).toEqual([]);
    expect(text.startsWith(expectedText(4))).toBe(true);
    expect(planIn(text).steps).toEqual([{ title: expectedText(4).trim() }]);
    expect(of(events, 'llm_request')).toMatchObject([{ phase: 'planning' }]);
  });

  it('needs something to plan', async () => {
    expect((await on.post('/planning', { query: ' ' })).status).toBe(400);
    expect((await on.post('/planning', { query: 'x', provider: 'nobody' })).status).toBe(400);
  });
});

describe('a server that cannot search, and asks before it runs programs', () => {
  const on = agentStage({ TOOL_APPROVAL: 'execute_javascript=ask' }, { searches: false });

  it('says of searches what has to be set', async () => {
    const { status, text } = await on.post('/search', ASK.search('cats'));
    expect([status, JSON.parse(text)]).toMatchObject([
      400,
      { code: 'PROVIDER_NOT_CONFIGURED', message: expect.stringContaining('SEARCH_KIND') },
    ]);
  });

  it('leaves a search to the client, and offers nothing that somebody would have to agree to', async () => {
    const { events } = await on.post('/chat', ASK.withTools(`Look. ${search('cats')}`));
    expect(of(events, 'message_complete')).toMatchObject([
      { finish_reason: 'tool_calls', tool_calls: [{ function: { name: 'search_web' } }] },
    ]);
    const offered = JSON.stringify(on.openAi.requests.at(-1)!.body.tools);
    expect(offered).toContain('search_web');
    expect(offered).not.toContain('execute_javascript');
  });
});
