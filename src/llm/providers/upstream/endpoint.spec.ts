import { claudeProvider } from '../claude/claude-model.js';
import { groqProvider } from '../groq/groq-provider.js';
import { ollamaProvider } from '../ollama/ollama-model.js';
import { openAiProvider } from '../openai/openai-provider.js';
import { openRouterProvider } from '../openrouter/openrouter-provider.js';
import type { LanguageModel } from '../../ports/language-model.js';
import { withServer } from '../../../../test/doubles/stand-in-server.js';

const times = { connectTimeoutMs: 2_000, firstTokenTimeoutMs: 2_000, idleTimeoutMs: 2_000 };
const settings = (url: string) => ({ url, apiKey: 'key', ...times });

const providers: readonly (readonly [
  name: string,
  make: (url: string) => LanguageModel,
  path: string,
  expected: string,
])[] = [
  ['openai', (url) => openAiProvider(settings(url)), '/v1', '/v1/chat/completions'],
  ['openai without a path', (url) => openAiProvider(settings(url)), '', '/v1/chat/completions'],
  ['groq', (url) => groqProvider(settings(url)), '/v1/', '/v1/chat/completions'],
  ['openrouter', (url) => openRouterProvider(settings(url)), '/api/v1', '/api/v1/chat/completions'],
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
