import { inspect } from 'node:util';
import type { ErrorCode } from '../../src/kernel/index.js';
import { ModelError, type Fault } from '../../src/llm/core/model-error.js';
import { never } from '../contracts/language-model.contract.js';
import { expectedVector, startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { makers } from '../support/openai-family.js';

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
