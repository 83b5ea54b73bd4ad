import createClient from 'openapi-fetch';
import type { paths } from './api.js';
import { dataOf, given, type Client, type ErrorBody, type OpenAiError } from './reading.mjs';

/** What comes of the wires of other systems. */
export interface OtherWires {
  readonly chat: { readonly said: string; readonly inThread: string; readonly streamed: string };
  readonly messages: { readonly said: string; readonly again: string };
  readonly conversation: { readonly pieces: string; readonly whole: string };
  readonly openAi: {
    readonly said: string | null | undefined;
    readonly streamed: string;
    readonly tokens: number | undefined;
    readonly tools: readonly (string | undefined)[];
    readonly reasoned: readonly (string | undefined)[];
    readonly model: string;
    readonly vectors: readonly number[];
  };
  /** What each of them says when the provider breaks off in the middle. */
  /** What was answered with the help of tools, streamed and at once. */
  readonly agent: readonly string[];
  readonly broken: readonly string[];
  readonly openAiRefusals: readonly ErrorBody['code'][];
}

export interface Connection {
  readonly baseUrl: string;
  readonly fetch: typeof globalThis.fetch;
  readonly token: string;
}

type Streamed<Path extends '/chat' | '/api/stream' | '/v1/chat/completions'> =
  paths[Path]['post']['responses'][200]['content']['text/event-stream'];
type MessageFrame =
  paths['/api/chat/stream/{message_id}']['get']['responses'][200]['content']['text/event-stream'];

/** A client that wants no streams where there is a choice. */
type JsonClient = ReturnType<typeof createClient<paths, 'application/json'>>;

const MODEL = 'gpt-4o-mini';
const BREAKS = 'Break [[tokens=20 fault=cut:3]]';

/** Says the same in the words of every other system. */
export async function converseOtherwise(
  client: Client,
  { baseUrl, fetch, token }: Connection,
): Promise<OtherWires> {
  const headers = { authorization: `Bearer ${token}` };
  const json = createClient<paths, 'application/json'>({ baseUrl, fetch, headers });
  return {
    chat: await useChat(client, json),
    messages: await useMessages(client),
    conversation: await useConversation(client),
    agent: await useAgent(client, json),
    openAi: {
      ...(await useCompletions(client, json)),
      ...(await callTools(client, json)),
      ...(await useModels(json)),
    },
    broken: [
      await breakChat(client),
      await breakMessage(client),
      await breakConversation(client),
      await breakCompletion(client),
    ],
    openAiRefusals: await beRefused(client),
  };
}

async function useChat(client: Client, json: JsonClient) {
  const body = { message: 'Hello [[tokens=4]]', provider: 'openai', model: MODEL };
  const whole = oneShot(given(await json.POST('/chat', { body })));
  const model: string | null = whole.model;
  const tokens: number | undefined = whole.usage?.outputTokens;
  const { thread } = given(await json.POST('/chat/threads', { body: { title: 'Otherwise' } }));
  const inThread = oneShot(
    given(
      await json.POST('/chat', {
        body: { message: 'And here? [[tokens=5 reasoning=2]]', threadId: thread.id },
      }),
    ),
  );
  if (model !== MODEL || tokens !== 4 || Number.isNaN(Date.parse(whole.timestamp)) || whole.threadId)
    throw new Error('the answer is not as it was asked for');
  if (inThread.threadId !== thread.id) throw new Error('the answer is in no thread');
  given(await json.DELETE('/chat/threads/{id}', { params: { path: { id: thread.id } } }), 'nothing to read');
  const { text, reason } = await readChat(client, 'Stream [[tokens=7]]');
  if (reason !== 'stop') throw new Error('the stream has no end');
  return { said: whole.response, inThread: inThread.response, streamed: text };
}

/** What one message is answered with; the same address answers conversations with something else. */
function oneShot<Chat extends object>(chat: Chat): Extract<Chat, { timestamp: string }> {
  if (!('timestamp' in chat)) throw new Error('one message is answered with a completion');
  return chat as Extract<Chat, { timestamp: string }>;
}

async function readChat(client: Client, message: string) {
  const stream = given(await client.POST('/chat', { body: { message, stream: true }, parseAs: 'stream' }));
  let text = '';
  let reason: 'stop' | 'length' | 'tool_calls' | 'content_filter' | undefined;
  let error: string | undefined;
  for await (const data of dataOf(stream)) {
    const frame = frameOf<Streamed<'/chat'>>(data);
    if (frame === '[DONE]') break;
    if ('content' in frame) text += frame.content;
    if ('finishReason' in frame) reason = frame.finishReason;
    if ('error' in frame) error = typeof frame.error === 'string' ? frame.error : frame.error.code;
  }
  return { text, reason, error };
}

const PROGRAM = '{{call execute_javascript {"code":"6 * 7"}}}';

/** Has a model call a tool, and search and plan. */
async function useAgent(client: Client, json: JsonClient): Promise<string[]> {
  const body = {
    model: MODEL,
    messages: [{ role: 'user' as const, content: `What is 6 times 7? ${PROGRAM}` }],
    tools: [{ type: 'function' as const, function: { name: 'execute_javascript' } }],
  };
  const whole = given(await json.POST('/proxy', { body }));
  const chat = given(await client.POST('/chat', { body, parseAs: 'stream' }));
  const found = given(
    await client.POST('/search', { body: { query: 'lamps', maxResults: 2 }, parseAs: 'stream' }),
  );
  const planned = given(
    await client.POST('/planning', { body: { query: 'Light a lamp' }, parseAs: 'stream' }),
  );
  return [
    whole.choices[0]?.message.content ?? '',
    (await readAgent(chat)).text,
    (await readAgent(found)).end,
    (await readAgent(planned)).end,
  ];
}

type AgentFrame = paths['/search']['post']['responses'][200]['content']['text/event-stream'];

async function readAgent(stream: Parameters<typeof dataOf>[0]) {
  let text = '';
  let end = '';
  for await (const data of dataOf(stream)) {
    const frame = JSON.parse(data) as AgentFrame;
    if (frame.type === 'message_complete') text = frame.content ?? '';
    if (frame.type === 'complete') end = frame.status;
    if (frame.type === 'error') end = frame.code;
  }
  return { text, end };
}

async function breakChat(client: Client): Promise<string> {
  const { error } = await readChat(client, BREAKS);
  return error ?? 'nothing';
}

async function useMessages(client: Client) {
  const started = given(
    await client.POST('/api/messages', { body: { content: 'Hello [[tokens=6]]', provider: 'openai' } }),
  );
  const said = await readMessage(client, started.message_id);
  const again = await readMessage(client, started.message_id);
  const { thread } = given(
    await client.GET('/chat/threads/{id}', { params: { path: { id: started.conversation_id } } }),
  );
  if (thread.messageCount !== 2 || started.provider !== 'openai' || started.model === '')
    throw new Error('the conversation is no thread');
  return { said: said.text, again: again.text };
}

async function readMessage(client: Client, id: string) {
  const stream = given(
    await client.GET('/api/chat/stream/{message_id}', {
      params: { path: { message_id: id } },
      parseAs: 'stream',
    }),
  );
  let text = '';
  let error: string | undefined;
  for await (const data of dataOf(stream)) {
    const frame = JSON.parse(data) as MessageFrame;
    if (frame.type === 'done') break;
    if (frame.type === 'assistant_delta') text += frame.content;
    if (frame.type === 'error') error = frame.code;
  }
  return { text, error };
}

async function breakMessage(client: Client): Promise<string> {
  const { message_id } = given(await client.POST('/api/messages', { body: { content: BREAKS } }));
  return (await readMessage(client, message_id)).error ?? 'nothing';
}

async function useConversation(client: Client) {
  const { pieces, whole } = await readConversation(client, 'Hello [[tokens=8]]', 'my own name for a chat');
  return { pieces, whole };
}

type Conversation = paths['/api/stream']['post']['requestBody']['content']['application/json'];

async function readConversation(client: Client, content: string, chatId: string) {
  const body: Conversation = {
    messages: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello!' },
      { id: 'mine', role: 'user', content, timestamp: new Date().toISOString() },
    ],
    model: MODEL,
    chatId,
    systemPrompt: 'Be brief.',
  };
  const stream = given(await client.POST('/api/stream', { body, parseAs: 'stream' }));
  let pieces = '';
  let whole = '';
  let error: string | undefined;
  for await (const data of dataOf(stream)) {
    const frame = JSON.parse(data) as Streamed<'/api/stream'>;
    if ('content' in frame) pieces += frame.content;
    if ('fullContent' in frame) whole = frame.fullContent;
    if ('code' in frame) error = frame.code;
  }
  return { pieces, whole, error };
}

async function breakConversation(client: Client): Promise<string> {
  const { error } = await readConversation(client, BREAKS, 'another name');
  return error ?? 'nothing';
}

async function useCompletions(client: Client, json: JsonClient) {
  const completion = given(
    await json.POST('/v1/chat/completions', {
      body: { model: `openai/${MODEL}`, messages: [{ role: 'user', content: 'Hello [[tokens=5]]' }] },
    }),
  );
  const kind: 'chat.completion' = completion.object;
  const { text, tokens } = await readCompletion(client, {
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: 'Stream [[tokens=9]]' }] },
    ],
    stream_options: { include_usage: true },
  });
  const used: number = completion.usage.completion_tokens;
  if (kind !== 'chat.completion' || used !== 5) throw new Error('the completion is not as it was asked for');
  return { said: completion.choices[0]?.message.content, streamed: text, tokens };
}

type CompletionBody = paths['/v1/chat/completions']['post']['requestBody']['content']['application/json'];

async function readCompletion(
  client: Client,
  body: Pick<CompletionBody, 'messages' | 'tools' | 'stream_options'>,
) {
  const stream = given(
    await client.POST('/v1/chat/completions', {
      body: { model: MODEL, stream: true, ...body },
      parseAs: 'stream',
    }),
  );
  let text = '';
  let reasoning: string | undefined;
  let tokens: number | undefined;
  let error: string | undefined;
  const tools: string[] = [];
  for await (const data of dataOf(stream)) {
    const frame = frameOf<Streamed<'/v1/chat/completions'>>(data);
    if (frame === '[DONE]') break;
    if ('error' in frame) {
      error = frame.error.code;
      continue;
    }
    const delta = frame.choices[0]?.delta;
    text += delta?.content ?? '';
    if (delta?.reasoning_content !== undefined) reasoning = (reasoning ?? '') + delta.reasoning_content;
    // A call's first piece names it; the others go on with its arguments.
    tools.push(...(delta?.tool_calls ?? []).flatMap((call) => call.function.name ?? []));
    tokens = frame.usage?.completion_tokens ?? tokens;
  }
  return { text, reasoning, tokens, tools, error };
}

async function breakCompletion(client: Client): Promise<string> {
  const { error } = await readCompletion(client, { messages: [{ role: 'user', content: BREAKS }] });
  return error ?? 'nothing';
}

async function callTools(client: Client, json: JsonClient) {
  const asked = {
    messages: [{ role: 'user' as const, content: 'Use it [[tokens=2 reasoning=3 tools=1]]' }],
    tools: [
      {
        type: 'function' as const,
        function: { name: 'tool_0', parameters: { type: 'object', properties: { key: { type: 'string' } } } },
      },
    ],
  };
  const whole = given(await json.POST('/v1/chat/completions', { body: { model: MODEL, ...asked } }));
  const message = whole.choices[0]?.message;
  const streamed = await readCompletion(client, asked);
  const end = whole.choices[0]?.finish_reason;
  if (end !== 'tool_calls') throw new Error('no tool was called');
  return {
    tools: [message?.tool_calls?.[0]?.function.name, ...streamed.tools],
    reasoned: [message?.reasoning_content, streamed.reasoning],
  };
}

async function useModels(json: JsonClient) {
  const { data } = given(await json.GET('/v1/models'));
  const id = data.find((each) => each.id.endsWith(`/${MODEL}`))?.id ?? 'none';
  const model = given(await json.GET('/v1/models/{path}', { params: { path: { path: id } } }));
  const input = ['one text', 'another text'];
  const body = { model: 'text-embedding-3-small', input };
  const floats = given(await json.POST('/v1/embeddings', { body: { ...body, dimensions: 8 } }));
  const packed = given(await json.POST('/v1/embeddings', { body: { ...body, encoding_format: 'base64' } }));
  if (packed.data.some(({ embedding }) => typeof embedding !== 'string')) throw new Error('not packed');
  return { model: model.id, vectors: floats.data.map(({ embedding }) => embedding.length) };
}

async function beRefused(client: Client): Promise<ErrorBody['code'][]> {
  const hello = [{ role: 'user' as const, content: 'Hello' }];
  const answers: { error?: OpenAiError }[] = [
    await client.GET('/v1/models/{path}', { params: { path: { path: 'openai/no-such-model' } } }),
    await client.GET('/v1/models', { headers: { authorization: 'Bearer wrong' } }),
    await client.POST('/v1/chat/completions', { body: { model: MODEL, messages: [] } }),
    await client.POST('/v1/chat/completions', { body: { model: 'groq/any', messages: hello } }),
    await client.POST('/v1/embeddings', { body: { model: 'nobody/any', input: '' } }),
  ];
  return answers.map(({ error }) => {
    if (error === undefined) throw new Error('this should have been refused');
    const { message, type, retryable } = error.error;
    if (message === '' || type === '' || retryable) throw new Error('an error should say what to do');
    return error.error.code;
  });
}

/** The JSON of a frame, or the word that ends the stream. */
function frameOf<Frame>(data: string): Frame {
  return (data === '[DONE]' ? data : JSON.parse(data)) as Frame;
}
