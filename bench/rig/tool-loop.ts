import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import { addUp, ADD_UP } from './add-up.ts';
import { answerParent } from './worker.ts';

/*
 * The loop as most would write it by hand: `node:http` and the provider's SDK, model, calls, results, model, until there are
 * no calls. It stores nothing, asks nobody, checks nothing and knows no users. Its argument is the provider's port.
 */

type Message = OpenAI.ChatCompletionMessageParam;
type Call = OpenAI.ChatCompletionMessageFunctionToolCall;

const MOST_ROUNDS = 5;
const provider = new OpenAI({ baseURL: `http://127.0.0.1:${process.argv[2]}/v1`, apiKey: 'none' });
const tools: OpenAI.ChatCompletionTool[] = [{ type: 'function', function: ADD_UP }];

async function converse(messages: Message[], send: (event: object) => void): Promise<void> {
  for (let round = 0; round <= MOST_ROUNDS; round += 1) {
    const { content, calls } = await ask(messages, send);
    if (calls.length === 0) return;
    messages.push({ role: 'assistant', content, tool_calls: calls });
    for (const { id, function: called } of calls) {
      const result = addUp(JSON.parse(called.arguments) as Record<string, unknown>);
      send({ type: 'tool_result', id, content: result });
      messages.push({ role: 'tool', tool_call_id: id, content: result });
    }
  }
}

async function ask(messages: Message[], send: (event: object) => void) {
  const answer = await provider.chat.completions.create({ model: 'bench', messages, tools, stream: true });
  let content = '';
  const calls: Call[] = [];
  for await (const { choices } of answer) {
    const delta = choices[0]?.delta;
    if (delta?.content) {
      content += delta.content;
      send({ type: 'delta', content: delta.content });
    }
    for (const { index, id, function: said } of delta?.tool_calls ?? []) {
      const call = (calls[index] ??= {
        id: id ?? '',
        type: 'function',
        function: { name: said?.name ?? '', arguments: '' },
      });
      call.function.arguments += said?.arguments ?? '';
    }
  }
  return { content, calls };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { messages } = JSON.parse(Buffer.concat(chunks).toString()) as { messages: Message[] };
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  await converse(messages, (event) => void response.write(`data: ${JSON.stringify(event)}\n\n`));
  response.end('data: {"type":"done"}\n\n');
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    response.destroy();
  });
});

const handlers = {
  listen: () =>
    new Promise<number>((resolve) =>
      server.listen(0, '127.0.0.1', 4_096, () => resolve((server.address() as AddressInfo).port)),
    ),
};
export type ToolLoop = typeof handlers;
answerParent(handlers);
