import type { ModelRequest } from '../../src/llm/index.js';
import { describeProviderOverSocket } from '../contracts/language-model-wire.contract.js';
import { never, outcomeOf, partsOf, textOf, WITH_SETTINGS } from '../contracts/language-model.contract.js';
import {
  expectedRepeat,
  expectedText,
  expectedToolCalls,
  startOllamaStandIn,
  type Behaviour,
  type OllamaStandIn,
} from '../doubles/ollama-stand-in.js';
import { deadAddress, withServer } from '../doubles/stand-in-server.js';
import { KEY, modelAt } from '../support/ollama.js';

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
});
