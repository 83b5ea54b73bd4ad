import { inspect } from 'node:util';
import type { LanguageModel, ModelRequest } from '../../src/llm/index.js';
import { ollamaProvider } from '../../src/llm/providers/ollama/ollama-model.js';
import { describeProviderOverSocket } from '../contracts/language-model-wire.contract.js';
import { never, outcomeOf, partsOf, textOf, WITH_SETTINGS } from '../contracts/language-model.contract.js';
import {
  expectedRepeat,
  expectedText,
  expectedToolCalls,
  expectedVector,
  startOllamaStandIn,
  type Behaviour,
  type OllamaStandIn,
} from '../doubles/ollama-stand-in.js';
import { deadAddress, withServer } from '../doubles/stand-in-server.js';

const KEY = 'sk-very-private';

type Settings = Parameters<typeof ollamaProvider>[0];

function modelAt(url: string, settings: Partial<Settings> = {}): LanguageModel {
  return ollamaProvider({
    url,
    apiKey: KEY,
    connectTimeoutMs: 20_000,
    firstTokenTimeoutMs: 20_000,
    idleTimeoutMs: 20_000,
    ...settings,
  });
}

function asking(content: string, more: Partial<ModelRequest> = {}): ModelRequest {
  return { model: 'llama3:latest', messages: [{ role: 'user', content }], passages: [], ...more };
}

const text = expectedText(20);

describeProviderOverSocket('Ollama', {
  start: startOllamaStandIn,
  modelAt,
  asking,
  answers: [
    // Ollama has no filter: there it is an end like any other.
    ['an answer to a filter nobody has', { fault: 'content_filter' }, text, { reason: 'stop' }],
  ],
  failures: [
    ['a cut before the last line', { fault: 'cut_before_usage' }, 'PROVIDER_ERROR', 'server', text],
    ['a last line that does not come', { fault: 'stall_before_usage' }, 'PROVIDER_TIMEOUT', 'server', text],
    ['an error in the middle', { fault: 'error_frame', at: 7 }, 'PROVIDER_ERROR', 'server', expectedText(7)],
  ],
});

describe('the ollama provider', () => {
  let standIn: OllamaStandIn;

  beforeAll(async () => {
    standIn = await startOllamaStandIn();
  });

  afterAll(async () => {
    await standIn.close();
  });

  /** What comes of an answer of this behaviour. */
  function outcome(behaviour: Partial<Behaviour>) {
    standIn.script(behaviour);
    return outcomeOf(modelAt(standIn.url), asking('my private words'));
  }

  describe('is', () => {
    it('ollama, whose models cost nothing on a machine of one’s own', () => {
      const model = modelAt(standIn.url, { apiKey: undefined });
      expect(model).toMatchObject({ provider: 'ollama', type: 'ollama', defaultModel: 'llama3:latest' });
      expect(model.catalogue.map(({ price }) => price)).toEqual(
        model.catalogue.map(() => ({ input: 0, output: 0 })),
      );
    });

    it('of unknown price where a key is needed', () => {
      expect(modelAt(standIn.url).catalogue.every(({ price }) => price === undefined)).toBe(true);
    });

    it('what the operator says of it', () => {
      const model = modelAt(standIn.url, {
        name: 'gpu-box',
        apiKey: undefined,
        defaultModel: 'mine:latest',
        models: [
          { id: 'llama3:latest', contextWindow: 4_096, capabilities: { tools: true } },
          { id: 'other', price: { input: 1, output: 2 } },
        ],
      });
      expect(model).toMatchObject({ provider: 'gpu-box', defaultModel: 'mine:latest' });
      const facts = new Map(model.catalogue.map((known) => [known.id, known]));
      expect(facts.get('llama3:latest')).toMatchObject({
        contextWindow: 4_096,
        capabilities: { tools: true, json: true, vision: false },
      });
      expect(facts.get('other')).toMatchObject({ price: { input: 1, output: 2 } });
      expect(facts.get('mine:latest')).toMatchObject({ price: { input: 0, output: 0 } });
    });
  });

  describe('asks', () => {
    it('in the way of the streaming chat, with its key and the operator’s headers', async () => {
      const model = modelAt(standIn.url, { headers: { 'X-Team': 'blue', 'Content-Type': 'text/plain' } });
      await partsOf(model, asking('', WITH_SETTINGS));
      const { path, body, headers } = standIn.requests.at(-1)!;
      expect(path).toBe('/api/chat');
      expect(body).toEqual({
        model: 'llama3:latest',
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Hello \ufffd there' },
        ],
        stream: true,
        truncate: false,
        options: { temperature: 0.5, num_predict: 7 },
      });
      expect(headers).toMatchObject({
        authorization: `Bearer ${KEY}`,
        'x-team': 'blue',
        'content-type': 'application/json',
        'accept-encoding': 'identity',
      });
    });

    it('nothing of the environment', async () => {
      process.env['OLLAMA_API_KEY'] = KEY;
      process.env['OLLAMA_HOST'] = await deadAddress();
      try {
        const model = modelAt(standIn.url, { apiKey: undefined });
        await partsOf(model, asking('hello'));
        await model.embed!({ model: 'nomic-embed-text', inputs: ['a'] }, never());
      } finally {
        delete process.env['OLLAMA_API_KEY'];
        delete process.env['OLLAMA_HOST'];
      }
      for (const { headers } of standIn.requests.slice(-2)) {
        expect(JSON.stringify(headers)).not.toContain('private');
      }
    });

    it.each(['/', '/api', '/api/'])('below /api when its address ends in %s', async (end) => {
      const parts = await partsOf(modelAt(standIn.url + end), asking('[[tokens=2]]'));
      expect(textOf(parts)).toBe(expectedText(2));
    });

    it('a model that is known not to think without asking it to', async () => {
      const model = modelAt(standIn.url);
      await partsOf(model, asking('hello', { reasoningEffort: 'high' }));
      expect(standIn.requests.at(-1)!.body).not.toHaveProperty('think');
      await partsOf(model, asking('hello', { reasoningEffort: 'high', model: 'qwen3-vl:8b' }));
      expect(standIn.requests.at(-1)!.body).toHaveProperty('think', 'high');
    });

    it('nobody, where an image is only an address', async () => {
      const before = standIn.requests.length;
      const messages = [
        { role: 'user', content: 'look', images: ['https://example.com/private.png'] },
      ] as const;
      const asked = partsOf(modelAt(standIn.url), asking('', { messages }));
      await expect(asked).rejects.toMatchObject({ code: 'VALIDATION_FAILED', fault: 'request' });
      expect(standIn.requests.length).toBe(before);
    });
  });

  describe('hands over', () => {
    it('what the answer cost', async () => {
      const { parts } = await outcome({ tokens: 5, reasoning: 4 });
      const usage = { inputTokens: 4, outputTokens: 9, totalTokens: 13 };
      expect(parts.at(-1)).toEqual({ type: 'finish', reason: 'stop', usage });
    });

    it('tool calls, each once and with an id of its own', async () => {
      const { parts } = await outcome({ tokens: 2, tools: 4 });
      const calls = parts.flatMap((part) => (part.type === 'tool_call' ? [part.call] : []));
      expect(calls.map(({ name, arguments: given }) => [name, given])).toEqual(
        expectedToolCalls(4).map(({ name, arguments: given }) => [name, given]),
      );
      expect(new Set(calls.map(({ id }) => id)).size).toBe(4);
      expect(parts.at(-1)).toMatchObject({ type: 'finish', reason: 'tool_calls' });
    });

    it('what the model makes of what tools said, once it has called them', async () => {
      const model = modelAt(standIn.url);
      const tools = [0, 1].map((index) => ({ name: `tool_${index}`, parameters: { type: 'object' } }));
      const question = asking('[[tokens=1 tools=2 rounds=2]]', { tools });
      const messages = [...question.messages];
      for (let round = 1; round <= 2; round += 1) {
        const asked = await partsOf(model, { ...question, messages });
        const toolCalls = asked.flatMap((part) => (part.type === 'tool_call' ? [part.call] : []));
        expect(toolCalls).toHaveLength(2);
        messages.push({ role: 'assistant', content: textOf(asked), toolCalls });
        for (const [index, { id }] of toolCalls.entries()) {
          messages.push({ role: 'tool', toolCallId: id, content: `round ${round}: 東京 ${index}` });
        }
      }
      const parts = await partsOf(model, { ...question, messages });
      expect(textOf(parts)).toBe(expectedRepeat(['round 2: 東京 0', 'round 2: 東京 1']));
      expect(parts.at(-1)).toMatchObject({ reason: 'stop' });
      expect(standIn.requests.at(-1)!.body.messages!.at(-1)).toMatchObject({ tool_name: 'tool_1' });
    });
  });

  describe('fails with', () => {
    it('a server that is something else', async () => {
      await withServer(
        (_request, response) =>
          response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>No page</h1>'),
        async (url) => {
          const asked = partsOf(modelAt(url), asking('hello'));
          await expect(asked).rejects.toMatchObject({ code: 'PROVIDER_ERROR', fault: 'key' });
        },
      );
    });

    it('an error whose text has no end', async () => {
      await withServer(
        (_request, response) => {
          response.writeHead(500);
          const writing = setInterval(() => response.write('x'.repeat(65_536)), 1);
          response.once('close', () => clearInterval(writing));
        },
        async (url) => {
          const asked = partsOf(modelAt(url), asking('hello'));
          await expect(asked).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE', fault: 'server' });
        },
      );
    });
  });

  describe('when it is stopped', () => {
    it('closes the connection of a request for vectors, and throws the reason', async () => {
      standIn.script({ fault: 'hang' });
      const before = standIn.requests.length;
      const controller = new AbortController();
      const pending = modelAt(standIn.url).embed!({ model: 'a', inputs: ['a'] }, controller.signal);
      pending.catch(() => undefined);
      while (standIn.requests.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
      const reason = new Error('enough');
      controller.abort(reason);
      await expect(pending).rejects.toBe(reason);
      await standIn.requests.at(-1)!.closed;
    });
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
