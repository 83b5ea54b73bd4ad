import { ConfigError } from '../../platform/config/index.js';
import type { LanguageModel } from '../ports/language-model.js';
import { CurrentProvider } from './current-provider.js';
import { ModelDirectory } from './model-directory.js';

function provider(name: string, defaultModel: string): LanguageModel {
  return {
    provider: name,
    defaultModel,
    type: 'openai',
    catalogue: [{ id: defaultModel }],
    listModels: () => Promise.resolve([]),
    stream: () => {
      throw new Error('nobody asks here');
    },
  };
}

const openai = provider('openai', 'gpt-4o-mini');
const local = provider('local', 'quotes');
const further = { name: 'house', type: 'openai', apiKey: undefined } as const;

/** A choice that is kept in memory. */
function kept(selected?: string): CurrentProvider {
  const store = {
    read: () =>
      Promise.resolve({
        selected: selected === undefined ? [] : [{ org: undefined, provider: selected }],
        asOf: new Date(),
      }),
    write: () => Promise.resolve(),
    onChanged: () => Promise.resolve(),
  };
  return new CurrentProvider(store);
}

const both = (
  defaults: { DEFAULT_PROVIDER?: string; DEFAULT_MODEL?: string; LLM_FALLBACKS?: string[] } = {},
  selected = kept(),
) =>
  new ModelDirectory(
    [openai, local],
    {
      DEFAULT_PROVIDER: undefined,
      DEFAULT_MODEL: undefined,
      LLM_FALLBACKS: undefined,
      providers: [further],
      ...defaults,
    },
    selected,
  );

describe('the directory of models', () => {
  it('asks the preferred provider and its own model when a request names nothing', () => {
    expect(both().current()).toBe('openai');
    expect(both().resolve()).toMatchObject({ languageModel: openai, model: 'gpt-4o-mini' });
    expect(both().resolve({ provider: ' ', model: '' })).toMatchObject({
      languageModel: openai,
      model: 'gpt-4o-mini',
    });
  });

  it('knows which providers it can ask', () => {
    expect(both().configured()).toEqual(['openai', 'local']);
  });

  it('asks the provider and the model that are named', () => {
    expect(both().resolve({ provider: 'local' })).toMatchObject({ languageModel: local, model: 'quotes' });
    expect(both().resolve({ provider: 'OpenAI', model: 'gpt-4o' })).toMatchObject({
      languageModel: openai,
      model: 'gpt-4o',
    });
    expect(both().resolve({ model: 'gpt-4o' })).toMatchObject({ languageModel: openai, model: 'gpt-4o' });
  });

  it.each([
    [{ model: 'local/quotes' }, local, 'quotes'],
    [{ model: 'openai/gpt-4o' }, openai, 'gpt-4o'],
    [{ provider: 'openai', model: 'openai/gpt-4o' }, openai, 'gpt-4o'],
    [{ provider: 'openai', model: 'openai/openai/gpt-oss' }, openai, 'openai/gpt-oss'],
    [{ provider: 'openai', model: 'anthropic/claude' }, openai, 'anthropic/claude'],
    [{ model: 'meta-llama/llama-4' }, openai, 'meta-llama/llama-4'],
  ])('reads %j', (choice, languageModel, model) => {
    expect(both().resolve(choice)).toMatchObject({ languageModel, model });
  });

  it.each(['claude', 'anthropic', 'groq', 'openrouter', 'ollama'])(
    'says that %s is not configured',
    (name) => {
      for (const choice of [{ provider: name }, { model: `${name}/some-model` }]) {
        expect(() => both().resolve(choice)).toThrow(
          expect.objectContaining({ code: 'PROVIDER_NOT_CONFIGURED' }),
        );
      }
    },
  );

  it('says which providers there are when one is unknown', () => {
    for (const name of ['gemini', '__proto__', 'constructor']) {
      expect(() => both().resolve({ provider: name })).toThrow(
        expect.objectContaining({
          code: 'UNKNOWN_PROVIDER',
          details: { known: expect.arrayContaining(['openai', 'claude', 'local']) as unknown },
        }),
      );
    }
  });

  it.each(['openai/', 'x'.repeat(201)])('refuses the model name %j', (model) => {
    expect(() => both().resolve({ model })).toThrow(expect.objectContaining({ code: 'UNKNOWN_MODEL' }));
  });

  it('takes its defaults from the configuration', () => {
    const directory = both({ DEFAULT_PROVIDER: 'local', DEFAULT_MODEL: 'other' });
    expect(directory.current()).toBe('local');
    expect(directory.resolve()).toMatchObject({ languageModel: local, model: 'other' });
  });

  it('uses the default model for the default provider alone', () => {
    const directory = both({ DEFAULT_PROVIDER: 'local', DEFAULT_MODEL: 'other' });
    expect(directory.resolve({ provider: 'openai' }).model).toBe('gpt-4o-mini');
  });

  it('takes the default provider from a default model that names it', () => {
    expect(both({ DEFAULT_MODEL: 'local/other' }).resolve()).toMatchObject({
      languageModel: local,
      model: 'other',
    });
  });

  it.each([
    [{ DEFAULT_PROVIDER: 'gemini' }, /DEFAULT_PROVIDER/],
    [{ DEFAULT_PROVIDER: 'claude' }, /DEFAULT_PROVIDER.*not configured/],
    [{ DEFAULT_MODEL: 'groq/llama' }, /DEFAULT_MODEL.*not configured/],
    [{ DEFAULT_MODEL: 'openai/' }, /DEFAULT_MODEL/],
  ])('refuses to boot with %j', (defaults, message) => {
    expect(() => both(defaults)).toThrow(ConfigError);
    expect(() => both(defaults)).toThrow(message);
  });

  it.each([
    [{ LLM_FALLBACKS: ['gemini'] }, /LLM_FALLBACKS/],
    [{ LLM_FALLBACKS: ['local', 'claude/some'] }, /LLM_FALLBACKS.*not configured/],
    [{ LLM_FALLBACKS: ['openai/'] }, /LLM_FALLBACKS/],
  ])('refuses to boot with %j', (defaults, message) => {
    expect(() => both(defaults)).toThrow(message);
  });

  it('knows what to try after the one asked for', () => {
    expect(both({ LLM_FALLBACKS: ['local', 'openai/gpt-4o'] }).fallbacks).toMatchObject([
      { languageModel: local, model: 'quotes' },
      { languageModel: openai, model: 'gpt-4o' },
    ]);
  });

  it('asks who was selected for all, and goes back to its default when that one is gone', async () => {
    const directory = both();
    expect(await directory.select('LOCAL', undefined)).toBe('local');
    expect(directory.current()).toBe('local');
    expect(directory.resolve()).toMatchObject({ languageModel: local, model: 'quotes' });
    expect(directory.resolve({}, 'acme')).toMatchObject({ languageModel: local });
    const gone = kept('groq');
    await gone.onModuleInit();
    expect(both({}, gone).current()).toBe('openai');
  });

  it('asks for each organisation whom its own administrators selected', async () => {
    const directory = both();
    await directory.select('local', 'acme');
    expect(directory.resolve({}, 'acme')).toMatchObject({ languageModel: local, model: 'quotes' });
    expect(directory.resolve({ model: 'nobody-has-it' }, 'acme').languageModel).toBe(local);
    for (const org of ['other', undefined]) {
      expect(directory.current(org)).toBe('openai');
      expect(directory.resolve({}, org).languageModel).toBe(openai);
    }
    await directory.select('local', undefined);
    await directory.select('openai', 'acme');
    expect(['acme', 'other', undefined].map((org) => directory.current(org))).toEqual([
      'openai',
      'local',
      'local',
    ]);
  });

  it.each([
    ['gemini', 'UNKNOWN_PROVIDER'],
    ['anthropic', 'PROVIDER_NOT_CONFIGURED'],
  ])('does not select %s', async (name, code) => {
    await expect(both().select(name, 'acme')).rejects.toMatchObject({ code });
  });

  it('names every provider there is, built in or further, and which it can ask', () => {
    const known = both().known();
    expect(known).toContainEqual({ name: 'claude', type: 'anthropic', configured: false });
    expect(known).toContainEqual({ name: 'openai', type: 'openai', configured: true });
    expect(known.map(({ name }) => name)).toContain('house');
  });

  it('finds the one provider that is known to have a model', () => {
    expect(both().resolve({ model: 'quotes' })).toMatchObject({ languageModel: local, model: 'quotes' });
    expect(both().resolve({ model: 'nobody-has-it' }).languageModel).toBe(openai);
  });
});
