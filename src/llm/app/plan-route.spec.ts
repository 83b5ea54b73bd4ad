import { loadConfig } from '../../platform/config/index.js';
import type { ModelFacts, Needs } from '../core/model-facts.js';
import type { LanguageModel } from '../ports/language-model.js';
import { CurrentProvider } from './current-provider.js';
import { FirstTokenTimes } from './first-token-times.js';
import type { ModelCatalogue } from './model-catalogue.js';
import { ModelDirectory, type ResolvedModel } from './model-directory.js';
import { PlanRoute } from './plan-route.js';

function provider(name: string, catalogue: readonly ModelFacts[]): LanguageModel {
  const unasked = () => {
    throw new Error('nobody asks here');
  };
  return {
    provider: name,
    type: 'openai',
    ...(name === 'local' ? { isStandIn: true } : {}),
    defaultModel: catalogue[0]!.id,
    catalogue,
    stream: unasked,
    listModels: unasked,
  };
}

const price = (input: number, output: number) => ({ input, output });
const models = [
  provider('openai', [
    { id: 'large', price: price(5, 15), contextWindow: 200_000, capabilities: { tools: true, vision: true } },
    {
      id: 'small',
      price: price(0.1, 0.4),
      contextWindow: 8_000,
      capabilities: { tools: true, vision: false },
    },
    { id: 'vectors', price: price(0.01, 0), isEmbedding: true },
  ]),
  provider('groq', [
    { id: 'quick', price: price(0.05, 0.1), contextWindow: 32_000, capabilities: { tools: false } },
  ]),
  provider('local', [{ id: 'quotes', price: price(0, 0) }]),
];

const nothing: Needs = { tools: false, vision: false, contextTokens: 100 };

function planner(environment: Record<string, string> = {}, usual: Record<string, string> = {}) {
  const config = loadConfig(environment);
  const store = {
    read: () => Promise.resolve({ selected: [], asOf: new Date() }),
    write: () => Promise.resolve(),
    onChanged: () => Promise.resolve(),
  };
  const directory = new ModelDirectory(models, config, new CurrentProvider(store));
  const catalogue = {
    facts: (name: string, model: string) => directory.find(name)?.catalogue.find(({ id }) => id === model),
    known: (name: string) => directory.find(name)?.catalogue ?? [],
    defaultModel: (name: string) => usual[name],
  } as unknown as ModelCatalogue;
  const times = new FirstTokenTimes();
  return { plan: new PlanRoute(config, directory, catalogue, times), times };
}

const names = (route: readonly ResolvedModel[]) =>
  route.map(({ languageModel, model }) => `${languageModel.provider}/${model}`);

describe('the route of a question', () => {
  it('is what was asked for, then the fallbacks, nobody twice', () => {
    const { plan } = planner({ LLM_FALLBACKS: 'groq,openai/large,openai/small' });
    expect(names(plan.route({}, nothing))).toEqual(['openai/large', 'groq/quick', 'openai/small']);
    expect(names(plan.route({ model: 'groq/quick' }, nothing))).toEqual([
      'groq/quick',
      'openai/large',
      'openai/small',
    ]);
  });

  it.each<[string, Partial<Needs>, string[]]>([
    ['tools', { tools: true }, ['openai/large', 'openai/small']],
    ['vision', { vision: true }, ['openai/large', 'groq/quick']],
    ['a long context', { contextTokens: 20_000 }, ['openai/large', 'groq/quick']],
  ])('leaves out fallbacks without %s', (_, needs, expected) => {
    const { plan } = planner({ LLM_FALLBACKS: 'groq,openai/small' });
    expect(names(plan.route({}, { ...nothing, ...needs }))).toEqual(expected);
  });

  it.each<[string, Partial<Needs>, string]>([
    ['the least', {}, 'groq/quick'],
    ['the least that has tools', { tools: true }, 'openai/small'],
    ['the least that sees', { tools: true, vision: true }, 'openai/large'],
    ['the least that is large enough', { contextTokens: 100_000 }, 'openai/large'],
  ])('begins with what costs %s, by policy', (_, needs, expected) => {
    const { plan } = planner({ LLM_POLICY: 'cheapest' });
    expect(names(plan.route({}, { ...nothing, ...needs }))[0]).toBe(expected);
  });

  it('begins with what began soonest, by policy, and measures each once', () => {
    const { plan, times } = planner({ LLM_POLICY: 'fastest' });
    expect(names(plan.route({}, nothing))).toEqual(['openai/large']);
    times.note('openai', 'large', 400);
    expect(names(plan.route({}, nothing))).toEqual(['groq/quick']);
    times.note('groq', 'quick', 900);
    expect(names(plan.route({}, nothing))).toEqual(['openai/large']);
    for (let round = 0; round < 20; round += 1) times.note('openai', 'large', 3_000);
    expect(names(plan.route({}, nothing))).toEqual(['groq/quick']);
  });

  it('follows a name before any policy, and a policy that is named', () => {
    const cheapest = planner({ LLM_POLICY: 'cheapest' }).plan;
    expect(names(cheapest.route({ model: 'large' }, nothing))).toEqual(['openai/large']);
    expect(names(cheapest.route({ provider: 'openai' }, nothing))).toEqual(['openai/large']);
    expect(names(planner().plan.route({ model: 'cheapest' }, nothing))).toEqual(['groq/quick']);
  });

  it('asks a model that the provider has where nobody has named one', () => {
    const { plan } = planner({ LLM_FALLBACKS: 'groq' }, { openai: 'small', groq: 'other' });
    expect(names(plan.route({}, nothing))).toEqual(['openai/small', 'groq/other']);
    expect(names(plan.route({ provider: 'groq' }, nothing))).toEqual(['groq/other']);
    expect(names(plan.route({ model: 'large' }, nothing))[0]).toBe('openai/large');
    const told = planner({ DEFAULT_MODEL: 'openai/large' }, { openai: 'small' }).plan;
    expect(names(told.route({}, nothing))).toEqual(['openai/large']);
  });

  it.each(['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty'])(
    'takes %s for the name of a model',
    (name) => {
      expect(names(planner().plan.route({ model: name }, nothing))).toEqual([`openai/${name}`]);
    },
  );

  it('is the default when no model can do what is needed', () => {
    const { plan } = planner({ LLM_POLICY: 'cheapest' });
    expect(names(plan.route({}, { ...nothing, contextTokens: 10_000_000 }))).toEqual(['openai/large']);
  });
});
