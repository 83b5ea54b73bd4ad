import { inspect } from 'node:util';
import { never } from '../contracts/language-model.contract.js';
import {
  expectedText,
  expectedVector,
  startOllamaStandIn,
  type OllamaStandIn,
} from '../doubles/ollama-stand-in.js';
import { withServer } from '../doubles/stand-in-server.js';
import { KEY, modelAt } from '../support/ollama.js';

describe('the ollama provider', () => {
  let standIn: OllamaStandIn;

  beforeAll(async () => {
    standIn = await startOllamaStandIn();
  });

  afterAll(async () => {
    await standIn.close();
  });

  describe('lists models', () => {
    it('with what the server says each can do, and the window it is run with', async () => {
      const models = await modelAt(standIn.url, { apiKey: undefined }).listModels(never());
      const price = { input: 0, output: 0 };
      const text = { streaming: true, tools: false, json: true, vision: false, reasoning: false };
      expect(models).toEqual([
        { id: 'llama3:latest', contextWindow: 8_192, capabilities: text, price },
        { id: 'mistral:latest', contextWindow: 32_768, capabilities: { ...text, tools: true }, price },
        {
          id: 'qwen3-vl:8b',
          contextWindow: 16_384,
          capabilities: { ...text, tools: true, vision: true, reasoning: true },
          price,
        },
        {
          id: 'nomic-embed-text:latest',
          isEmbedding: true,
          contextWindow: 2_048,
          capabilities: { ...text, streaming: false, json: false },
          price,
        },
      ]);
    });

    it('with no more than the list says where the server says no more, and asks about 20 at most', async () => {
      let asked = 0;
      const names = Array.from({ length: 30 }, (_, index) => `model-${index}`);
      const models = names.map((name) => ({ name, capabilities: ['completion', 'vision'] }));
      await withServer(
        (request, response) => {
          if (request.url === '/api/tags') return void response.end(JSON.stringify({ models }));
          asked += 1;
          response.writeHead(500).end('{"error":"not now"}');
        },
        async (url) => {
          const listed = await modelAt(url).listModels(never());
          const capabilities = { streaming: true, tools: false, json: true, vision: true, reasoning: false };
          expect(listed).toEqual(names.map((id) => ({ id, capabilities })));
          expect(asked).toBe(20);
        },
      );
    });

    it.each([
      ['null', { models: null }, []],
      [
        'names twice, of no use or absent',
        { models: [{ name: 'a' }, { name: 'a' }, {}, null, { name: 7 }] },
        ['a'],
      ],
    ])('where the list is %s', async (_name, list, ids) => {
      await withServer(
        (_request, response) => response.end(JSON.stringify(list)),
        async (url) => {
          expect((await modelAt(url).listModels(never())).map(({ id }) => id)).toEqual(ids);
        },
      );
    });

    it.each([
      ['no list', '{"secret":"secret words"}'],
      ['no JSON', 'secret words'],
      ['larger than any list', `{"models":[],"secret":"${'x'.repeat(4_200_000)}"}`],
    ])('unless it is %s', async (_name, body) => {
      await withServer(
        (_request, response) => response.end(body),
        async (url) => {
          const error: unknown = await modelAt(url)
            .listModels(never())
            .catch((thrown: unknown) => thrown);
          expect(error).toMatchObject({ code: 'PROVIDER_ERROR', fault: 'server' });
          expect(inspect(error, { depth: 10 })).not.toContain('secret');
        },
      );
    });

    it('unless the server does not answer in time', async () => {
      await withServer(
        () => undefined,
        async (url) => {
          const asked = modelAt(url, { firstTokenTimeoutMs: 300 }).listModels(never());
          await expect(asked).rejects.toMatchObject({ code: 'PROVIDER_TIMEOUT', fault: 'server' });
        },
      );
    });

    it('unless it is stopped, even while it asks about each', async () => {
      const reason = new Error('enough');
      const controller = new AbortController();
      await withServer(
        (request, response) => {
          if (request.url === '/api/tags') response.end('{"models":[{"name":"a"}]}');
          else controller.abort(reason);
        },
        async (url) => {
          await expect(modelAt(url).listModels(controller.signal)).rejects.toBe(reason);
        },
      );
    });
  });

  describe('makes vectors', () => {
    it('one for each input, in their order, and says what they cost', async () => {
      const inputs = ['one', 'two 東京', 'half \ud83d'];
      const { vectors, usage } = await modelAt(standIn.url).embed!({ model: 'nomic', inputs }, never());
      expect(vectors).toEqual([...inputs.slice(0, 2), 'half \ufffd'].map((input) => expectedVector(input)));
      expect(usage).toEqual({ inputTokens: 4, outputTokens: 0, totalTokens: 4 });
      const { path, body, headers } = standIn.requests.at(-1)!;
      expect(path).toBe('/api/embed');
      expect(body).toEqual({ model: 'nomic', input: ['one', 'two 東京', 'half \ufffd'] });
      expect(headers.authorization).toBe(`Bearer ${KEY}`);
    });

    it('of the length that is asked for', async () => {
      const request = { model: 'nomic', inputs: ['one'], dimensions: 8 };
      const { vectors } = await modelAt(standIn.url).embed!(request, never());
      expect(vectors[0]).toHaveLength(8);
    });

    it('whose cost is estimated where the server does not say', async () => {
      standIn.script({ fault: 'no_usage' });
      const { usage } = await modelAt(standIn.url).embed!({ model: 'nomic', inputs: ['12345678'] }, never());
      expect(usage).toEqual({ inputTokens: 2, outputTokens: 0, totalTokens: 2, estimated: true });
    });

    it.each([
      ['fewer than asked for', { fault: 'empty' }, 'PROVIDER_ERROR', 'server'],
      ['an answer that is cut', { fault: 'malformed' }, 'PROVIDER_ERROR', 'server'],
      ['an unknown model', { fault: 'unknown_model' }, 'UNKNOWN_MODEL', 'request'],
      ['a text that is too long', { fault: 'context_length' }, 'CONTEXT_TOO_LONG', 'request'],
      ['too many requests', { fault: 'rate_limit', retryAfter: 3 }, 'RATE_LIMITED', 'rate'],
      ['a key that is not accepted', { fault: 'unauthorized' }, 'PROVIDER_ERROR', 'key'],
      ['a server in trouble', { fault: 'server_error' }, 'PROVIDER_UNAVAILABLE', 'server'],
      ['no answer', { fault: 'hang' }, 'PROVIDER_TIMEOUT', 'server'],
    ] as const)('unless it meets %s', async (_name, behaviour, code, fault) => {
      standIn.script(behaviour);
      const model = modelAt(standIn.url, { firstTokenTimeoutMs: 1_000 });
      const error: unknown = await model.embed!(
        { model: 'nomic', inputs: ['my private words'] },
        never(),
      ).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code, fault });
      expect(inspect(error, { depth: 10 })).not.toMatch(/private|secret words/);
    });

    it.each([
      ['vectors of different lengths', [[1, 2], [1]]],
      [
        'numbers that are none',
        [
          [1, null],
          [1, 2],
        ],
      ],
      ['empty vectors', [[], []]],
    ])('unless it gets %s', async (_name, embeddings) => {
      await withServer(
        (_request, response) => response.end(JSON.stringify({ embeddings })),
        async (url) => {
          const asked = modelAt(url).embed!({ model: 'nomic', inputs: ['a', 'b'] }, never());
          await expect(asked).rejects.toMatchObject({ code: 'PROVIDER_ERROR', fault: 'server' });
        },
      );
    });
  });
});

describe('the stand-in for Ollama', () => {
  it('answers in one piece when asked to, and says which version it is', async () => {
    const standIn = await startOllamaStandIn({ behaviour: { tokens: 4 } });
    try {
      const ask = async (path: string, body?: object) => {
        const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
        return await (await fetch(standIn.url + path, init)).json();
      };
      const messages = [{ role: 'user', content: 'hello [[tools=1]]' }];
      expect(await ask('/api/chat', { model: 'a', messages, stream: false })).toMatchObject({
        done: true,
        done_reason: 'stop',
        message: {
          content: expectedText(4),
          tool_calls: [{ function: { name: 'tool_0', arguments: { city: '東京' } } }],
        },
      });
      expect(await ask('/api/version')).toHaveProperty('version');
      expect(await ask('/api/show', { model: 'nobody' })).toHaveProperty('error');
    } finally {
      await standIn.close();
    }
  });
});
