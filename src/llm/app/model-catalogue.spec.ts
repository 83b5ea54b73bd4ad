import { Logger } from '@nestjs/common';
import type { ModelFacts } from '../core/model-facts.js';
import type { LanguageModel } from '../ports/language-model.js';
import { ModelCatalogue } from './model-catalogue.js';

const TTL_MS = 60_000;

interface Upstream extends LanguageModel {
  /** What it lists from now on; an error is thrown, and `undefined` never answers. */
  lists: readonly ModelFacts[] | Error | undefined;
  readonly signals: AbortSignal[];
}

function upstream(catalogue: readonly ModelFacts[], lists: Upstream['lists'], provider = 'openai'): Upstream {
  const signals: AbortSignal[] = [];
  return {
    provider,
    type: 'openai',
    defaultModel: 'gpt-4o',
    catalogue,
    lists,
    signals,
    stream: () => {
      throw new Error('nobody asks here');
    },
    listModels(signal) {
      signals.push(signal);
      if (this.lists === undefined) return new Promise(() => undefined);
      return this.lists instanceof Error ? Promise.reject(this.lists) : Promise.resolve(this.lists);
    },
  };
}

const catalogueOf = (...models: readonly LanguageModel[]) =>
  new ModelCatalogue(models, { providers: [], LLM_MODELS_TTL_MS: TTL_MS });
const ids = (facts: readonly ModelFacts[]) => facts.map(({ id }) => id);

const price = { input: 2.5, output: 10 };
const gpt4o: ModelFacts = {
  id: 'gpt-4o',
  contextWindow: 128_000,
  capabilities: { tools: true, vision: true },
  price,
};

beforeAll(() => Logger.overrideLogger(false));
beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

describe('the catalogue of models', () => {
  it('knows what is built in before anybody was asked', () => {
    const model = upstream([gpt4o], []);
    const catalogue = catalogueOf(model);
    expect(catalogue.facts('openai', 'gpt-4o')).toMatchObject(gpt4o);
    expect(catalogue.facts('openai', 'o3')).toBeUndefined();
    expect(catalogue.facts('gemini', 'gpt-4o')).toBeUndefined();
    expect(model.signals).toHaveLength(0);
  });

  it('lists what the provider has beside what is built in', async () => {
    const catalogue = catalogueOf(
      upstream([gpt4o], [{ id: 'llama', contextWindow: 8_192 }, { id: 'gpt-4o' }]),
    );
    expect(ids(await catalogue.list('openai'))).toEqual(['gpt-4o', 'llama']);
    expect(catalogue.facts('openai', 'llama')?.contextWindow).toBe(8_192);
  });

  it('puts what we say over what the provider says, fact by fact', async () => {
    const own: ModelFacts = { id: 'm', price, capabilities: { tools: false } };
    const theirs: ModelFacts = {
      id: 'm',
      price: { input: 99, output: 99 },
      contextWindow: 4_096,
      capabilities: { tools: true, json: true },
    };
    const catalogue = catalogueOf(upstream([own], [theirs]));
    await catalogue.list('openai');
    expect(catalogue.facts('openai', 'm')).toMatchObject({
      price,
      contextWindow: 4_096,
      capabilities: { tools: false, json: true },
    });
  });

  it('knows a dated version by its family, and nothing that only looks alike', async () => {
    const catalogue = catalogueOf(
      upstream(
        [gpt4o, { id: 'claude-3-5-sonnet-latest', price }],
        [{ id: 'gpt-4o-2024-08-06' }, { id: 'gpt-4o-mini' }],
      ),
    );
    expect(catalogue.facts('openai', 'gpt-4o-2024-08-06')).toMatchObject({ id: 'gpt-4o-2024-08-06', price });
    expect(catalogue.facts('openai', 'claude-3-5-sonnet-20241022')?.price).toEqual(price);
    await catalogue.list('openai');
    expect(catalogue.facts('openai', 'gpt-4o-2024-08-06')?.price).toEqual(price);
    for (const other of ['gpt-4o-mini', 'gpt-4o-2024-05-13', 'gpt-4o-audio', 'gpt-4']) {
      expect(catalogue.facts('openai', other)?.price).toBeUndefined();
    }
  });

  it('asks once for all who ask at once, and again when the list is too old', async () => {
    const model = upstream([], [{ id: 'one' }]);
    const catalogue = catalogueOf(model);
    await Promise.all([catalogue.list('openai'), catalogue.list('openai'), catalogue.list('openai')]);
    await catalogue.list('openai');
    expect(model.signals).toHaveLength(1);
    model.lists = [{ id: 'two' }];
    jest.advanceTimersByTime(TTL_MS + 1);
    expect(ids(await catalogue.list('openai'))).toEqual(['two']);
    expect(model.signals).toHaveLength(2);
  });

  it('gives what was known of a provider that is down, and leaves it alone for a while', async () => {
    const model = upstream([gpt4o], [{ id: 'llama' }]);
    const catalogue = catalogueOf(model);
    await catalogue.list('openai');
    model.lists = new Error('down');
    jest.advanceTimersByTime(TTL_MS + 1);
    expect(ids(await catalogue.list('openai'))).toEqual(['llama']);
    await catalogue.list('openai');
    expect(model.signals).toHaveLength(2);
    model.lists = [{ id: 'back' }];
    jest.advanceTimersByTime(10_001);
    expect(ids(await catalogue.list('openai'))).toEqual(['back']);
  });

  it('waits five seconds for a provider, tells it so, and no longer', async () => {
    const model = upstream([gpt4o], undefined);
    const listing = catalogueOf(model).list('openai');
    await jest.advanceTimersByTimeAsync(4_999);
    expect(model.signals[0]?.aborted).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(model.signals[0]?.aborted).toBe(true);
    expect(ids(await listing)).toEqual(['gpt-4o']);
  });

  it('takes two thousand models of a list, and no name that is too long', async () => {
    const many = Array.from({ length: 3_000 }, (_, index) => ({ id: `m-${index}` }));
    const catalogue = catalogueOf(upstream([gpt4o], [{ id: 'x'.repeat(201) }, { id: '' }, ...many]));
    const listed = await catalogue.list('openai');
    // One of them is built in and not listed: known, but not there.
    expect(listed).toHaveLength(1_999);
    expect(listed[0]!.id).toBe('m-0');
  });

  it('has nothing of a provider that is not configured', async () => {
    const catalogue = catalogueOf(upstream([gpt4o], []));
    expect(await catalogue.list('gemini')).toEqual([]);
    expect(catalogue.known('gemini')).toEqual([]);
  });

  it('asks whoever lists prices as soon as one is wanted that is not known', async () => {
    const openrouter = { ...upstream([], [{ id: 'a/b', price }], 'openrouter'), listsPrices: true };
    const openai = upstream([], [], 'openai');
    const catalogue = catalogueOf(openrouter, openai);
    expect(catalogue.facts('openrouter', 'a/b')).toBeUndefined();
    expect(catalogue.facts('openai', 'a/b')).toBeUndefined();
    await jest.advanceTimersByTimeAsync(0);
    expect(catalogue.facts('openrouter', 'a/b')?.price).toEqual(price);
    expect([openrouter.signals.length, openai.signals.length]).toEqual([1, 0]);
  });

  it('has the usual model until the provider says that it lacks it, and then its first one', async () => {
    const vectors = { id: 'vectors', isEmbedding: true };
    const catalogue = catalogueOf(upstream([gpt4o], [vectors, { id: 'qwen' }, { id: 'llama' }]));
    expect(catalogue.defaultModel('openai')).toBe('gpt-4o');
    await catalogue.list('openai');
    expect(catalogue.defaultModel('openai')).toBe('qwen');
    expect(ids(catalogue.known('openai'))).toEqual(['vectors', 'qwen', 'llama']);
    expect(catalogue.facts('openai', 'gpt-4o')).toMatchObject(gpt4o);
    expect(catalogue.defaultModel('gemini')).toBeUndefined();
  });

  it('keeps the usual model of a provider that lists it, or that lists nothing', async () => {
    const listing = catalogueOf(upstream([gpt4o], [{ id: 'llama' }, { id: 'gpt-4o' }]));
    const silent = catalogueOf(upstream([gpt4o], []));
    await Promise.all([listing.list('openai'), silent.list('openai')]);
    expect([listing.defaultModel('openai'), silent.defaultModel('openai')]).toEqual(['gpt-4o', 'gpt-4o']);
    expect(ids(silent.known('openai'))).toEqual(['gpt-4o']);
  });

  it('asks every provider when it starts, and waits a second at most', async () => {
    const [quick, slow] = [
      upstream([gpt4o], [{ id: 'llama' }]),
      { ...upstream([gpt4o], undefined), provider: 'slow' },
    ];
    const catalogue = catalogueOf(quick, slow);
    const started = catalogue.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(1_000);
    await started;
    expect(catalogue.defaultModel('openai')).toBe('llama');
    expect(catalogue.defaultModel('slow')).toBe('gpt-4o');
  });
});
