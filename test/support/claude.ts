import type { LanguageModel, ModelRequest } from '../../src/llm/index.js';
import type { ClaudeSettings } from '../../src/llm/providers/claude/claude-client.js';
import { claudeProvider } from '../../src/llm/providers/claude/claude-model.js';

const KEY = 'sk-ant-very-private';
/** The version of Anthropic’s API that is asked. */
export const VERSION = '2023-06-01';
/** Which model is asked. */
export const MODEL = 'claude-haiku-4-5';

/** A model of the server at this address. */
export function modelAt(url: string | undefined, settings: Partial<ClaudeSettings> = {}): LanguageModel {
  return claudeProvider({
    apiKey: KEY,
    url,
    version: VERSION,
    connectTimeoutMs: 10_000,
    firstTokenTimeoutMs: 20_000,
    idleTimeoutMs: 20_000,
    ...settings,
  });
}

/** A request with this question. */
export function asking(content: string, more: Partial<ModelRequest> = {}): ModelRequest {
  return { model: MODEL, messages: [{ role: 'user', content }], passages: [], ...more };
}
