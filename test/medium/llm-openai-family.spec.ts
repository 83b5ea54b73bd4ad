import { inspect } from 'node:util';
import type { ErrorCode } from '../../src/kernel/index.js';
import { ModelError, type Fault } from '../../src/llm/core/model-error.js';
import type { LanguageModel, ModelRequest } from '../../src/llm/index.js';
import { groqProfile } from '../../src/llm/providers/groq/groq-provider.js';
import { OpenAiModel } from '../../src/llm/providers/openai/openai-model.js';
import { compatibleProfile, openAiProfile } from '../../src/llm/providers/openai/openai-profile.js';
import {
  openRouterProfile,
  type OpenRouterSettings,
} from '../../src/llm/providers/openrouter/openrouter-provider.js';
import { describeProviderOverSocket } from '../contracts/language-model-wire.contract.js';
import { never, outcomeOf, partsOf, textOf } from '../contracts/language-model.contract.js';
import {
  expectedRepeat,
  expectedText,
  expectedToolCalls,
  expectedVector,
  startOpenAiStandIn,
  type OpenAiStandIn,
} from '../doubles/openai-stand-in.js';
import { withServer } from '../doubles/stand-in-server.js';

const KEY = 'sk-very-private';
const times = { connectTimeoutMs: 5_000, firstTokenTimeoutMs: 20_000, idleTimeoutMs: 20_000 };

type Settings = OpenRouterSettings;
const openAiModel = (settings: Settings) => new OpenAiModel(settings, openAiProfile(settings));
const groqModel = (settings: Settings) => new OpenAiModel(settings, groqProfile(settings));
const openRouterModel = (settings: Settings) => new OpenAiModel(settings, openRouterProfile(settings));
const compatibleModel = (settings: Settings & { readonly url: string }) =>
  new OpenAiModel(settings, compatibleProfile(settings));

const makers: Readonly<Record<string, (url: string, more?: Partial<typeof times>) => LanguageModel>> = {
  openai: (url, more) => openAiModel({ apiKey: KEY, url, ...times, ...more }),
  groq: (url, more) => groqModel({ apiKey: KEY, url, ...times, ...more }),
  openrouter: (url, more) => openRouterModel({ apiKey: KEY, url, ...times, ...more }),
  mine: (url, more) => compatibleModel({ name: 'mine', apiKey: undefined, url, ...times, ...more }),
};

function asking(content: string, more: Partial<ModelRequest> = {}): ModelRequest {
  return { model: 'some-model', messages: [{ role: 'user', content }], passages: [], ...more };
}

// OpenAI itself is asked in its own spec.
for (const name of ['groq', 'openrouter', 'mine']) {
  describeProviderOverSocket(name, { start: startOpenAiStandIn, modelAt: makers[name]!, asking });
}

describe('the family of openai', () => {
  let standIn: OpenAiStandIn;

  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
  });

  afterAll(async () => {
    await standIn.close();
  });

  it.each(Object.entries(makers))('goes round with tools, at %s', async (name, make) => {
    const tools = [{ name: 'tool_0', parameters: { type: 'object', properties: {} } }];
    const question = { role: 'user', content: 'How is it? [[tools=2 tokens=3 reasoning=2]]' } as const;
    const model = make(standIn.url);
    const first = await partsOf(model, asking('', { messages: [question], tools }));
    const toolCalls = first.flatMap((part) => (part.type === 'tool_call' ? [part.call] : []));
    expect(toolCalls).toEqual(expectedToolCalls(2));
    const messages: ModelRequest['messages'] = [
      question,
      { role: 'assistant', content: textOf(first), toolCalls, reasoning: textOf(first, 'reasoning') },
      ...toolCalls.map(({ id }) => ({ role: 'tool', toolCallId: id, content: `sunny at ${id}` }) as const),
    ];
    const second = await partsOf(model, asking('', { messages, tools }));
    expect(textOf(second)).toBe(expectedRepeat(['sunny at call_0', 'sunny at call_1']));
    expect(second.at(-1)).toMatchObject({ type: 'finish', reason: 'stop' });
    const sent = standIn.requests.at(-1)!.body.messages;
    expect(sent.slice(2)).toEqual([
      { role: 'tool', tool_call_id: 'call_0', content: 'sunny at call_0' },
      { role: 'tool', tool_call_id: 'call_1', content: 'sunny at call_1' },
    ]);
    const takesItAs = {
      openai: 'reasoning_content',
      mine: 'reasoning_content',
      groq: 'reasoning',
      openrouter: 'reasoning',
    };
    expect(sent[1]).toMatchObject({ [takesItAs[name as keyof typeof takesItAs]]: 'thought 0, thought 1, ' });
  });

  it('can be made to go round several times', async () => {
    const model = makers['openai']!(standIn.url);
    const messages: ModelRequest['messages'][number][] = [
      { role: 'user', content: '[[tools=1 rounds=3 tokens=0]]' },
    ];
    const reasons: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      const parts = await partsOf(model, asking('', { messages }));
      const toolCalls = parts.flatMap((part) => (part.type === 'tool_call' ? [part.call] : []));
      reasons.push(toolCalls.length > 0 ? 'call' : textOf(parts));
      messages.push({ role: 'assistant', content: '', toolCalls });
      messages.push({ role: 'tool', toolCallId: 'call_0', content: `round ${round}` });
    }
    expect(reasons).toEqual(['call', 'call', 'call', expectedRepeat(['round 2'])]);
  });

  it('brings images to the provider', async () => {
    const image = `data:image/png;base64,${'A'.repeat(2_000_000)}`;
    const messages: ModelRequest['messages'] = [{ role: 'user', content: '[[tokens=2]]', images: [image] }];
    expect(textOf(await partsOf(makers['openai']!(standIn.url), asking('', { messages })))).toBe(
      expectedText(2),
    );
    expect(standIn.requests.at(-1)!.body.messages[0]!.content).toEqual([
      { type: 'text', text: '[[tokens=2]]' },
      { type: 'image_url', image_url: { url: image } },
    ]);
  });

  it('tells OpenRouter which application asks', async () => {
    const model = openRouterModel({
      apiKey: KEY,
      url: standIn.url,
      referer: 'https://chat.example.org',
      title: 'Thread–line',
      ...times,
    });
    await partsOf(model, asking('hello'));
    expect(standIn.requests.at(-1)!.headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      'http-referer': 'https://chat.example.org',
      'x-title': 'Thread?line',
    });
  });

  it('sends the headers an operator wants, even in place of the key', async () => {
    const headers = { 'X-Team': 'blue', Authorization: 'Basic abc' };
    await partsOf(
      compatibleModel({ name: 'mine', apiKey: KEY, url: standIn.url, headers, ...times }),
      asking('hello'),
    );
    expect(standIn.requests.at(-1)!.headers).toMatchObject({ 'x-team': 'blue', authorization: 'Basic abc' });
  });

  const answering = (body: object, use: (url: string) => Promise<void>) =>
    withServer(
      (_request, response) =>
        response
          .writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
          .end(JSON.stringify(body)),
      use,
    );

  it('understands an error that is no stream', () =>
    answering({ error: { message: 'secret', code: 429 } }, async (url) => {
      const { error } = await outcomeOf(makers['openrouter']!(url), asking('hello'));
      expect(error).toMatchObject({ code: 'RATE_LIMITED', fault: 'rate' });
      expect(inspect(error, { depth: 10 })).not.toContain('secret');
    }));

  it('takes a whole completion for the answer', () =>
    answering(
      { id: 'x', object: 'chat.completion', choices: [{ message: { content: 'the whole' } }] },
      async (url) => {
        const { error, parts } = await outcomeOf(makers['openrouter']!(url), asking('hello'));
        expect(error).toBeUndefined();
        expect(parts).toContainEqual(expect.objectContaining({ text: 'the whole' }));
      },
    ));

  describe('knows', () => {
    const factsOf = (model: LanguageModel, id: string) => model.catalogue.find((facts) => facts.id === id);
    const official = { apiKey: KEY, ...times };

    it.each([
      [openAiModel(official), ['gpt-4o', 'gpt-4o-mini', 'gpt-4-turbo', 'gpt-4', 'gpt-3.5-turbo']],
      [groqModel(official), ['llama-3.3-70b-versatile']],
      [
        openRouterModel(official),
        ['anthropic/claude-3.5-sonnet', 'openai/gpt-4o', 'meta-llama/llama-3.1-70b-instruct'],
      ],
    ])('the models of %#', ({ catalogue, defaultModel, type }, ids) => {
      expect(type).toBe('openai');
      expect(catalogue.map(({ id }) => id)).toEqual(expect.arrayContaining([...ids, defaultModel]));
      expect(new Set(catalogue.map(({ id }) => id)).size).toBe(catalogue.length);
      for (const { contextWindow = 8_192, price = { input: 1, output: 1 } } of catalogue) {
        expect(contextWindow).toBeGreaterThan(8_000);
        expect(price.input).toBeGreaterThan(0);
        expect(price.cachedInput ?? 0).toBeLessThanOrEqual(price.input);
      }
    });

    it('what they cost and can do', () => {
      expect(factsOf(openAiModel(official), 'gpt-4o-mini')).toEqual({
        id: 'gpt-4o-mini',
        contextWindow: 128_000,
        capabilities: { streaming: true, tools: true, json: true, vision: true, reasoning: false },
        price: { input: 0.15, output: 0.6, cachedInput: 0.075 },
      });
      expect(factsOf(openAiModel(official), 'text-embedding-3-small')?.price?.input).toBe(0.02);
    });

    it('nothing of a server that stands in for OpenAI, but what the operator says', () => {
      const { catalogue } = openAiModel({ ...official, url: 'http://127.0.0.1:9/v1' });
      expect(catalogue).toEqual([{ id: 'gpt-4o-mini' }]);
      const models = [{ id: 'llama', contextWindow: 4_096 }];
      const mine = compatibleModel({ ...official, name: 'mine', url: 'http://127.0.0.1:9/v1', models });
      expect([mine.provider, mine.defaultModel, mine.catalogue]).toEqual(['mine', 'llama', models]);
    });

    it('the operator to know better', () => {
      const models = [{ id: 'llama-3.1-8b-instant', price: { input: 1, output: 2 } }];
      const groq = groqModel({ ...official, models, defaultModel: 'new-model' });
      expect(factsOf(groq, 'llama-3.1-8b-instant')).toMatchObject({
        contextWindow: 131_072,
        price: { input: 1, output: 2 },
      });
      expect(factsOf(groq, 'new-model')).toEqual({ id: 'new-model' });
    });
  });
});

describe('the list of models', () => {
  const lists: readonly (readonly [string, readonly object[], readonly object[]])[] = [
    ['openai', [{ id: 'gpt-4o', object: 'model', owned_by: 'system' }], [{ id: 'gpt-4o' }]],
    [
      'groq',
      [
        { id: 'llama', active: true, context_window: 131_072 },
        { id: 'gone', active: false, context_window: 8_192 },
      ],
      [{ id: 'llama', contextWindow: 131_072 }],
    ],
    [
      'mine',
      [
        { id: 'qwen', max_model_len: 32_768 },
        { id: 'phi', context_length: 'many' },
      ],
      [{ id: 'qwen', contextWindow: 32_768 }, { id: 'phi' }],
    ],
    [
      'openrouter',
      [
        {
          id: 'openai/gpt-4o-mini',
          context_length: 128_000,
          architecture: { input_modalities: ['text', 'image'] },
          pricing: { prompt: '0.00000015', completion: '0.0000006', input_cache_read: '0.000000075' },
          supported_parameters: ['tools', 'response_format'],
        },
        { id: 'openrouter/auto', context_length: 2_000_000, pricing: { prompt: '-1', completion: '-1' } },
        {
          id: 'free',
          context_length: 8_192,
          pricing: { prompt: '0', completion: '0' },
          supported_parameters: ['reasoning'],
        },
        {
          id: 'odd',
          context_length: -5,
          pricing: { prompt: 'cheap', completion: '' },
          supported_parameters: null,
        },
      ],
      [
        {
          id: 'openai/gpt-4o-mini',
          contextWindow: 128_000,
          capabilities: { streaming: true, tools: true, json: true, vision: true, reasoning: false },
          price: { input: 0.15, output: 0.6, cachedInput: 0.075 },
        },
        { id: 'openrouter/auto', contextWindow: 2_000_000 },
        {
          id: 'free',
          contextWindow: 8_192,
          capabilities: { streaming: true, tools: false, json: false, vision: false, reasoning: true },
          price: { input: 0, output: 0 },
        },
        { id: 'odd' },
      ],
    ],
  ];

  it.each(lists)('of %s says what the provider says', async (name, models, expected) => {
    const standIn = await startOpenAiStandIn({
      models: [...models, { id: 5 }, { id: '' }, { id: 'x'.repeat(201) }],
    });
    expect(await makers[name]!(standIn.url).listModels(never())).toEqual(expected);
    await standIn.close();
  });

  it('is bounded', async () => {
    const models = Array.from({ length: 6_000 }, (_, index) => ({ id: `m${index}` }));
    const standIn = await startOpenAiStandIn({ models });
    expect(await makers['mine']!(standIn.url).listModels(never())).toHaveLength(5_000);
    await standIn.close();
  });

  it.each([
    ['unauthorized', 'PROVIDER_ERROR', 'key'],
    ['rate_limit', 'RATE_LIMITED', 'rate'],
    ['server_error', 'PROVIDER_UNAVAILABLE', 'server'],
    ['cut_before_headers', 'PROVIDER_UNAVAILABLE', 'server'],
    ['hang', 'PROVIDER_TIMEOUT', 'server'],
    ['malformed', 'PROVIDER_ERROR', 'server'],
    ['empty', 'PROVIDER_ERROR', 'server'],
    ['redirect', 'PROVIDER_ERROR', 'key'],
  ] as const)('fails in the catalogue’s words when there is %s', async (fault, code, whose) => {
    const standIn = await startOpenAiStandIn();
    standIn.failModels(fault);
    const asked = makers['groq']!(standIn.url, { firstTokenTimeoutMs: 500 }).listModels(never());
    const error: unknown = await asked.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({ code, fault: whose });
    expect(inspect(error, { depth: 10 })).not.toMatch(/private|secret words/);
    expect(standIn.others).toHaveLength(1);
    await standIn.close();
  });

  it('stops when it is no longer wanted', async () => {
    const standIn = await startOpenAiStandIn();
    standIn.failModels('hang');
    const reason = new Error('enough');
    const controller = new AbortController();
    const asked = makers['openai']!(standIn.url).listModels(controller.signal);
    setTimeout(() => controller.abort(reason), 50);
    await expect(asked).rejects.toBe(reason);
    await standIn.close();
  });
});

describe('embeddings', () => {
  let standIn: OpenAiStandIn;
  const embed = (inputs: readonly string[], more: { dimensions?: number } = {}, name = 'openai') =>
    makers[name]!(standIn.url, { firstTokenTimeoutMs: 1_000 }).embed!(
      { model: 'text-embedding-3-small', inputs, ...more },
      never(),
    );

  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
  });

  afterAll(async () => {
    await standIn.close();
  });

  it('are one for each text, in their order, with what they cost', async () => {
    const inputs = ['The canteen opens', 'at noon', 'torn \ud83d'];
    const { vectors, usage } = await embed(inputs);
    expect(vectors).toEqual(inputs.map((text) => expectedVector(text.toWellFormed())));
    expect(usage).toEqual({ inputTokens: 8, outputTokens: 0, totalTokens: 8 });
    expect(standIn.others.at(-1)!.body).toEqual({
      model: 'text-embedding-3-small',
      input: ['The canteen opens', 'at noon', 'torn \ufffd'],
      encoding_format: 'float',
    });
  });

  it('are put into their order when they come in another', async () => {
    const inputs = ['[[fault=split_lines]] one', 'two', 'three'];
    expect((await embed(inputs)).vectors).toEqual(inputs.map((text) => expectedVector(text)));
  });

  it('have the length that is asked for', async () => {
    expect((await embed(['one'], { dimensions: 8 })).vectors).toEqual([expectedVector('one', 8)]);
  });

  it('are estimated in cost where the provider does not say', async () => {
    expect((await embed(['[[fault=no_usage]]'])).usage).toMatchObject({ inputTokens: 5, estimated: true });
  });

  it('of nothing are nothing, and not asked for', async () => {
    const before = standIn.others.length;
    expect((await embed([])).vectors).toEqual([]);
    expect(standIn.others.length).toBe(before);
  });

  it('are what Groq does not have', () => {
    expect(typeof makers['groq']!(standIn.url).embed).toBe('undefined');
    expect(typeof makers['openrouter']!(standIn.url).embed).toBe('function');
  });

  const faults: readonly (readonly [string, ErrorCode, Fault])[] = [
    ['unauthorized', 'PROVIDER_ERROR', 'key'],
    ['quota', 'PROVIDER_ERROR', 'key'],
    ['rate_limit', 'RATE_LIMITED', 'rate'],
    ['server_error', 'PROVIDER_UNAVAILABLE', 'server'],
    ['unknown_model', 'UNKNOWN_MODEL', 'request'],
    ['bad_request', 'PROVIDER_ERROR', 'request'],
    ['context_length', 'CONTEXT_TOO_LONG', 'request'],
    ['hang', 'PROVIDER_TIMEOUT', 'server'],
    ['cut_before_headers', 'PROVIDER_UNAVAILABLE', 'server'],
    ['malformed', 'PROVIDER_ERROR', 'server'],
    ['empty', 'PROVIDER_ERROR', 'server'],
    ['no_finish', 'PROVIDER_ERROR', 'server'],
    ['length', 'PROVIDER_ERROR', 'server'],
    ['error_frame', 'PROVIDER_ERROR', 'server'],
  ];

  it.each(faults)('fail in the catalogue’s words when there is %s', async (fault, code, whose) => {
    const error: unknown = await embed([`[[fault=${fault}]] my private words`, 'two']).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({ code, fault: whose });
    expect(inspect(error, { depth: 10 })).not.toMatch(/private|secret words/);
  });
});
