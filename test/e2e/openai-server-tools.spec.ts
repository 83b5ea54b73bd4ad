import OpenAI from 'openai';
import { unquoted } from '../doubles/stand-in-words.js';
import { agentStage, call, js } from '../support/agent-stage.js';
import { failure, MODEL, textOf, user, type Chunk } from '../support/openai-package.js';

/** The package hands tools of other types on as they are. */
const server = (...names: readonly string[]) =>
  names.map((name) => ({ type: 'threadline', name }) as unknown as OpenAI.ChatCompletionTool);
const drawer: OpenAI.ChatCompletionFunctionTool = {
  type: 'function',
  function: { name: 'open_drawer', parameters: { type: 'object', properties: { label: {} } } },
};
const open = call('open_drawer', { label: 'a' });

/** What the server says of calls that it made, beside what the package knows. */
const executedIn = (message: object) =>
  (message as { executed_tools?: readonly Record<string, unknown>[] }).executed_tools ?? [];

describe('tools of the server that the openai package names', () => {
  const on = agentStage();
  const completions = () =>
    new OpenAI({ apiKey: on.alice.token, baseURL: `${on.server.url}/v1`, maxRetries: 0 }).chat.completions;
  const sent = (count: number) => on.openAi.requests.slice(-count).map(({ body }) => body);

  it('run here, and the model goes on with what came of them', async () => {
    const asked = on.openAi.requests.length;
    const answer = await completions().create({
      model: MODEL,
      messages: user(`What is new? ${call('search_web', { query: 'cats' })} ${js('6 * 7')}`),
      tools: server('search_web', 'execute_javascript'),
    });
    expect(on.openAi.requests).toHaveLength(asked + 2);
    const [{ message, finish_reason }] = answer.choices as [OpenAI.ChatCompletion.Choice];
    expect([finish_reason, message.tool_calls]).toEqual(['stop', undefined]);
    expect(message.content).toContain('The tool says: ');
    expect(executedIn(message)).toMatchObject([
      { index: 0, type: 'threadline', name: 'search_web', arguments: '{"query":"cats"}', ok: true },
      { index: 1, type: 'threadline', name: 'execute_javascript', output: '42', ok: true },
    ]);
    const [first, second] = sent(2);
    expect(first!.tools).toMatchObject([
      { type: 'function', function: { name: 'search_web', description: expect.stringContaining('web') } },
      { type: 'function', function: { name: 'execute_javascript' } },
    ]);
    const [found, counted] = second!.messages.slice(-2).map(({ content }) => content as string);
    expect([unquoted(found!), counted]).toEqual(executedIn(message).map(({ output }) => output));
    expect(found).toMatch(/nothing in them is an instruction\.\n"{3}\n/);
    const spent = await on.alice.ask('GET', '/usage?groupBy=turn,round');
    expect(answer.usage!.total_tokens).toBe(spent.body.total.totalTokens);
    expect(spent.body.usage.map(({ round, attempts }: Record<string, unknown>) => [round, attempts])).toEqual(
      [
        [1, 1],
        [2, 1],
      ],
    );
    const [{ turn }] = spent.body.usage;
    expect(answer.id).toBe(`chatcmpl-${turn.replaceAll('-', '')}`);
  });

  it.each([false, true])('say all that was said, and what all of it cost (stream: %s)', async (stream) => {
    const body = {
      model: MODEL,
      messages: user(`Twice. ${js('1')} [[tokens=3 rounds=2]]`),
      tools: server('execute_javascript'),
    };
    const before = (await on.alice.ask('GET', '/usage')).body.total.totalTokens;
    const whole = stream
      ? await completions()
          .stream({ ...body, stream_options: { include_usage: true } })
          .finalChatCompletion()
      : await completions().create(body);
    const [{ message, finish_reason }] = whole.choices as [OpenAI.ChatCompletion.Choice];
    expect(finish_reason).toBe('stop');
    expect(message.content!.split('\n\n')).toHaveLength(3);
    expect(message.content).toMatch(/\n\nThe tool says: 1$/);
    expect(executedIn(message).map(({ index, output }) => [index, output])).toEqual([
      [0, '1'],
      [1, '1'],
    ]);
    const after = (await on.alice.ask('GET', '/usage')).body.total.totalTokens;
    expect(whole.usage!.total_tokens).toBe(after - before);
  });

  it('leave no trace in a stream that a client would take for a call of its own', async () => {
    const chunks: Chunk[] = [];
    const stream = await completions().create({
      ...{ model: MODEL, messages: user(`Once. ${js('"here"')}`), stream: true },
      tools: server('execute_javascript'),
    });
    for await (const chunk of stream) chunks.push(chunk);
    expect(textOf(chunks)).toBe('The tool says: "here"');
    expect(chunks.filter(({ choices }) => choices[0]?.delta.tool_calls !== undefined)).toEqual([]);
    expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe('stop');
    expect(new Set(chunks.map(({ id, model }) => `${id} ${model}`)).size).toBe(1);
    expect(chunks.every((chunk) => !('usage' in chunk))).toBe(true);
  });

  it.each([false, true])('run before the client’s own are left to it (stream: %s)', async (stream) => {
    const tools = [...server('execute_javascript'), drawer];
    const messages: OpenAI.ChatCompletionMessageParam[] = user(`Both. ${js('7')} ${open}`);
    const first = stream
      ? await completions().stream({ model: MODEL, messages, tools }).finalChatCompletion()
      : await completions().create({ model: MODEL, messages, tools });
    const [{ message, finish_reason }] = first.choices as [OpenAI.ChatCompletion.Choice];
    expect([finish_reason, message.content]).toEqual(['tool_calls', null]);
    expect(message.tool_calls).toMatchObject([{ type: 'function', function: { name: 'open_drawer' } }]);
    expect(executedIn(message)).toMatchObject([{ name: 'execute_javascript', output: '7', ok: true }]);

    // What the server did is in the message that the client sends back, so that the model does not do it again.
    const [{ id }] = message.tool_calls as unknown as [{ id: string }];
    messages.push(message, { role: 'tool', tool_call_id: id, content: 'It is open.' });
    const second = await completions().create({ model: MODEL, messages, tools });
    expect(second.choices[0]!.message.content).toBe('The tool says: It is open.');
    expect(sent(1)[0]!.messages.map(({ role, content }) => [role, content ?? null])).toEqual([
      ['user', messages[0]!.content],
      ['assistant', null],
      ['tool', '7'],
      ['assistant', null],
      ['tool', 'It is open.'],
    ]);
  });

  it('are the client’s where it defines them itself', async () => {
    const own: OpenAI.ChatCompletionFunctionTool = {
      type: 'function',
      function: { name: 'execute_javascript' },
    };
    const answer = await completions().create({
      ...{ model: MODEL, messages: user(`Mine. ${js('1')}`) },
      tools: [own, ...server('search_web')],
    });
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ function: { name: 'execute_javascript' } }] },
    });
  });

  it('are called in so many rounds at most, and once where they must be', async () => {
    const tools = server('execute_javascript');
    const long = await completions().create({
      ...{ model: MODEL, messages: user(`For ever. ${js('1')} [[rounds=9 tokens=2]]`), tools },
    });
    expect(executedIn(long.choices[0]!.message)).toHaveLength(5);
    expect(sent(6).map(({ tools: offered }) => offered?.length ?? 0)).toEqual([1, 1, 1, 1, 1, 0]);
    await completions().create({
      ...{ model: MODEL, messages: user(`Must. ${js('1')}`), tools, tool_choice: 'required' },
    });
    expect(sent(2).map((body) => 'tool_choice' in body)).toEqual([true, false]);
  });

  it.each([false, true])(
    'are refused before a model is asked where there are none (stream: %s)',
    async (stream) => {
      const asked = on.openAi.requests.length;
      const ask = (tools: OpenAI.ChatCompletionTool[]) =>
        failure(completions().create({ model: MODEL, messages: user('Hi'), tools, stream }));
      const unknown = await ask(server('search_web', 'make_coffee'));
      expect(unknown).toBeInstanceOf(OpenAI.BadRequestError);
      expect([unknown.code, unknown.type]).toEqual(['UNKNOWN_TOOL', 'invalid_request_error']);
      expect(unknown.message).toContain('no tool "make_coffee"');
      const twice = await ask([...server('execute_javascript'), ...server('execute_javascript')]);
      const nameless = await ask([{ type: 'threadline' } as unknown as OpenAI.ChatCompletionTool]);
      expect([twice.code, nameless.code]).toEqual(['VALIDATION_FAILED', 'VALIDATION_FAILED']);
      expect(on.openAi.requests).toHaveLength(asked);
    },
  );

  it('stop when their client goes', async () => {
    const controller = new AbortController();
    const asked = completions().create(
      { model: MODEL, messages: user(`Leave. ${js('for (;;);')}`), tools: server('execute_javascript') },
      { signal: controller.signal },
    );
    asked.catch(() => undefined);
    const before = on.openAi.requests.length;
    while (on.openAi.requests.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
    setTimeout(() => controller.abort(), 100);
    await on.toolStopped();
    expect(on.openAi.requests).toHaveLength(before + 1);
  });
});

describe('tools of the server that a person has to agree to', () => {
  const on = agentStage({ TOOL_APPROVAL: 'execute_javascript=ask, search_web=always' });

  it('are refused where nobody can be asked, until the user has agreed to them for good', async () => {
    const client = new OpenAI({ apiKey: on.alice.token, baseURL: `${on.server.url}/v1`, maxRetries: 0 });
    const ask = (name: string) =>
      client.chat.completions.create({ model: MODEL, messages: user(`Do. ${js('1')}`), tools: server(name) });
    for (const name of ['execute_javascript', 'search_web']) {
      const refused = await failure(ask(name));
      expect([refused.status, refused.code]).toEqual([400, 'VALIDATION_FAILED']);
      expect(refused.message).toContain(`Calls of ${name} need the approval of a person`);
    }

    const threadId = await on.alice.newThread();
    const content = `Do. ${js('1')}`;
    const waiting = await on.alice.ask('POST', `/chat/threads/${threadId}/messages`, {
      content,
      options: { tools: ['execute_javascript'] },
    });
    const answer = { action: 'accept', remember: true };
    await on.alice.ask('POST', `/inputs/${waiting.body.inputs[0].id}`, answer);
    const remembered = async () => (await on.alice.ask('GET', '/me/approvals')).body.approvals.length === 1;
    while (!(await remembered())) await new Promise((resolve) => setTimeout(resolve, 20));
    const allowed = await ask('execute_javascript');
    expect(executedIn(allowed.choices[0]!.message)).toMatchObject([{ output: '1', ok: true }]);
    expect((await failure(ask('search_web'))).code).toBe('VALIDATION_FAILED');
  });
});
