import { AgentChatClient } from '../doubles/agent-chat-client.js';
import { AGENT_CHAT_ORDERS, orderOf } from '../doubles/agent-chat-events.js';
import { AGENT_CHAT_REQUESTS as ASK } from '../doubles/agent-chat-requests.js';
import { unquoted } from '../doubles/stand-in-words.js';
import { agentStage, call, js, of } from '../support/agent-stage.js';
import { openWire } from '../support/wire-client.js';

const search = (query: string) => call('search_web', { query });

describe('tools that the model of POST /chat calls', () => {
  const on = agentStage();

  it('searches the web, and goes on with what was found', async () => {
    const told = await on.events(ASK.withTools(`What is new? ${search('cats')}`));
    expect(orderOf(told)).toEqual(AGENT_CHAT_ORDERS.oneCall);
    const [start] = of(told, 'tool_call_start');
    expect(start).toMatchObject({ name: 'search_web', arguments: '{"query":"cats"}' });
    const [result] = of(told, 'tool_call_result');
    expect(result.content).toContain('[1] ');
    expect(on.search.requests.at(-1)).toMatchObject({ query: 'cats' });
    const given = on.openAi.requests.at(-1)!.body.messages.at(-1)!;
    expect([given.role, unquoted(given.content as string)]).toEqual(['tool', result.content]);
    expect(of(told, 'llm_request')).toHaveLength(2);
    expect(of(told, 'llm_response')).toHaveLength(2);
    const spent = of(told, 'llm_response').map(({ usage }) => usage.total_tokens);
    expect(of(told, 'complete')).toMatchObject([
      { iterations: 2, usage: { total_tokens: spent[0] + spent[1] } },
    ]);
  });

  it('reads a page of the web', async () => {
    on.site.serve({
      '/cats': '<html><title>Cats</title><body><p>Cats sleep for most of the day.</p></body></html>',
    });
    const told = await on.events(
      ASK.withTools(`Read it. ${call('scrape_web_content', { url: `${on.site.url}/cats` })}`),
    );
    const refused = await on.events(
      ASK.withTools(`Read it. ${call('scrape_web_content', { url: on.server.url })}`),
    );
    expect(orderOf(told)).toEqual(AGENT_CHAT_ORDERS.oneCall);
    expect(of(told, 'tool_call_result')).toMatchObject([
      { ok: true, content: expect.stringContaining('Cats sleep for most of the day.') },
    ]);
    expect(of(refused, 'tool_call_result')).toMatchObject([{ ok: false }]);
  });

  it('offers the server’s own definition of a tool that it knows', async () => {
    await on.events(ASK.withTools('Hi [[tokens=1]]'));
    const { body } = on.openAi.requests.at(-1)!;
    expect(body).toMatchObject({
      temperature: 0.7,
      tools: [{ function: { name: 'search_web', parameters: { properties: { maxResults: {} } } } }, {}, {}],
    });
    expect(body.max_completion_tokens ?? body.max_tokens).toBe(1_000);
  });

  it('runs JavaScript, several calls at once, and rounds one after the other', async () => {
    const one = await on.events(ASK.withTools(`What is 6 times 7? ${js('6 * 7')}`));
    expect(AgentChatClient.shown(one).text).toBe('The tool says: 42');

    const three = await on.events(ASK.withTools(`All. ${js('1')} ${js('throw new Error("no")')} ${js('3')}`));
    const { tools, results, text } = AgentChatClient.shown(three);
    expect([...tools.values()]).toEqual(Array(3).fill(['starting', 'executing', 'complete']));
    expect(text).toBe(`The tool says: ${[...tools.keys()].map((id) => results.get(id)).join(', ')}`);
    expect(
      of(three, 'tool_call_result')
        .map(({ ok }) => ok)
        .sort(),
    ).toEqual([false, true, true]);

    const rounds = await on.events(ASK.withTools(`Twice. ${js('"again"')} [[rounds=2]]`));
    expect(orderOf(rounds)).toEqual(AGENT_CHAT_ORDERS.twoRounds);
    expect(of(rounds, 'complete')).toMatchObject([{ iterations: 3 }]);
  });

  it('gives the model what is wrong with a call, and goes on', async () => {
    const calls = [call('execute_javascript', { program: 1 }), call('make_coffee', {})];
    const told = await on.events(ASK.withTools(`Try. ${calls.join(' ')}`));
    expect(of(told, 'tool_call_progress').map(({ status }) => status)).toEqual(['refused', 'refused']);
    const [unfit, unknown] = of(told, 'tool_call_result').toSorted((one, other) =>
      one.id < other.id ? -1 : 1,
    );
    expect(unfit).toMatchObject({ ok: false, content: expect.stringContaining('do not fit') });
    expect(unknown).toMatchObject({ ok: false, content: expect.stringContaining('no tool "make_coffee"') });
    expect(AgentChatClient.shown(told).outcome).toBe('success');
  });

  it('stops a tool that takes too long, and goes on', async () => {
    const told = await on.events(ASK.withTools(`Loop. ${js('for (;;);')}`));
    expect(of(told, 'tool_call_result')).toMatchObject([{ ok: false }]);
    expect(AgentChatClient.shown(told).outcome).toBe('success');
  });

  it('ends after so many rounds with an answer without tools', async () => {
    const told = await on.events(ASK.withTools(`For ever. ${js('1')} [[rounds=9 tokens=2]]`));
    expect(of(told, 'tool_call_result')).toHaveLength(5);
    expect(of(told, 'complete')).toMatchObject([{ iterations: 6 }]);
    const offered = on.openAi.requests.slice(-6).map(({ body }) => body.tools?.length ?? 0);
    expect(offered).toEqual([3, 3, 3, 3, 3, 0]);
  });

  it('leaves its own tools to the client, and goes on from what it sends', async () => {
    const ask = `Open it. ${call('open_drawer', { label: 'a' })}`;
    const told = await on.events(ASK.withClientTool(ask));
    expect(orderOf(told)).toEqual(AGENT_CHAT_ORDERS.clientTool);
    const [{ tool_calls: calls, content, finish_reason: reason }] = of(told, 'message_complete');
    expect([content, reason]).toEqual([null, 'tool_calls']);
    expect(calls).toMatchObject([
      { type: 'function', function: { name: 'open_drawer', arguments: '{"label":"a"}' } },
    ]);
    expect(of(told, 'complete')).toMatchObject([{ finish_reason: 'tool_calls', iterations: 1 }]);

    const after = await on.events(ASK.afterClientTool(ask, calls[0].id, 'It is open.'));
    expect(orderOf(after)).toEqual(AGENT_CHAT_ORDERS.withoutTools);
    expect(AgentChatClient.shown(after).text).toBe('The tool says: It is open.');
  });

  it('runs the calls that are its own before it leaves the others to the client', async () => {
    const both = `Both. ${js('7')} ${call('open_drawer', { label: 'b' })}`;
    const told = await on.events(ASK.withClientTool(both));
    expect(of(told, 'tool_call_result')).toMatchObject([{ name: 'execute_javascript', content: '7' }]);
    expect(of(told, 'message_complete')[0].tool_calls).toMatchObject([{ function: { name: 'open_drawer' } }]);
    expect(of(told, 'complete')).toMatchObject([{ finish_reason: 'tool_calls' }]);
  });

  it('calls what must be called once, and nothing where nothing may be', async () => {
    const body = ASK.withTools(`Must. ${js('"once"')}`);
    await on.events({ ...body, tool_choice: { type: 'function', function: { name: 'execute_javascript' } } });
    const [first, second] = on.openAi.requests.slice(-2).map(({ body: sent }) => sent);
    expect(first).toHaveProperty('tool_choice.function.name', 'execute_javascript');
    expect(second).not.toHaveProperty('tool_choice');
    expect(second).toHaveProperty('tools');
    await on.events({ ...ASK.withTools('May not [[tokens=1]]'), tool_choice: 'none' });
    expect(on.openAi.requests.at(-1)!.body.tools).toBeUndefined();
  });

  it('stops the tool that runs when its client goes', async () => {
    const asked = on.openAi.requests.length;
    const wire = await openWire(on.server.url, on.alice, '/chat', ASK.withTools(`Leave. ${js('for (;;);')}`));
    for await (const { event } of wire.events) if (event === 'tool_call_progress') break;
    wire.close();
    await on.toolStopped();
    expect(on.openAi.requests).toHaveLength(asked + 1);
  });
});
