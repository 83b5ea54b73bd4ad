import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../platform/config/index.js';
import { configuredModels } from './configured-models.js';

const names = async (environment: Record<string, string>) =>
  (await configuredModels(loadConfig(environment))).map(({ provider, type }) => `${provider} (${type})`);

describe('the configured providers', () => {
  it('are the local one alone when nothing is set', async () => {
    expect(await names({})).toEqual(['local (local)']);
  });

  it.each<[string, Record<string, string>]>([
    ['openai (openai)', { OPENAI_API_KEY: 'k' }],
    ['openai (openai)', { OPENAI_URL: 'http://127.0.0.1:9/v1' }],
    ['openai (openai)', { OPENAI_API_URL: 'http://127.0.0.1:9/v1/chat/completions' }],
    ['claude (anthropic)', { ANTHROPIC_API_KEY: 'k' }],
    ['claude (anthropic)', { ANTHROPIC_URL: 'http://127.0.0.1:9' }],
    ['groq (openai)', { GROQ_API_KEY: 'k' }],
    ['groq (openai)', { GROQ_URL: 'http://127.0.0.1:9' }],
    ['openrouter (openai)', { OPENROUTER_API_KEY: 'k' }],
    ['openrouter (openai)', { OPENROUTER_URL: 'http://127.0.0.1:9' }],
    ['ollama (ollama)', { OLLAMA_URL: 'http://127.0.0.1:11434' }],
  ])('have %s with %j, before the local one', async (expected, environment) => {
    expect(await names(environment)).toEqual([expected, 'local (local)']);
  });

  describe('with a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'threadline-file-'));
    afterAll(() => rmSync(folder, { recursive: true }));

    const withFile = (providers: unknown, environment: Record<string, string> = {}) => {
      const path = join(folder, 'providers.json');
      writeFileSync(path, JSON.stringify({ providers }));
      return loadConfig({ LLM_PROVIDERS_FILE: path, ...environment });
    };

    it('have further ones under their own names, with keys by reference', async () => {
      const config = withFile(
        {
          house: {
            type: 'openai',
            url: 'http://127.0.0.1:9/v1',
            apiKeyEnv: 'HOUSE_KEY',
            defaultModel: 'big',
          },
          cabin: { type: 'ollama', url: 'http://127.0.0.1:9' },
          manor: { type: 'anthropic', url: 'http://127.0.0.1:9' },
        },
        { HOUSE_KEY: 'secret' },
      );
      const models = await configuredModels(config);
      expect(models.map(({ provider }) => provider)).toEqual(['house', 'cabin', 'manor', 'local']);
      expect(models[0]!.defaultModel).toBe('big');
      expect(config.providers[0]!.apiKey).toBe('secret');
    });

    it('lay what it says of models over what is built in', async () => {
      const config = withFile(
        { openai: { models: { 'gpt-4o': { price: { input: 1, output: 1 } }, mine: { contextWindow: 5 } } } },
        { OPENAI_API_KEY: 'k' },
      );
      const { catalogue } = (await configuredModels(config))[0]!;
      expect(catalogue.find(({ id }) => id === 'gpt-4o')?.price).toEqual({ input: 1, output: 1 });
      expect(catalogue).toContainEqual({ id: 'mine', contextWindow: 5 });
    });

    it.each<[string, unknown, RegExp]>([
      ['a further one without an address', { house: { type: 'openai' } }, /house: needs `type` and `url`/],
      ['a key that is not set', { openai: { apiKeyEnv: 'NOBODY_SET_THIS' } }, /NOBODY_SET_THIS is not set/],
      ['a key in the file itself', { openai: { apiKey: 'sk-secret' } }, /Unrecognized key/],
      ['a type for a built-in one', { openai: { type: 'openai' } }, /built in/],
      ['a name that means a policy', { cheapest: { type: 'openai', url: 'http://x' } }, /something else/],
      ['a price below nothing', { openai: { models: { a: { price: { input: -1, output: 0 } } } } }, /price/],
    ])('refuse %s', (_, providers, message) => {
      expect(() => withFile(providers)).toThrow(message);
      expect(() => withFile(providers)).not.toThrow(/sk-secret/);
    });

    it('refuse a file that is not there, or not JSON', () => {
      expect(() => loadConfig({ LLM_PROVIDERS_FILE: join(folder, 'none.json') })).toThrow(/cannot be read/);
      writeFileSync(join(folder, 'bad.json'), '{');
      expect(() => loadConfig({ LLM_PROVIDERS_FILE: join(folder, 'bad.json') })).toThrow(/is not JSON/);
    });
  });
});
