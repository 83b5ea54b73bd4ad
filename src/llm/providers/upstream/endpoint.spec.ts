import { claudeProvider } from '../claude/claude-model.js';
import { groqProfile } from '../groq/groq-provider.js';
import { ollamaProvider } from '../ollama/ollama-model.js';
import { OpenAiModel } from '../openai/openai-model.js';
import { openAiProfile, type OpenAiProfile } from '../openai/openai-profile.js';
import { openRouterProfile } from '../openrouter/openrouter-provider.js';
import type { LanguageModel } from '../../ports/language-model.js';
import { withServer } from '../../../../test/doubles/stand-in-server.js';

const times = { connectTimeoutMs: 2_000, firstTokenTimeoutMs: 2_000, idleTimeoutMs: 2_000 };
const settings = (url: string) => ({ url, apiKey: 'key', ...times });
type Settings = ReturnType<typeof settings>;
const openAiAt = (url: string, profileOf: (settings: Settings) => OpenAiProfile) =>
  new OpenAiModel(settings(url), profileOf(settings(url)));

const providers: readonly (readonly [
  name: string,
  make: (url: string) => LanguageModel,
  path: string,
  expected: string,
])[] = [
  ['openai', (url) => openAiAt(url, openAiProfile), '/v1', '/v1/chat/completions'],
  ['openai without a path', (url) => openAiAt(url, openAiProfile), '', '/v1/chat/completions'],
  ['groq', (url) => openAiAt(url, groqProfile), '/v1/', '/v1/chat/completions'],
  ['openrouter', (url) => openAiAt(url, openRouterProfile), '/api/v1', '/api/v1/chat/completions'],
  ['claude', (url) => claudeProvider({ ...settings(url), version: '2023-06-01' }), '/v1', '/v1/messages'],
  ['ollama', (url) => ollamaProvider(settings(url)), '/api', '/api/chat'],
];

describe.each(providers)('the address of %s', (_name, make, path, expected) => {
  it('keeps what stands behind its `?` on every request', async () => {
    const asked: string[] = [];
    await withServer(
      (request, response) => {
        asked.push(request.url ?? '');
        response.writeHead(500).end();
      },
      async (url) => {
        const model = make(`${url}${path}?api-version=2024-10&key=a%2Fb&key=c`);
        const { signal } = new AbortController();
        const request = { model: 'm', messages: [{ role: 'user', content: 'Hi' } as const], passages: [] };
        await model
          .stream(request, signal)
          [Symbol.asyncIterator]()
          .next()
          .catch(() => undefined);
        await model.listModels(signal).catch(() => undefined);
      },
    );
    expect(asked[0]).toBe(`${expected}?api-version=2024-10&key=a%2Fb&key=c`);
    expect(asked.at(-1)).toContain('?api-version=2024-10&key=a%2Fb&key=c');
    expect(asked.length).toBeGreaterThan(1);
  });
});
