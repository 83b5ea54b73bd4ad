import { Test } from '@nestjs/testing';
import { ConfigModule, loadConfig } from '../platform/config/index.js';
import { LlmModule, ModelDirectory } from './index.js';

async function directoryWith(environment: Record<string, string>): Promise<ModelDirectory> {
  const config = loadConfig(environment);
  const module = await Test.createTestingModule({
    imports: [ConfigModule.with(config), LlmModule],
  }).compile();
  return module.get(ModelDirectory);
}

describe('the llm module', () => {
  it('answers by itself when nothing is configured', async () => {
    const directory = await directoryWith({});
    expect([directory.current(), directory.configured()]).toEqual(['local', ['local']]);
    expect(() => directory.resolve({ provider: 'openai' })).toThrow(
      expect.objectContaining({ code: 'PROVIDER_NOT_CONFIGURED' }),
    );
  });

  it.each([
    { OPENAI_API_KEY: 'sk-test' },
    { OPENAI_URL: 'http://127.0.0.1:9/v1' },
    { OPENAI_API_URL: 'http://127.0.0.1:9/v1/chat/completions' },
  ])('prefers openai with %j', async (environment) => {
    const directory = await directoryWith(environment);
    expect([directory.current(), directory.configured()]).toEqual(['openai', ['openai', 'local']]);
  });

  it('does not boot with a default provider that it cannot ask', async () => {
    await expect(directoryWith({ DEFAULT_PROVIDER: 'openai' })).rejects.toThrow(/DEFAULT_PROVIDER/);
  });
});
