import { startOllamaStandIn } from '../doubles/ollama-stand-in.js';
import { startOpenAiStandIn } from '../doubles/openai-stand-in.js';
import { startTestServer } from '../support/test-server.js';

describe('a server that lists its own models', () => {
  it('is asked for one of those where nobody names a model, by the default and by every policy', async () => {
    const standIn = await startOpenAiStandIn({ models: [{ id: 'Qwen/Qwen3-8B' }] });
    try {
      for (const LLM_POLICY of ['default', 'cheapest', 'fastest']) {
        const server = await startTestServer({ OPENAI_URL: standIn.url, LLM_POLICY });
        try {
          const alice = await server.user();
          const threadId = await alice.newThread();
          const { status, body } = await alice.ask('POST', `/chat/threads/${threadId}/messages`, {
            content: 'Hello [[tokens=2]]',
          });
          expect([LLM_POLICY, status, body.message.model]).toEqual([LLM_POLICY, 201, 'Qwen/Qwen3-8B']);
          const { data } = (await alice.ask('GET', '/v1/models')).body;
          expect(data.map(({ id }: { id: string }) => id)).toEqual([
            'openai/Qwen/Qwen3-8B',
            'local/quotes',
            'local/hash-384',
          ]);
        } finally {
          await server.close();
        }
      }
    } finally {
      await standIn.close();
    }
  });

  it('is asked for the one that the operator names, whatever it lists', async () => {
    const standIn = await startOllamaStandIn();
    const server = await startTestServer({ OLLAMA_URL: standIn.url, DEFAULT_MODEL: 'ollama/not-listed' });
    try {
      const alice = await server.user();
      const { body } = await alice.ask('POST', '/chat', { message: 'Hello [[tokens=2]]' });
      expect([body.provider, body.model]).toEqual(['ollama', 'not-listed']);
    } finally {
      await server.close();
      await standIn.close();
    }
  });
});
