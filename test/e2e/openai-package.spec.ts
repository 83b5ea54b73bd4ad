import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import {
  expectedReasoning,
  expectedRepeat,
  expectedText,
  expectedToolCalls,
  expectedVector,
} from '../doubles/openai-stand-in.js';
import { type Chunk, failure, MODEL, textOf, user } from '../support/openai-package.js';
import { stage } from '../support/stage.js';
import { startTestServer } from '../support/test-server.js';

type Tool = OpenAI.ChatCompletionFunctionTool;

const tools: Tool[] = expectedToolCalls(3).map(({ name }) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}));

async function all(stream: AsyncIterable<Chunk>): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

describe('the openai package', () => {
  const on = stage();
  const client = (apiKey = on.alice.token, baseURL = on.server.url) =>
    new OpenAI({ apiKey, baseURL: `${baseURL}/v1`, maxRetries: 0 });
  const completions = () => client().chat.completions;

  it('lists the models of every provider under names it can ask them by', async () => {
    const { data: models } = await client().models.list();
    const ids = models.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([MODEL, 'openai/gpt-4o']));
    expect(ids.some((id) => id.startsWith('local/'))).toBe(true);
    expect(models.find(({ id }) => id === MODEL)).toEqual({
      id: MODEL,
      object: 'model',
      created: expect.any(Number),
      owned_by: 'openai',
    });
  });

  it('reads a model by its name with the slash, or by its own, and is told that another is not there', async () => {
    expect((await client().models.retrieve(MODEL)).id).toBe(MODEL);
    expect((await client().models.retrieve('gpt-4o')).id).toBe('openai/gpt-4o');
    expect((await client().models.retrieve('local/quotes')).owned_by).toBe('local');
    for (const name of ['openai/no-such-model', 'no-such-model', 'groq/llama', 'nobody/else/at/all']) {
      const error = await failure(client().models.retrieve(name));
      expect(error).toBeInstanceOf(OpenAI.NotFoundError);
      expect([error.code, error.type]).toEqual(['NOT_FOUND', 'not_found_error']);
    }
  });

  it('gets a whole answer, with what it cost', async () => {
    const answer = await completions().create({
      model: MODEL,
      messages: [{ role: 'developer', content: 'Be brief.' }, ...user('Hello [[tokens=7 reasoning=2]]')],
      temperature: 0.5,
      max_completion_tokens: 500,
    });
    expect(answer).toMatchObject({ object: 'chat.completion', model: MODEL });
    expect(answer.choices).toHaveLength(1);
    expect(answer.choices[0]).toMatchObject({ index: 0, finish_reason: 'stop', logprobs: null });
    expect(answer.choices[0]!.message).toEqual({
      role: 'assistant',
      content: expectedText(7),
      reasoning_content: expectedReasoning(2),
      refusal: null,
    });
    expect(answer.usage).toMatchObject({
      completion_tokens: 9,
      total_tokens: answer.usage!.prompt_tokens + 9,
    });
    const { body } = on.standIn.requests.at(-1)!;
    expect(body).toMatchObject({ model: 'gpt-4o-mini', temperature: 0.5 });
    expect(body.messages.map(({ role, content }) => [role, content])).toEqual([
      ['system', 'Be brief.'],
      ['user', 'Hello [[tokens=7 reasoning=2]]'],
    ]);
  });

  it('gets the same in pieces, under one id, and what it cost at the end if it asks', async () => {
    const request = { model: 'gpt-4o-mini', messages: user('Hello [[tokens=50]]'), stream: true } as const;
    const plain = await all(await completions().create(request));
    expect(textOf(plain)).toBe(expectedText(50));
    expect(new Set(plain.map(({ id, created, model }) => `${id} ${created} ${model}`)).size).toBe(1);
    expect(plain[0]!.choices[0]!.delta.role).toBe('assistant');
    expect(plain.at(-1)!.choices[0]!.finish_reason).toBe('stop');
    expect(plain.every((chunk) => !('usage' in chunk))).toBe(true);

    const counted = await all(
      await completions().create({ ...request, stream_options: { include_usage: true } }),
    );
    expect(textOf(counted)).toBe(expectedText(50));
    expect(counted.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 50 } });
    expect(counted.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
  });

  it('gets the first piece while the provider is still at the others', async () => {
    const stream = await completions().create({
      model: MODEL,
      messages: user('Hello [[tokens=2 fault=stall:1]]'),
      stream: true,
    });
    const chunks: Chunk[] = [];
    for await (const chunk of stream) {
      chunks.push(chunk);
      if (textOf(chunks) === expectedText(1)) break;
    }
    expect(textOf(chunks)).toBe(expectedText(1));
    await on.standIn.requests.at(-1)!.closed;
  });

  it('takes a stream’s answer to an end that stopped early for what it is', async () => {
    for (const fault of ['length', 'content_filter'] as const) {
      const chunks = await all(
        await completions().create({
          model: MODEL,
          messages: user(`Hi [[tokens=3 fault=${fault}]]`),
          stream: true,
        }),
      );
      expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe(fault);
    }
  });

  it.each([true, false])(
    'calls two tools at once and answers with what they gave (stream: %s)',
    async (stream) => {
      const messages: OpenAI.ChatCompletionMessageParam[] = user('Call them [[tokens=0 tools=2]]');
      const first = stream
        ? await completions().stream({ model: MODEL, messages, tools }).finalChatCompletion()
        : await completions().create({ model: MODEL, messages, tools });
      const { message, finish_reason } = first.choices[0]!;
      expect(finish_reason).toBe('tool_calls');
      expect(message.content).toBeNull();
      expect(
        message.tool_calls?.map((call) =>
          call.type === 'function' ? { id: call.id, ...call.function } : call,
        ),
      ).toEqual(expectedToolCalls(2).map((call) => expect.objectContaining(call)));

      messages.push(
        message,
        ...message.tool_calls!.map(({ id }) => ({
          role: 'tool' as const,
          tool_call_id: id,
          content: `gave ${id}`,
        })),
      );
      const second = await completions().create({ model: MODEL, messages, tools });
      expect(second.choices[0]!.message.content).toBe(expectedRepeat(['gave call_0', 'gave call_1']));
      expect(on.standIn.requests.at(-1)!.body).toMatchObject({
        tools: tools.map(({ function: { name } }) => ({ type: 'function', function: { name } })),
      });
    },
  );

  it('gets each piece of a tool call before the provider writes the next', async () => {
    const provider = await heldProvider();
    const server = await startTestServer({ OPENAI_URL: provider.url });
    const asked = client(on.alice.token, server.url).chat.completions.create({
      model: MODEL,
      messages: user('Call it'),
      tools,
      stream: true,
    });
    const answer = await provider.asked;
    const write = (delta: object, finish_reason: string | null = null) =>
      answer.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
    const writeArguments = (text: string) =>
      write({ tool_calls: [{ index: 0, function: { arguments: text } }] });
    answer.writeHead(200, { 'content-type': 'text/event-stream' });
    write({ role: 'assistant', content: null });
    write({ tool_calls: [{ index: 0, id: 'call_x', type: 'function', function: { name: 'tool_0' } }] });

    // The provider goes on only when its last piece has come here.
    const chunks = (await asked)[Symbol.asyncIterator]();
    const next = async () => ((await chunks.next()).value as Chunk).choices[0]!;
    expect((await next()).delta).toMatchObject({ role: 'assistant', content: null });
    expect((await next()).delta.tool_calls).toEqual([
      { index: 0, id: 'call_x', type: 'function', function: { name: 'tool_0', arguments: '' } },
    ]);
    for (const text of ['{"city":', '"東', '京"}']) {
      writeArguments(text);
      expect((await next()).delta.tool_calls).toEqual([{ index: 0, function: { arguments: text } }]);
    }
    write({}, 'tool_calls');
    answer.end('data: [DONE]\n\n');
    expect(await next()).toMatchObject({ delta: {}, finish_reason: 'tool_calls' });
    expect((await chunks.next()).done).toBe(true);
    await server.close();
    provider.close();
  });

  it('runs tools by itself to the end', async () => {
    const runner = completions().runTools({
      model: MODEL,
      messages: user('Run it [[tokens=0 tools=1]]'),
      tools: [
        {
          type: 'function',
          function: {
            name: 'tool_0',
            description: 'Says where it was called.',
            parameters: { type: 'object', properties: { city: { type: 'string' } } },
            parse: JSON.parse as (text: string) => { city: string },
            function: ({ city }: { city: string }) => `sunny in ${city}`,
          },
        },
      ],
    });
    expect(await runner.finalContent()).toBe(expectedRepeat(['sunny in 東京']));
  });

  it('takes its stream helper’s whole message together', async () => {
    const runner = completions().stream({ model: MODEL, messages: user('Hi [[tokens=12]]') });
    expect(await runner.finalContent()).toBe(expectedText(12));
    expect((await runner.finalChatCompletion()).choices[0]!.finish_reason).toBe('stop');
  });

  it.each([true, false])(
    'closes the provider’s connection when it is aborted (stream: %s)',
    async (stream) => {
      const before = on.standIn.requests.length;
      const controller = new AbortController();
      const asked = completions().create(
        { model: MODEL, messages: user('Hello [[tokens=5000 delay=5]]'), stream },
        { signal: controller.signal },
      );
      asked.catch(() => undefined);
      if (stream) for await (const _ of (await asked) as AsyncIterable<Chunk>) break;
      while (on.standIn.requests.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
      controller.abort();
      await on.standIn.requests.at(-1)!.closed;
      expect(on.standIn.requests.length).toBe(before + 1);
    },
  );

  it.each([undefined, 'float', 'base64'] as const)('makes vectors (encoding_format: %s)', async (format) => {
    const { data, model, usage } = await client().embeddings.create({
      model: 'openai/text-embedding-3-small',
      input: ['one fish', 'two fish'],
      dimensions: 8,
      ...(format === undefined ? {} : { encoding_format: format }),
    });
    expect(model).toBe('openai/text-embedding-3-small');
    expect(usage).toEqual({ prompt_tokens: 4, total_tokens: 4 });
    expect(data.map(({ index, object }) => [index, object])).toEqual([
      [0, 'embedding'],
      [1, 'embedding'],
    ]);
    const vectors = data.map(({ embedding }) => vectorOf(embedding));
    for (const [index, text] of ['one fish', 'two fish'].entries()) {
      const expected = expectedVector(text, 8);
      expect(vectors[index]).toHaveLength(8);
      expected.forEach((value, place) => expect(vectors[index]![place]).toBeCloseTo(value, 6));
    }
  });
});

function vectorOf(embedding: number[] | string): number[] {
  if (typeof embedding !== 'string') return embedding;
  const bytes = Buffer.from(embedding, 'base64');
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
}

/** A port at which nobody listens. */
/** A provider whose first answer is the test's own to write. */
async function heldProvider() {
  const { promise: asked, resolve } = Promise.withResolvers<ServerResponse>();
  const http = createHttpServer((request, response) => {
    if (request.method === 'POST') resolve(response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening));
  const { port } = http.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1`, asked, close: () => http.close() };
}
