import type { LanguageModel } from '../../src/llm/index.js';
import { ollamaProvider } from '../../src/llm/providers/ollama/ollama-model.js';

/** The key of the models. */
export const KEY = 'sk-very-private';

type Settings = Parameters<typeof ollamaProvider>[0];

/** A model of the server at this address. */
export function modelAt(url: string, settings: Partial<Settings> = {}): LanguageModel {
  return ollamaProvider({
    url,
    apiKey: KEY,
    connectTimeoutMs: 20_000,
    firstTokenTimeoutMs: 20_000,
    idleTimeoutMs: 20_000,
    ...settings,
  });
}
