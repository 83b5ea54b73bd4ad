import { once } from 'node:events';
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import type { ErrorCode } from '../../src/kernel/index.js';
import type { LanguageModel, ModelPart, ModelRequest } from '../../src/llm/index.js';
import { ModelError, type Fault as ModelFault } from '../../src/llm/core/model-error.js';
import type { ClaudeSettings } from '../../src/llm/providers/claude/claude-client.js';
import { claudeProvider } from '../../src/llm/providers/claude/claude-model.js';
import { describeLanguageModel, partsOf, textOf } from '../contracts/language-model.contract.js';
import {
  expectedReasoning,
  expectedRepeat,
  expectedText,
  expectedToolCalls,
  startAnthropicStandIn,
  type AnthropicStandIn,
  type Behaviour,
} from '../doubles/anthropic-stand-in.js';

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

const never = () => new AbortController().signal;

describeLanguageModel('Claude', async () => {
  const standIn = await startAnthropicStandIn();
  return {
    model: modelAt(standIn.url),
    short: { request: asking('[[tokens=30]]'), text: expectedText(30) },
    long: asking('[[tokens=100000 delay=5]]', { model: 'claude-sonnet-4-6' }),
    torn: asking('[[tokens=40 fault=split_surrogate]]'),
    connectionClosed: () => standIn.requests.at(-1)!.closed,
    close: () => standIn.close(),
  };
});

describe('the claude provider', () => {
  let standIn: AnthropicStandIn;

  beforeAll(async () => {
    standIn = await startAnthropicStandIn();
  });

  afterAll(async () => {
    await standIn.close();
  });

  /** The parts up to the end or the error, and the error. */
  async function outcome(behaviour: Partial<Behaviour>, model = modelAt(standIn.url)) {
    standIn.script(behaviour);
    const parts: ModelPart[] = [];
    let error: unknown;
    try {
      for await (const part of model.stream(asking('my private words'), never())) parts.push(part);
    } catch (thrown) {
      error = thrown;
    }
    return { parts, error };
  }

  describe('asks', () => {
    it('in the way of the streaming messages, with its key and its version', async () => {
      const messages = [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello \ud83d there' },
      ] as const;
      await partsOf(modelAt(standIn.url), asking('', { messages, temperature: 0.5, maxTokens: 7 }));
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

    it.each([
      ['over connections it has already', false],
      ['over the same connections even when its reader leaves at the finish', true],
    ])('%s', async (_name, leaves) => {
      const before = standIn.connections.total;
      const model = modelAt(standIn.url);
      for (let round = 0; round < 6; round += 1) {
        for await (const { type } of model.stream(asking('hello'), never())) {
          if (leaves && type === 'finish') break;
        }
      }
      // One that is just being handed back may make way for a second.
      expect(standIn.connections.total - before).toBeLessThan(3);
      expect(standIn.requests.slice(-6).map(({ closedAt }) => closedAt)).toEqual(Array(6).fill(undefined));
    });
  });

  it('gives the finish at message_stop, and lets the provider end the connection after it', async () => {
    standIn.script({ tokens: 2, fault: 'late_end' });
    for await (const { type } of modelAt(standIn.url).stream(asking('hello'), never())) {
      if (type === 'finish') break;
    }
    const asked = standIn.requests.at(-1)!;
    await asked.ended;
    expect(asked.closedAt).toBeUndefined();
  });

  describe('hands over', () => {
    const text = expectedText(20);
    const complete: readonly (readonly [string, Partial<Behaviour>, string, object])[] = [
      ['an answer', {}, text, { reason: 'stop' }],
      [
        'an answer of thousands of tokens',
        { tokens: 5_000, perWrite: 50 },
        expectedText(5_000),
        { reason: 'stop' },
      ],
      ['an answer with characters split between writes', { fault: 'split_utf8' }, text, { reason: 'stop' }],
      ['an answer with lines split between writes', { fault: 'split_lines' }, text, { reason: 'stop' }],
      ['an answer with pairs split between deltas', { fault: 'split_surrogate' }, text, { reason: 'stop' }],
      ['an answer without tokens', { tokens: 0 }, '', { reason: 'stop' }],
      ['an answer without blocks', { fault: 'empty' }, '', { reason: 'stop' }],
      ['a refusal', { fault: 'content_filter' }, text, { reason: 'content_filter' }],
      ['an answer at its limit', { fault: 'length' }, text, { reason: 'length' }],
      ['an answer without message_stop', { fault: 'no_done' }, text, { reason: 'stop' }],
      ['an answer cut off before message_stop', { fault: 'cut_before_usage' }, text, { reason: 'stop' }],
      [
        'an answer whose message_stop does not come',
        { fault: 'stall_before_usage' },
        text,
        { reason: 'stop' },
      ],
      [
        'an answer without usage, estimated',
        { fault: 'no_usage' },
        text,
        {
          reason: 'stop',
          usage: { estimated: true, inputTokens: 4, outputTokens: Math.ceil(text.length / 4) },
        },
      ],
      [
        'the usage the provider reports',
        { tokens: 9 },
        expectedText(9),
        { usage: { outputTokens: 9, inputTokens: 5, totalTokens: 14 } },
      ],
    ];

    it.each(complete)('%s', async (_name, behaviour, expected, finish) => {
      const { parts, error } = await outcome(behaviour, modelAt(standIn.url, { idleTimeoutMs: 1_500 }));
      expect(error).toBeUndefined();
      expect(textOf(parts)).toBe(expected);
      expect(parts.at(-1)).toMatchObject({ type: 'finish', ...finish });
    });

    it('reasoning apart from the text, before it', async () => {
      const { parts } = await outcome({ tokens: 5, reasoning: 4 });
      expect(textOf(parts, 'reasoning')).toBe(expectedReasoning(4));
      expect(textOf(parts)).toBe(expectedText(5));
      expect(parts[0]!.type).toBe('reasoning');
    });

    it('tool calls whole, and takes their results back', async () => {
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

    it('tokens that arrive together as one part', async () => {
      const { parts } = await outcome({ tokens: 2_000, perWrite: 2_000 });
      expect(parts.length).toBeLessThan(200);
      expect(textOf(parts)).toBe(expectedText(2_000));
    });

    it('the first token before the second is written', async () => {
      standIn.script({ tokens: 2, fault: 'stall', at: 1 });
      const controller = new AbortController();
      const iterator = modelAt(standIn.url)
        .stream(asking('hello'), controller.signal)
        [Symbol.asyncIterator]();
      expect(await iterator.next()).toEqual({ done: false, value: { type: 'text', text: expectedText(1) } });
      controller.abort();
    });
  });

  describe('fails with', () => {
    const faults: readonly (readonly [string, Partial<Behaviour>, ErrorCode, ModelFault, string])[] = [
      ['a key that is not accepted', { fault: 'unauthorized' }, 'PROVIDER_ERROR', 'key', ''],
      ['an account that is used up', { fault: 'quota' }, 'PROVIDER_ERROR', 'key', ''],
      ['a request that is not accepted', { fault: 'bad_request' }, 'PROVIDER_ERROR', 'request', ''],
      ['an address that has moved', { fault: 'redirect' }, 'PROVIDER_ERROR', 'key', ''],
      ['an unknown model', { fault: 'unknown_model' }, 'UNKNOWN_MODEL', 'request', ''],
      ['a conversation that is too long', { fault: 'context_length' }, 'CONTEXT_TOO_LONG', 'request', ''],
      ['too many requests', { fault: 'rate_limit', retryAfter: 900 }, 'RATE_LIMITED', 'rate', ''],
      ['an overloaded provider', { fault: 'server_error' }, 'PROVIDER_UNAVAILABLE', 'server', ''],
      ['a cut before its headers', { fault: 'cut_before_headers' }, 'PROVIDER_UNAVAILABLE', 'server', ''],
      ['a cut', { fault: 'cut', at: 7 }, 'PROVIDER_ERROR', 'server', expectedText(7)],
      ['a cut before any text', { fault: 'cut' }, 'PROVIDER_ERROR', 'server', ''],
      ['a cut in a tool call', { fault: 'tool_cut', tools: 1 }, 'PROVIDER_ERROR', 'server', expectedText(20)],
      ['an end without a reason', { fault: 'no_finish' }, 'PROVIDER_ERROR', 'server', expectedText(20)],
      [
        'a frame that is not JSON',
        { fault: 'malformed', at: 7 },
        'PROVIDER_ERROR',
        'server',
        expectedText(7),
      ],
      ['an error event', { fault: 'error_frame', at: 7 }, 'PROVIDER_UNAVAILABLE', 'server', expectedText(7)],
      [
        'a frame that is too large',
        { fault: 'huge_frame', at: 7 },
        'PROVIDER_ERROR',
        'server',
        expectedText(7),
      ],
      ['no answer at all', { fault: 'hang' }, 'PROVIDER_TIMEOUT', 'server', ''],
      ['no body', { fault: 'hang_after_headers' }, 'PROVIDER_TIMEOUT', 'server', ''],
      ['signs of life but no text', { fault: 'only_comments' }, 'PROVIDER_TIMEOUT', 'server', ''],
      ['silence in the middle', { fault: 'stall', at: 7 }, 'PROVIDER_TIMEOUT', 'server', expectedText(7)],
    ];

    it.each(faults)('%s, after asking once', async (_name, behaviour, code, whose, text) => {
      const impatient = { firstTokenTimeoutMs: 1_500, idleTimeoutMs: 700 };
      const before = standIn.requests.length;
      const { parts, error } = await outcome(behaviour, modelAt(standIn.url, impatient));
      expect(error).toBeInstanceOf(ModelError);
      expect(error).toMatchObject({ code, fault: whose });
      expect(textOf(parts)).toBe(text);
      expect(parts.filter(({ type }) => type === 'finish' || type === 'tool_call')).toEqual([]);
      expect(standIn.requests.length - before).toBe(1);
      // Whatever the provider repeats of the prompt and the key stays out of the error and of its causes.
      expect(inspect(error, { depth: 10 })).not.toMatch(/private|secret words/);
    });

    it.each(['hang', 'hang_after_headers', 'stall'] as const)(
      'its connection closed, in a %s',
      async (name) => {
        const impatient = { firstTokenTimeoutMs: 500, idleTimeoutMs: 500 };
        await outcome({ fault: name, at: 2 }, modelAt(standIn.url, impatient));
        await standIn.requests.at(-1)!.closed;
      },
    );

    it('the pause the provider asks for, a minute at most', async () => {
      const { error } = await outcome({ fault: 'rate_limit', retryAfter: 900 });
      expect(error).toMatchObject({ code: 'RATE_LIMITED', retryAfter: 60 });
    });

    it('nobody there', async () => {
      const probe = createServer().listen(0, '127.0.0.1');
      await once(probe, 'listening');
      const { port } = probe.address() as AddressInfo;
      await new Promise((resolve) => probe.close(resolve));
      const asked = partsOf(modelAt(`http://127.0.0.1:${port}/v1`), asking('hello'));
      await expect(asked).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE', fault: 'server' });
    });
  });

  describe('when it is stopped', () => {
    it.each(['hang', 'hang_after_headers', 'stall'] as const)('wakes who waits, in a %s', async (name) => {
      standIn.script({ fault: name, at: 0 });
      const before = standIn.requests.length;
      const controller = new AbortController();
      const iterator = modelAt(standIn.url)
        .stream(asking('hello'), controller.signal)
        [Symbol.asyncIterator]();
      const pending = iterator.next();
      pending.catch(() => undefined);
      while (standIn.requests.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
      const reason = new Error('enough');
      controller.abort(reason);
      await expect(pending).rejects.toBe(reason);
      await standIn.requests.at(-1)!.closed;
    });

    it('closes the connection under a read that is pending when its reader returns', async () => {
      standIn.script({ fault: 'stall', at: 1 });
      const iterator = modelAt(standIn.url).stream(asking('hello'), never())[Symbol.asyncIterator]();
      await iterator.next();
      const pending = iterator.next();
      expect(await iterator.return!()).toEqual({ done: true, value: undefined });
      expect(await pending).toEqual({ done: true, value: undefined });
      await standIn.requests.at(-1)!.closed;
    });
  });

  it('does not count the time its reader takes', async () => {
    standIn.script({ tokens: 30, delay: 30 });
    const parts: ModelPart[] = [];
    const model = modelAt(standIn.url, { idleTimeoutMs: 200 });
    for await (const part of model.stream(asking('hello'), never())) {
      if (parts.length === 2) await new Promise((resolve) => setTimeout(resolve, 500));
      parts.push(part);
    }
    expect(textOf(parts)).toBe(expectedText(30));
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
  async function at(
    answer: (response: ServerResponse, path: string) => void,
    use: (url: string) => Promise<void>,
  ) {
    const server = createHttpServer((request, response) => {
      request.resume().once('end', () => answer(response, request.url ?? ''));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

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
