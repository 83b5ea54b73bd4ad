import { ModelError } from '../core/model-error.js';
import type { LanguageModel } from '../ports/language-model.js';
import { probeProviders } from './probe-providers.js';

const refusing: LanguageModel = {
  provider: 'openai',
  type: 'openai',
  defaultModel: 'm',
  catalogue: [],
  stream: () => {
    throw new Error('nobody asks here');
  },
  listModels: () =>
    Promise.reject(
      new ModelError('key', 'PROVIDER_ERROR', 'Not with this key.', { cause: new Error('sk-secret') }),
    ),
};

const answering: LanguageModel = {
  ...refusing,
  provider: 'local',
  type: 'local',
  listModels: () => Promise.resolve([{ id: 'quotes' }]),
};

describe('the probe of all providers', () => {
  it('is fine when nobody is down', async () => {
    const { text, ok } = await probeProviders([answering], 'table');
    expect(ok).toBe(true);
    const [heading, line, ...rest] = text.split('\n');
    expect(heading).toMatch(/^provider +type +state +latency +models +error$/);
    expect(line).toMatch(/^local +local +up +\d+ ms +1 +-$/);
    expect(rest).toEqual([]);
  });

  it('is not when one is, and says why without its secrets', async () => {
    const { text, ok } = await probeProviders([refusing, answering], 'table');
    expect(ok).toBe(false);
    expect(text).toMatch(/^openai +openai +down +\d+ ms +- +PROVIDER_ERROR$/m);
    expect(text).not.toContain('sk-secret');
  });

  it('says the same to programs', async () => {
    const { text, ok } = await probeProviders([refusing, answering], 'json');
    expect(ok).toBe(false);
    expect(JSON.parse(text)).toEqual({
      providers: [
        {
          provider: 'openai',
          type: 'openai',
          state: 'down',
          latencyMs: expect.any(Number) as unknown,
          models: null,
          error: 'PROVIDER_ERROR',
        },
        {
          provider: 'local',
          type: 'local',
          state: 'up',
          latencyMs: expect.any(Number) as unknown,
          models: 1,
          error: null,
        },
      ],
    });
    expect(text).not.toContain('sk-secret');
  });
});
