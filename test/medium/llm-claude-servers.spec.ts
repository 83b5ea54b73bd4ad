import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { never, partsOf } from '../contracts/language-model.contract.js';
import {
  expectedRepeat,
  expectedText,
  startAnthropicStandIn,
  type AnthropicStandIn,
} from '../doubles/anthropic-stand-in.js';
import { withServer } from '../doubles/stand-in-server.js';
import { asking, MODEL, modelAt, VERSION } from '../support/claude.js';

describe('the stand-in for Anthropic', () => {
  const hello = { role: 'user', content: 'hello' };
  const use = { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'find', input: {} }] };
  const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'ok' }] };
  const tools = [{ name: 'find', input_schema: { type: 'object' } }];
  let standIn: AnthropicStandIn;

  beforeAll(async () => {
    standIn = await startAnthropicStandIn();
  });

  afterAll(async () => {
    await standIn.close();
  });

  function ask(body: object): Promise<Response> {
    return fetch(`${standIn.url}/v1/messages`, {
      method: 'POST',
      headers: { 'anthropic-version': VERSION },
      body: JSON.stringify({ model: MODEL, max_tokens: 100, messages: [hello], ...body }),
    });
  }

  it.each([
    ['no limit', { max_tokens: undefined }],
    ['no messages', { messages: [] }],
    ['an assistant that speaks first', { messages: [{ role: 'assistant', content: 'hello' }] }],
    ['a message of the system', { messages: [hello, { role: 'system', content: 'hello' }] }],
    ['an empty text', { messages: [{ role: 'user', content: ' ' }] }],
    ['a call without its result', { messages: [hello, use, hello], tools }],
    ['a result without its call', { messages: [result], tools }],
    ['calls without tools', { messages: [hello, use, result] }],
    ['a temperature above 1', { temperature: 1.5 }],
    ['two ways of sampling', { temperature: 0.5, top_p: 0.5 }],
    ['more thoughts than the limit', { thinking: { type: 'enabled', budget_tokens: 2_000 } }],
  ])('refuses %s, as Anthropic does', async (_name, body) => {
    const response = await ask(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } });
  });

  it('answers in one piece who does not ask for a stream', async () => {
    const marked = { role: 'user', content: '[[tokens=3 reasoning=1 tools=1 rounds=2]]' };
    expect(await (await ask({ messages: [marked] })).json()).toMatchObject({
      type: 'message',
      content: [
        { type: 'thinking' },
        { type: 'text', text: expectedText(3) },
        { type: 'tool_use', id: 'call_0' },
      ],
      stop_reason: 'tool_use',
      usage: { output_tokens: 4 },
    });
    const again = await ask({ messages: [marked, use, result], tools });
    expect(await again.json()).toMatchObject({ stop_reason: 'tool_use' });
    const twice = [marked, use, result, use, result];
    expect(await (await ask({ messages: twice, tools })).json()).toMatchObject({
      content: [{ type: 'thinking' }, { type: 'text', text: expectedRepeat(['ok']) }],
      stop_reason: 'end_turn',
    });
  });
});

describe('the claude provider at a server that is none', () => {
  const at = (
    answer: (response: ServerResponse, path: string) => void,
    use: (url: string) => Promise<void>,
  ) =>
    withServer((request, response) => {
      request.resume().once('end', () => answer(response, request.url ?? ''));
    }, use);

  const json = (response: ServerResponse, body: unknown) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };

  it.each([
    ['a page', (response: ServerResponse) => void response.end('<html>private</html>')],
    ['a message that is no stream', (response: ServerResponse) => json(response, { content: 'private' })],
    ['nothing', (response: ServerResponse) => void response.end()],
  ])('fails with %s', async (_name, answer) => {
    await at(
      (response) => answer(response),
      async (url) => {
        const error: unknown = await partsOf(modelAt(url), asking('hello')).catch(
          (thrown: unknown) => thrown,
        );
        expect(error).toMatchObject({ code: 'PROVIDER_ERROR', fault: 'server' });
        expect(inspect(error, { depth: 10 })).not.toContain('private');
      },
    );
  });

  it.each([
    ['no list', { models: [] }],
    ['a list that is none', { data: 'private' }],
    ['nothing', null],
  ])('cannot list the models of %s', async (_name, body) => {
    await at(
      (response) => json(response, body),
      async (url) => {
        const listed = modelAt(url).listModels(never());
        await expect(listed).rejects.toMatchObject({ code: 'PROVIDER_ERROR', fault: 'server' });
      },
    );
  });

  it('leaves out models without a name, and ends where a list of pages does not', async () => {
    let pages = 0;
    await at(
      (response) => {
        pages += 1;
        json(response, {
          data: [{ id: `model-${pages}` }, { id: 7 }, null],
          has_more: true,
          last_id: `at-${pages}`,
        });
      },
      async (url) => {
        const models = await modelAt(url).listModels(never());
        expect(models).toEqual(Array.from({ length: 10 }, (_, index) => ({ id: `model-${index + 1}` })));
        expect(pages).toBe(10);
      },
    );
  });
});
