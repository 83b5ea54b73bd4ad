import { ConfigError } from '../../platform/config/index.js';
import type { LanguageModel } from '../ports/language-model.js';
import { ModelDirectory } from './model-directory.js';

function provider(name: string, defaultModel: string): LanguageModel {
  return {
    provider: name,
    defaultModel,
    models: [defaultModel],
    stream: () => {
      throw new Error('nobody asks here');
    },
  };
}

const openai = provider('openai', 'gpt-4o-mini');
const local = provider('local', 'quotes');
const both = (defaults: { DEFAULT_PROVIDER?: string; DEFAULT_MODEL?: string } = {}) =>
  new ModelDirectory([openai, local], { DEFAULT_PROVIDER: undefined, DEFAULT_MODEL: undefined, ...defaults });

describe('the directory of models', () => {
  it('asks the preferred provider and its own model when a request names nothing', () => {
    expect(both().current()).toBe('openai');
    expect(both().resolve()).toEqual({ languageModel: openai, model: 'gpt-4o-mini' });
    expect(both().resolve({ provider: ' ', model: '' })).toEqual({
      languageModel: openai,
      model: 'gpt-4o-mini',
    });
  });

  it('knows which providers it can ask', () => {
    expect(both().configured()).toEqual(['openai', 'local']);
  });

  it('asks the provider and the model that are named', () => {
    expect(both().resolve({ provider: 'local' })).toEqual({ languageModel: local, model: 'quotes' });
    expect(both().resolve({ provider: 'OpenAI', model: 'gpt-4o' })).toEqual({
      languageModel: openai,
      model: 'gpt-4o',
    });
    expect(both().resolve({ model: 'gpt-4o' })).toEqual({ languageModel: openai, model: 'gpt-4o' });
  });

  it.each([
    [{ model: 'local/quotes' }, local, 'quotes'],
    [{ model: 'openai/gpt-4o' }, openai, 'gpt-4o'],
    [{ provider: 'openai', model: 'openai/gpt-4o' }, openai, 'gpt-4o'],
    [{ provider: 'openai', model: 'openai/openai/gpt-oss' }, openai, 'openai/gpt-oss'],
    [{ provider: 'openai', model: 'anthropic/claude' }, openai, 'anthropic/claude'],
    [{ model: 'meta-llama/llama-4' }, openai, 'meta-llama/llama-4'],
  ])('reads %j', (choice, languageModel, model) => {
    expect(both().resolve(choice)).toEqual({ languageModel, model });
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
    expect(directory.resolve()).toEqual({ languageModel: local, model: 'other' });
  });

  it('uses the default model for the default provider alone', () => {
    const directory = both({ DEFAULT_PROVIDER: 'local', DEFAULT_MODEL: 'other' });
    expect(directory.resolve({ provider: 'openai' }).model).toBe('gpt-4o-mini');
  });

  it('takes the default provider from a default model that names it', () => {
    expect(both({ DEFAULT_MODEL: 'local/other' }).resolve()).toEqual({
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
});
