import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { AppError, type ErrorCode } from '../../src/kernel/index.js';
import type { LanguageModel, ModelPart, ModelRequest } from '../../src/llm/index.js';
import { ollamaProvider } from '../../src/llm/providers/ollama/ollama-model.js';
import { describeLanguageModel, partsOf, textOf } from '../contracts/language-model.contract.js';
import {
  expectedReasoning,
  expectedRepeat,
  expectedText,
  expectedToolCalls,
  expectedVector,
  startOllamaStandIn,
  type Behaviour,
  type OllamaStandIn,
} from '../doubles/ollama-stand-in.js';

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

const never = () => new AbortController().signal;

describeLanguageModel('Ollama', async () => {
  const standIn = await startOllamaStandIn();
  return {
    model: modelAt(standIn.url),
    short: { request: asking('[[tokens=30]]'), text: expectedText(30) },
    long: asking('[[tokens=100000 delay=5]]'),
    torn: asking('[[tokens=40 fault=split_surrogate]]'),
    connectionClosed: () => standIn.requests.at(-1)!.closed,
    close: () => standIn.close(),
  };
});

describe('the ollama provider', () => {
  let standIn: OllamaStandIn;

  beforeAll(async () => {
    standIn = await startOllamaStandIn();
  });

  afterAll(async () => {
    await standIn.close();
  });

  /** The parts up to the end or the error, and the error. */
  async function outcome(behaviour: Partial<Behaviour>, model = modelAt(standIn.url)) {
    standIn.script(behaviour);
    const parts: ModelPart[] = [];
    let error: unknown;
    try {
      for await (const part of model.stream(asking('my private words'), never())) parts.push(part);
    } catch (thrown) {
      error = thrown;
    }
    return { parts, error };
  }

  /** Whatever a server of another kind answers. */
  async function withServer(answer: RequestListener, use: (url: string) => Promise<void>): Promise<void> {
    const server = createHttpServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    }
  }

  async function deadAddress(): Promise<string> {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    return `http://127.0.0.1:${port}`;
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
      const messages = [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello \ud83d there' },
      ] as const;
      const model = modelAt(standIn.url, { headers: { 'X-Team': 'blue', 'Content-Type': 'text/plain' } });
      await partsOf(model, asking('', { messages, temperature: 0.5, maxTokens: 7 }));
      const { path, body, headers } = standIn.requests.at(-1)!;
      expect(path).toBe('/api/chat');
      expect(body).toEqual({
        model: 'llama3:latest',
        messages: [messages[0], { role: 'user', content: 'Hello \ufffd there' }],
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

    it.each([
      ['over connections it has already', false],
      ['over the same connections even when its reader leaves at the finish', true],
    ])('%s', async (_name, leaves) => {
      const before = standIn.connections.total;
      const model = modelAt(standIn.url);
      for (let round = 0; round < 6; round += 1) {
        for await (const { type } of model.stream(asking('hello'), never())) {
          if (leaves && type === 'finish') break;
        }
      }
      // One that is just being handed back may make way for a second.
      expect(standIn.connections.total - before).toBeLessThan(3);
      expect(standIn.requests.slice(-6).map(({ closedAt }) => closedAt)).toEqual(Array(6).fill(undefined));
    });
  });

  it('gives the finish at the last line, and lets the server end the connection after it', async () => {
    standIn.script({ tokens: 2, fault: 'late_end' });
    for await (const { type } of modelAt(standIn.url).stream(asking('hello'), never())) {
      if (type === 'finish') break;
    }
    const asked = standIn.requests.at(-1)!;
    await asked.ended;
    expect(asked.closedAt).toBeUndefined();
  });

  describe('hands over', () => {
    const text = expectedText(20);
    const complete: readonly (readonly [string, Partial<Behaviour>, string, object])[] = [
      ['an answer', {}, text, { reason: 'stop' }],
      ['an answer cut at its limit', { fault: 'length' }, text, { reason: 'length' }],
      // Ollama has no filter: there it is an end like any other.
      ['an answer to a filter nobody has', { fault: 'content_filter' }, text, { reason: 'stop' }],
      ['characters cut between their bytes', { fault: 'split_utf8' }, text, { reason: 'stop' }],
      ['lines cut anywhere', { fault: 'split_lines' }, text, { reason: 'stop' }],
      ['pairs torn apart', { fault: 'split_surrogate' }, text, { reason: 'stop' }],
      ['an answer without its cost', { fault: 'no_usage' }, text, { usage: { estimated: true } }],
      ['an empty answer', { fault: 'empty' }, '', { reason: 'stop' }],
    ];

    it.each(complete)('%s', async (_name, behaviour, expected, finish) => {
      const { parts, error } = await outcome(behaviour);
      expect(error).toBeUndefined();
      expect(textOf(parts)).toBe(expected);
      expect(parts.filter(({ type }) => type === 'finish')).toHaveLength(1);
      expect(parts.at(-1)).toMatchObject(finish);
    });

    it('what the answer cost', async () => {
      const { parts } = await outcome({ tokens: 5, reasoning: 4 });
      const usage = { inputTokens: 4, outputTokens: 9, totalTokens: 13 };
      expect(parts.at(-1)).toEqual({ type: 'finish', reason: 'stop', usage });
    });

    it('thoughts apart from the text, before it', async () => {
      const { parts } = await outcome({ tokens: 5, reasoning: 4 });
      expect(textOf(parts, 'reasoning')).toBe(expectedReasoning(4));
      expect(textOf(parts)).toBe(expectedText(5));
      expect(parts[0]!.type).toBe('reasoning');
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

    it('tokens that arrive together as one part', async () => {
      const { parts } = await outcome({ tokens: 2_000, perWrite: 2_000 });
      expect(parts.length).toBeLessThan(200);
      expect(textOf(parts)).toBe(expectedText(2_000));
    });

    it('the first token before the second is written', async () => {
      standIn.script({ tokens: 2, fault: 'stall', at: 1 });
      const controller = new AbortController();
      const iterator = modelAt(standIn.url)
        .stream(asking('hello'), controller.signal)
        [Symbol.asyncIterator]();
      expect(await iterator.next()).toEqual({ done: false, value: { type: 'text', text: expectedText(1) } });
      controller.abort();
    });
  });

  describe('fails with', () => {
    const faults: readonly (readonly [string, Partial<Behaviour>, ErrorCode, string, string])[] = [
      ['a key that is not accepted', { fault: 'unauthorized' }, 'PROVIDER_ERROR', 'key', ''],
      ['an account that is used up', { fault: 'quota' }, 'PROVIDER_ERROR', 'key', ''],
      ['a request that is not accepted', { fault: 'bad_request' }, 'PROVIDER_ERROR', 'request', ''],
      ['an address that has moved', { fault: 'redirect' }, 'PROVIDER_ERROR', 'key', ''],
      ['an unknown model', { fault: 'unknown_model' }, 'UNKNOWN_MODEL', 'request', ''],
      ['a conversation that is too long', { fault: 'context_length' }, 'CONTEXT_TOO_LONG', 'request', ''],
      ['a wait that is asked for', { fault: 'rate_limit', retryAfter: 900 }, 'RATE_LIMITED', 'rate', ''],
      ['a server in trouble', { fault: 'server_error' }, 'PROVIDER_UNAVAILABLE', 'server', ''],
      ['a cut before the answer', { fault: 'cut_before_headers' }, 'PROVIDER_UNAVAILABLE', 'server', ''],
      ['a cut', { fault: 'cut', at: 7 }, 'PROVIDER_ERROR', 'server', expectedText(7)],
      ['a cut before any text', { fault: 'cut' }, 'PROVIDER_ERROR', 'server', ''],
      ['an end without a last line', { fault: 'no_finish' }, 'PROVIDER_ERROR', 'server', expectedText(20)],
      [
        'a cut before the last line',
        { fault: 'cut_before_usage' },
        'PROVIDER_ERROR',
        'server',
        expectedText(20),
      ],
      ['a line that is not JSON', { fault: 'malformed', at: 7 }, 'PROVIDER_ERROR', 'server', expectedText(7)],
      [
        'an error in the middle',
        { fault: 'error_frame', at: 7 },
        'PROVIDER_ERROR',
        'server',
        expectedText(7),
      ],
      [
        'a line that is too large',
        { fault: 'huge_frame', at: 7 },
        'PROVIDER_ERROR',
        'server',
        expectedText(7),
      ],
      [
        'a tool call that breaks off',
        { fault: 'tool_cut', tokens: 3, tools: 2 },
        'PROVIDER_ERROR',
        'server',
        expectedText(3),
      ],
      ['no answer at all', { fault: 'hang' }, 'PROVIDER_TIMEOUT', 'server', ''],
      ['no body', { fault: 'hang_after_headers' }, 'PROVIDER_TIMEOUT', 'server', ''],
      ['signs of life but no text', { fault: 'only_comments' }, 'PROVIDER_TIMEOUT', 'server', ''],
      ['silence in the middle', { fault: 'stall', at: 7 }, 'PROVIDER_TIMEOUT', 'server', expectedText(7)],
    ];

    it.each(faults)('%s', async (_name, behaviour, code, fault, text) => {
      const before = standIn.requests.length;
      const impatient = { firstTokenTimeoutMs: 1_500, idleTimeoutMs: 700 };
      const { parts, error } = await outcome(behaviour, modelAt(standIn.url, impatient));
      expect(error).toBeInstanceOf(AppError);
      expect(error).toMatchObject({ code, fault, retryable: fault === 'server' || fault === 'rate' });
      expect(textOf(parts)).toBe(text);
      expect(parts.filter(({ type }) => type !== 'text')).toEqual([]);
      // Whatever the server repeats of the prompt and the key stays out of the error and of its causes.
      expect(inspect(error, { depth: 10 })).not.toMatch(/private|secret words/);
      expect(standIn.requests.length - before).toBe(1);
    });

    it.each(['hang', 'hang_after_headers', 'stall'] as const)(
      'its connection closed, in a %s',
      async (fault) => {
        await outcome(
          { fault, at: 2 },
          modelAt(standIn.url, { firstTokenTimeoutMs: 500, idleTimeoutMs: 500 }),
        );
        await standIn.requests.at(-1)!.closed;
      },
    );

    it('the pause the server asks for, a minute at most', async () => {
      const { error } = await outcome({ fault: 'rate_limit', retryAfter: 900 });
      expect(error).toMatchObject({ code: 'RATE_LIMITED', retryAfter: 60 });
    });

    it('nobody there', async () => {
      const model = modelAt(await deadAddress());
      const unavailable = { code: 'PROVIDER_UNAVAILABLE', fault: 'server', retryable: true };
      await expect(partsOf(model, asking('hello'))).rejects.toMatchObject(unavailable);
      await expect(model.listModels(never())).rejects.toMatchObject(unavailable);
      await expect(model.embed!({ model: 'a', inputs: ['a'] }, never())).rejects.toMatchObject(unavailable);
    });

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
    it.each(['hang', 'hang_after_headers', 'stall'] as const)('wakes who waits, in a %s', async (fault) => {
      standIn.script({ fault, at: 0 });
      const before = standIn.requests.length;
      const controller = new AbortController();
      const iterator = modelAt(standIn.url)
        .stream(asking('hello'), controller.signal)
        [Symbol.asyncIterator]();
      const pending = iterator.next();
      pending.catch(() => undefined);
      while (standIn.requests.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
      const reason = new Error('enough');
      controller.abort(reason);
      await expect(pending).rejects.toBe(reason);
      await standIn.requests.at(-1)!.closed;
    });

    it('closes the connection under a read that is pending when its reader returns', async () => {
      standIn.script({ fault: 'stall', at: 1 });
      const iterator = modelAt(standIn.url).stream(asking('hello'), never())[Symbol.asyncIterator]();
      await iterator.next();
      const pending = iterator.next();
      expect(await iterator.return!()).toEqual({ done: true, value: undefined });
      expect(await pending).toEqual({ done: true, value: undefined });
      await standIn.requests.at(-1)!.closed;
    });

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

  it('does not count the time its reader takes', async () => {
    standIn.script({ tokens: 30, delay: 30 });
    const parts: ModelPart[] = [];
    const model = modelAt(standIn.url, { idleTimeoutMs: 200 });
    for await (const part of model.stream(asking('hello'), never())) {
      if (parts.length === 2) await new Promise((resolve) => setTimeout(resolve, 500));
      parts.push(part);
    }
    expect(textOf(parts)).toBe(expectedText(30));
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
