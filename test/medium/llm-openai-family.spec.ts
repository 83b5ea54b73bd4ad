import { inspect } from 'node:util';
import type { LanguageModel, ModelRequest } from '../../src/llm/index.js';
import { describeProviderOverSocket } from '../contracts/language-model-wire.contract.js';
import { outcomeOf, partsOf, textOf } from '../contracts/language-model.contract.js';
import {
  expectedRepeat,
  expectedText,
  expectedToolCalls,
  startOpenAiStandIn,
  type OpenAiStandIn,
} from '../doubles/openai-stand-in.js';
import { withServer } from '../doubles/stand-in-server.js';
import { sized } from '../support/size.js';
import {
  compatibleModel,
  groqModel,
  KEY,
  makers,
  openAiModel,
  openRouterModel,
  times,
} from '../support/openai-family.js';

function asking(content: string, more: Partial<ModelRequest> = {}): ModelRequest {
  return { model: 'some-model', messages: [{ role: 'user', content }], passages: [], ...more };
}

// OpenAI itself is asked in its own spec.
for (const name of sized(['groq'], ['groq', 'openrouter', 'mine'])) {
  describeProviderOverSocket(name, { start: startOpenAiStandIn, modelAt: makers[name]!, asking });
}

describe('the family of openai', () => {
  let standIn: OpenAiStandIn;

  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
  });

  afterAll(async () => {
    await standIn.close();
  });

  it.each(Object.entries(makers))('goes round with tools, at %s', async (name, make) => {
    const tools = [{ name: 'tool_0', parameters: { type: 'object', properties: {} } }];
    const question = { role: 'user', content: 'How is it? [[tools=2 tokens=3 reasoning=2]]' } as const;
    const model = make(standIn.url);
    const first = await partsOf(model, asking('', { messages: [question], tools }));
    const toolCalls = first.flatMap((part) => (part.type === 'tool_call' ? [part.call] : []));
    expect(toolCalls).toEqual(expectedToolCalls(2));
    const messages: ModelRequest['messages'] = [
      question,
      { role: 'assistant', content: textOf(first), toolCalls, reasoning: textOf(first, 'reasoning') },
      ...toolCalls.map(({ id }) => ({ role: 'tool', toolCallId: id, content: `sunny at ${id}` }) as const),
    ];
    const second = await partsOf(model, asking('', { messages, tools }));
    expect(textOf(second)).toBe(expectedRepeat(['sunny at call_0', 'sunny at call_1']));
    expect(second.at(-1)).toMatchObject({ type: 'finish', reason: 'stop' });
    const sent = standIn.requests.at(-1)!.body.messages;
    expect(sent.slice(2)).toEqual([
      { role: 'tool', tool_call_id: 'call_0', content: 'sunny at call_0' },
      { role: 'tool', tool_call_id: 'call_1', content: 'sunny at call_1' },
    ]);
    const takesItAs = {
      openai: 'reasoning_content',
      mine: 'reasoning_content',
      groq: 'reasoning',
      openrouter: 'reasoning',
    };
    expect(sent[1]).toMatchObject({ [takesItAs[name as keyof typeof takesItAs]]: 'thought 0, thought 1, ' });
  });

  it('can be made to go round several times', async () => {
    const model = makers['openai']!(standIn.url);
    const messages: ModelRequest['messages'][number][] = [
      { role: 'user', content: '[[tools=1 rounds=3 tokens=0]]' },
    ];
    const reasons: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      const parts = await partsOf(model, asking('', { messages }));
      const toolCalls = parts.flatMap((part) => (part.type === 'tool_call' ? [part.call] : []));
      reasons.push(toolCalls.length > 0 ? 'call' : textOf(parts));
      messages.push({ role: 'assistant', content: '', toolCalls });
      messages.push({ role: 'tool', toolCallId: 'call_0', content: `round ${round}` });
    }
    expect(reasons).toEqual(['call', 'call', 'call', expectedRepeat(['round 2'])]);
  });

  it('brings images to the provider', async () => {
    const image = `data:image/png;base64,${'A'.repeat(2_000_000)}`;
    const messages: ModelRequest['messages'] = [{ role: 'user', content: '[[tokens=2]]', images: [image] }];
    expect(textOf(await partsOf(makers['openai']!(standIn.url), asking('', { messages })))).toBe(
      expectedText(2),
    );
    expect(standIn.requests.at(-1)!.body.messages[0]!.content).toEqual([
      { type: 'text', text: '[[tokens=2]]' },
      { type: 'image_url', image_url: { url: image } },
    ]);
  });

  it('tells OpenRouter which application asks', async () => {
    const model = openRouterModel({
      apiKey: KEY,
      url: standIn.url,
      referer: 'https://chat.example.org',
      title: 'Thread–line',
      ...times,
    });
    await partsOf(model, asking('hello'));
    expect(standIn.requests.at(-1)!.headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      'http-referer': 'https://chat.example.org',
      'x-title': 'Thread?line',
    });
  });

  it('sends the headers an operator wants, even in place of the key', async () => {
    const headers = { 'X-Team': 'blue', Authorization: 'Basic abc' };
    await partsOf(
      compatibleModel({ name: 'mine', apiKey: KEY, url: standIn.url, headers, ...times }),
      asking('hello'),
    );
    expect(standIn.requests.at(-1)!.headers).toMatchObject({ 'x-team': 'blue', authorization: 'Basic abc' });
  });

  const answering = (body: object, use: (url: string) => Promise<void>) =>
    withServer(
      (_request, response) =>
        response
          .writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
          .end(JSON.stringify(body)),
      use,
    );

  it('understands an error that is no stream', () =>
    answering({ error: { message: 'secret', code: 429 } }, async (url) => {
      const { error } = await outcomeOf(makers['openrouter']!(url), asking('hello'));
      expect(error).toMatchObject({ code: 'RATE_LIMITED', fault: 'rate' });
      expect(inspect(error, { depth: 10 })).not.toContain('secret');
    }));

  it('takes a whole completion for the answer', () =>
    answering(
      { id: 'x', object: 'chat.completion', choices: [{ message: { content: 'the whole' } }] },
      async (url) => {
        const { error, parts } = await outcomeOf(makers['openrouter']!(url), asking('hello'));
        expect(error).toBeUndefined();
        expect(parts).toContainEqual(expect.objectContaining({ text: 'the whole' }));
      },
    ));

  describe('knows', () => {
    const factsOf = (model: LanguageModel, id: string) => model.catalogue.find((facts) => facts.id === id);
    const official = { apiKey: KEY, ...times };

    it.each([
      [openAiModel(official), ['gpt-4o', 'gpt-4o-mini', 'gpt-4-turbo', 'gpt-4', 'gpt-3.5-turbo']],
      [groqModel(official), ['llama-3.3-70b-versatile']],
      [
        openRouterModel(official),
        ['anthropic/claude-3.5-sonnet', 'openai/gpt-4o', 'meta-llama/llama-3.1-70b-instruct'],
      ],
    ])('the models of %#', ({ catalogue, defaultModel, type }, ids) => {
      expect(type).toBe('openai');
      expect(catalogue.map(({ id }) => id)).toEqual(expect.arrayContaining([...ids, defaultModel]));
      expect(new Set(catalogue.map(({ id }) => id)).size).toBe(catalogue.length);
      for (const { contextWindow = 8_192, price = { input: 1, output: 1 } } of catalogue) {
        expect(contextWindow).toBeGreaterThan(8_000);
        expect(price.input).toBeGreaterThan(0);
        expect(price.cachedInput ?? 0).toBeLessThanOrEqual(price.input);
      }
    });

    it('what they cost and can do', () => {
      expect(factsOf(openAiModel(official), 'gpt-4o-mini')).toEqual({
        id: 'gpt-4o-mini',
        contextWindow: 128_000,
        capabilities: { streaming: true, tools: true, json: true, vision: true, reasoning: false },
        price: { input: 0.15, output: 0.6, cachedInput: 0.075 },
      });
      expect(factsOf(openAiModel(official), 'text-embedding-3-small')?.price?.input).toBe(0.02);
    });

    it('nothing of a server that stands in for OpenAI, but what the operator says', () => {
      const { catalogue } = openAiModel({ ...official, url: 'http://127.0.0.1:9/v1' });
      expect(catalogue).toEqual([{ id: 'gpt-4o-mini' }]);
      const models = [{ id: 'llama', contextWindow: 4_096 }];
      const mine = compatibleModel({ ...official, name: 'mine', url: 'http://127.0.0.1:9/v1', models });
      expect([mine.provider, mine.defaultModel, mine.catalogue]).toEqual(['mine', 'llama', models]);
    });

    it('the operator to know better', () => {
      const models = [{ id: 'llama-3.1-8b-instant', price: { input: 1, output: 2 } }];
      const groq = groqModel({ ...official, models, defaultModel: 'new-model' });
      expect(factsOf(groq, 'llama-3.1-8b-instant')).toMatchObject({
        contextWindow: 131_072,
        price: { input: 1, output: 2 },
      });
      expect(factsOf(groq, 'new-model')).toEqual({ id: 'new-model' });
    });
  });
});
