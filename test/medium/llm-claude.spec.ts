import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import type { LanguageModel, ModelRequest } from '../../src/llm/index.js';
import type { ClaudeSettings } from '../../src/llm/providers/claude/claude-client.js';
import { claudeProvider } from '../../src/llm/providers/claude/claude-model.js';
import { describeProviderOverSocket } from '../contracts/language-model-wire.contract.js';
import { never, partsOf, textOf, WITH_SETTINGS } from '../contracts/language-model.contract.js';
import {
  expectedRepeat,
  expectedText,
  expectedToolCalls,
  startAnthropicStandIn,
  type AnthropicStandIn,
} from '../doubles/anthropic-stand-in.js';
import { withServer } from '../doubles/stand-in-server.js';

const KEY = 'sk-ant-very-private';
const VERSION = '2023-06-01';
const MODEL = 'claude-haiku-4-5';

function modelAt(url: string | undefined, settings: Partial<ClaudeSettings> = {}): LanguageModel {
  return claudeProvider({
    apiKey: KEY,
    url,
    version: VERSION,
    connectTimeoutMs: 10_000,
    firstTokenTimeoutMs: 20_000,
    idleTimeoutMs: 20_000,
    ...settings,
  });
}

function asking(content: string, more: Partial<ModelRequest> = {}): ModelRequest {
  return { model: MODEL, messages: [{ role: 'user', content }], passages: [], ...more };
}

const text = expectedText(20);

describeProviderOverSocket('Claude', {
  start: startAnthropicStandIn,
  modelAt,
  asking,
  askingLong: (content) => asking(content, { model: 'claude-sonnet-4-6' }),
  answers: [
    ['a refusal', { fault: 'content_filter' }, text, { reason: 'content_filter' }],
    ['an answer without message_stop', { fault: 'no_done' }, text, { reason: 'stop' }],
    ['an answer cut off before message_stop', { fault: 'cut_before_usage' }, text, { reason: 'stop' }],
    ['an answer whose message_stop does not come', { fault: 'stall_before_usage' }, text, { reason: 'stop' }],
    [
      'the usage the provider reports',
      { tokens: 9 },
      expectedText(9),
      { usage: { outputTokens: 9, inputTokens: 5, totalTokens: 14 } },
    ],
  ],
  failures: [
    ['an error event', { fault: 'error_frame', at: 7 }, 'PROVIDER_UNAVAILABLE', 'server', expectedText(7)],
  ],
});

describe('the claude provider', () => {
  let standIn: AnthropicStandIn;

  beforeAll(async () => {
    standIn = await startAnthropicStandIn();
  });

  afterAll(async () => {
    await standIn.close();
  });

  describe('asks', () => {
    it('in the way of the streaming messages, with its key and its version', async () => {
      await partsOf(modelAt(standIn.url), asking('', WITH_SETTINGS));
      const { body, headers } = standIn.requests.at(-1)!;
      expect(body).toEqual({
        model: MODEL,
        system: 'Be brief.',
        messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello \ufffd there' }] }],
        stream: true,
        temperature: 0.5,
        max_tokens: 7,
      });
      expect(headers['x-api-key']).toBe(KEY);
      expect(headers['anthropic-version']).toBe(VERSION);
      expect(headers).not.toHaveProperty('authorization');
    });

    it('with the headers of its settings, and none that the environment has', async () => {
      const environment = {
        ANTHROPIC_API_KEY: 'sk-private-of-another',
        ANTHROPIC_AUTH_TOKEN: 'private-token',
        ANTHROPIC_BASE_URL: 'http://127.0.0.1:1/private',
        ANTHROPIC_CUSTOM_HEADERS: 'X-Private: private\nAuthorization: Bearer private\nX-Api-Key: private',
      };
      Object.assign(process.env, environment);
      try {
        const headers = { 'X-Tenant': 'acme', 'anthropic-beta': 'some-beta' };
        await partsOf(modelAt(standIn.url, { apiKey: undefined, headers }), asking('hello'));
      } finally {
        for (const name of Object.keys(environment)) delete process.env[name];
      }
      const { headers } = standIn.requests.at(-1)!;
      expect(JSON.stringify(headers)).not.toMatch(/private|no-key-needed/);
      expect(headers).toMatchObject({ 'x-tenant': 'acme', 'anthropic-beta': 'some-beta' });
    });

    it.each(['', '/', '/v1', '/v1/'])('at an address that ends in "%s"', async (path) => {
      const parts = await partsOf(modelAt(`${standIn.url}${path}`), asking('[[tokens=2]]'));
      expect(textOf(parts)).toBe(expectedText(2));
    });

    it('for what Anthropic accepts, though the conversation is none that it would', async () => {
      const call = { id: 'call|1', name: 'find', arguments: '{}' };
      const messages: ModelRequest['messages'] = [
        { role: 'assistant', content: 'I begin.' },
        { role: 'tool', toolCallId: 'lost', content: 'a result without its call' },
        { role: 'user', content: ' ' },
        { role: 'assistant', content: '', toolCalls: [call, { ...call, id: 'call|2' }] },
        { role: 'tool', toolCallId: 'call|2', content: '' },
        { role: 'user', content: 'first' },
        { role: 'user', content: 'second [[tokens=2]]' },
      ];
      const asked = { messages, temperature: 2, topP: 1, stop: ['\n'], reasoningEffort: 'high' } as const;
      await partsOf(modelAt(standIn.url), asking('', asked));
      expect(standIn.requests.at(-1)!.body.thinking).toBeDefined();
      const { body } = standIn.requests.at(-1)!;
      expect(body.messages.map(({ role }) => role)).toEqual([
        'user',
        'assistant',
        'user',
        'assistant',
        'user',
      ]);
    });

    it('nothing of a console: a model that is to be retired is asked without a word', async () => {
      const warn = jest.spyOn(console, 'warn');
      await partsOf(modelAt(standIn.url), asking('hello', { model: 'claude-sonnet-4-5' }));
      expect(warn).not.toHaveBeenCalled();
      warn.mockRestore();
    });
  });

  it('hands over tool calls whole, and takes their results back', async () => {
    const model = modelAt(standIn.url);
    const question = { role: 'user', content: '[[tokens=9 tools=3]]' } as const;
    const tools = [{ name: 'tool_0', parameters: { type: 'object' } }];
    const parts = await partsOf(model, asking('', { messages: [question], tools }));
    const toolCalls = parts.flatMap((part) => (part.type === 'tool_call' ? [part.call] : []));
    expect(toolCalls).toEqual(expectedToolCalls(3));
    expect(parts.at(-1)).toMatchObject({ type: 'finish', reason: 'tool_calls' });
    const results = toolCalls.map(
      ({ id }) => ({ role: 'tool', toolCallId: id, content: `of ${id}` }) as const,
    );
    const messages = [
      question,
      { role: 'assistant', content: textOf(parts), toolCalls } as const,
      ...results,
    ];
    const answer = await partsOf(model, asking('', { messages, tools }));
    expect(textOf(answer)).toBe(expectedRepeat(['of call_0', 'of call_1', 'of call_2']));
    expect(answer.at(-1)).toMatchObject({ type: 'finish', reason: 'stop' });
  });

  describe('knows', () => {
    it('what the models of Anthropic cost and can do, at its own address', () => {
      const official = modelAt(undefined);
      const facts = official.catalogue.find(({ id }) => id === official.defaultModel)!;
      expect(facts).toMatchObject({ contextWindow: 1_000_000, price: { input: 2, output: 10 } });
      const names = official.catalogue.map(({ id }) => id);
      expect(names).toEqual(expect.arrayContaining(['claude-3-5-sonnet-latest', 'claude-3-opus-latest']));
      expect(new Set(names).size).toBe(names.length);
      for (const { contextWindow, price } of official.catalogue) {
        expect(contextWindow).toBeGreaterThanOrEqual(200_000);
        expect(price!.output).toBeGreaterThan(price!.input);
        expect(price!.cachedInput).toBeLessThan(price!.input);
      }
    });

    it('nothing of the prices at another address, but what the operator says', () => {
      expect(modelAt(standIn.url).catalogue).toEqual([{ id: 'claude-sonnet-5-5' }]);
      const price = { input: 1, output: 2 };
      const own = modelAt(standIn.url, { name: 'mirror', models: [{ id: 'small', price }] });
      expect(own).toMatchObject({ provider: 'mirror', type: 'anthropic', defaultModel: 'small' });
      expect(own.catalogue).toEqual([{ id: 'small', price }]);
      expect(modelAt(undefined, { defaultModel: 'claude-opus-5-5' }).defaultModel).toBe('claude-opus-5-5');
    });

    it('no embeddings', () => {
      expect('embed' in modelAt(standIn.url)).toBe(false);
    });
  });

  describe('lists models', () => {
    afterEach(() => standIn.failModels(undefined));

    it('of all pages, with what Anthropic says of them', async () => {
      const models = await modelAt(standIn.url).listModels(never());
      const all = { streaming: true, tools: true, json: true, vision: true, reasoning: true };
      expect(models).toEqual([
        { id: 'claude-opus-5-5', contextWindow: 1_000_000, capabilities: all },
        { id: 'claude-sonnet-5-5', contextWindow: 1_000_000, capabilities: all },
        {
          id: 'claude-haiku-4-5-20251001',
          contextWindow: 200_000,
          capabilities: { ...all, reasoning: false },
        },
      ]);
    });

    it.each([
      ['unauthorized', 'PROVIDER_ERROR', 'key'],
      ['server_error', 'PROVIDER_UNAVAILABLE', 'server'],
      ['hang', 'PROVIDER_TIMEOUT', 'server'],
      ['cut_before_headers', 'PROVIDER_UNAVAILABLE', 'server'],
    ] as const)('or says why not: %s', async (name, code, whose) => {
      standIn.failModels(name);
      const listed = modelAt(standIn.url, { firstTokenTimeoutMs: 700 }).listModels(never());
      const error: unknown = await listed.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code, fault: whose });
      expect(inspect(error, { depth: 10 })).not.toMatch(/private|secret words/);
    });

    it('until it is stopped', async () => {
      standIn.failModels('hang');
      const controller = new AbortController();
      const listed = modelAt(standIn.url).listModels(controller.signal);
      const reason = new Error('enough');
      setTimeout(() => controller.abort(reason), 50);
      await expect(listed).rejects.toBe(reason);
      await expect(modelAt(standIn.url).listModels(AbortSignal.abort(reason))).rejects.toBe(reason);
    });
  });
});

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
