import { inspect } from 'node:util';
import type { ModelRequest } from '../../src/llm/index.js';
import { describeProviderOverSocket } from '../contracts/language-model-wire.contract.js';
import { never, partsOf, textOf, WITH_SETTINGS } from '../contracts/language-model.contract.js';
import {
  expectedRepeat,
  expectedText,
  expectedToolCalls,
  startAnthropicStandIn,
  type AnthropicStandIn,
} from '../doubles/anthropic-stand-in.js';
import { asking, MODEL, modelAt, VERSION } from '../support/claude.js';

const KEY = 'sk-ant-very-private';

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
