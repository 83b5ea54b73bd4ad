import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { streamAnswer } from './openai-answer.js';
import { DEFAULT_BEHAVIOUR, type Behaviour, type Fault } from './openai-behaviour.js';
import {
  State,
  type CompletionBody,
  type RecordedCall,
  type RecordedRequest,
  type SentMessage,
} from './openai-records.js';
import { refuse } from './openai-refusals.js';
import { sendEmbeddings, type EmbeddingBody } from './openai-embeddings.js';
import { completionOf, expectedRepeat } from './openai-wire.js';

export { FAULTS, type Behaviour, type Fault } from './openai-behaviour.js';
export type { RecordedCall, RecordedRequest, SentMessage } from './openai-records.js';
export { expectedVector } from './openai-embeddings.js';
export { expectedReasoning, expectedRepeat, expectedText, expectedToolCalls } from './openai-wire.js';

/** A running stand-in for OpenAI's API. */
export interface OpenAiStandIn {
  /** What to set `OPENAI_URL` to. */
  readonly url: string;
  readonly port: number;
  /** The completions asked for, in order; the oldest go when there are very many. */
  readonly requests: readonly RecordedRequest[];
  readonly connections: { readonly open: number; readonly total: number };
  /** What was asked for besides completions: lists of models and embeddings, in order. */
  readonly others: readonly RecordedCall[];
  /** How its list of models is answered from now on. */
  failModels(fault: Fault | undefined): void;
  /** How the next requests are answered, one each, before markers and the default count again. */
  script(...behaviours: readonly Partial<Behaviour>[]): void;
  close(): Promise<void>;
}

const LARGEST_BODY = 33_554_432;

/** Starts the stand-in on a port of 127.0.0.1, a free one by default. */
export async function startOpenAiStandIn(
  options: {
    readonly port?: number;
    readonly behaviour?: Partial<Behaviour>;
    /** The entries of its list of models. */
    readonly models?: readonly object[];
  } = {},
): Promise<OpenAiStandIn> {
  const state = new State({ ...DEFAULT_BEHAVIOUR, ...options.behaviour }, options.models ?? MODELS);
  const server = createServer((request, response) => {
    answer(state, request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
  server.on('connection', (socket) => {
    state.total += 1;
    state.open += 1;
    state.numbers.set(socket, state.total);
    socket.once('close', () => (state.open -= 1));
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    requests: state.requests,
    get connections() {
      return { open: state.open, total: state.total };
    },
    others: state.others,
    failModels: (fault) => void (state.modelsFault = fault),
    script: (...behaviours) => void state.queue.push(...behaviours),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const route = `${request.method} ${request.url?.split('?')[0]}`;
  switch (route) {
    case 'GET /v1/models':
      state.note(route, request, undefined);
      return listModels(state, request, response);
    case 'GET /v1/requests':
      return json(response, 200, { requests: state.requests });
    case 'POST /v1/embeddings': {
      const body = JSON.parse(await textOf(request)) as EmbeddingBody;
      state.note(route, request, body);
      return sendEmbeddings(response, state.usual, body, request.headers.authorization ?? '');
    }
    case 'POST /v1/chat/completions':
      return complete(state, request, response);
    default:
      return json(response, 404, { error: { message: 'no such path' } });
  }
}

function listModels(state: State, request: IncomingMessage, response: ServerResponse): void {
  const behaviour = { ...state.usual, fault: state.modelsFault };
  if (refuse(response, behaviour, '', request.headers.authorization ?? '')) return;
  if (behaviour.fault === 'malformed') return sendText(response, '{"data": [secret words');
  json(response, 200, { object: 'list', data: behaviour.fault === 'empty' ? null : state.models });
}

async function complete(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = JSON.parse(await textOf(request)) as CompletionBody;
  const lastMessage = wordsOf(body.messages.findLast(({ role }) => role === 'user'));
  state.record(body, request, response);
  const { behaviour, say } = forTools(state.behaviourFor(lastMessage), body);
  const actual = limited(behaviour, body);
  if (refuse(response, actual, lastMessage, request.headers.authorization ?? '')) return;
  const prompt = body.messages.map(wordsOf).join('\n');
  if (body.stream !== true) return json(response, 200, completionOf(body.model, actual, prompt, say));
  const includeUsage = body.stream_options?.include_usage === true;
  await streamAnswer(response, actual, { model: body.model, prompt, includeUsage, say });
}

/** The text of a message, whether it comes as one or in parts. */
function wordsOf(message: SentMessage | undefined): string {
  const content = message?.content ?? '';
  return typeof content === 'string' ? content : content.map(({ text }) => text ?? '').join('');
}

/** What tools gave is repeated, once they have been called as often as the behaviour says. */
function forTools(behaviour: Behaviour, { messages }: CompletionBody) {
  if (behaviour.fault === 'empty') return { behaviour: { ...behaviour, tokens: 0, tools: 0, reasoning: 0 } };
  if (messages.at(-1)?.role !== 'tool') return { behaviour };
  const turn = messages.slice(messages.findLastIndex(({ role }) => role === 'user') + 1);
  const rounds = turn.filter(
    ({ role, tool_calls }) => role === 'assistant' && tool_calls !== undefined,
  ).length;
  if (rounds < behaviour.rounds) return { behaviour };
  const latest = turn.slice(turn.findLastIndex(({ role }) => role === 'assistant') + 1);
  const say = expectedRepeat(latest.map(wordsOf)).match(/\s*\S+|\s+$/g) ?? [];
  return { behaviour: { ...behaviour, tokens: say.length, tools: 0 }, say };
}

const MODELS = ['gpt-4o-mini', 'gpt-4o', 'text-embedding-3-small'].map((id) => ({
  id,
  object: 'model',
  created: 0,
  owned_by: 'stand-in',
}));

/** A request for fewer tokens gets fewer, and is told so. */
function limited(behaviour: Behaviour, body: CompletionBody): Behaviour {
  const limit = body.max_completion_tokens ?? body.max_tokens;
  if (limit === undefined || limit >= behaviour.tokens) return behaviour;
  return { ...behaviour, tokens: limit, fault: behaviour.fault ?? 'length' };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) throw new Error('the body is too large for the stand-in');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function json(response: ServerResponse, status: number, body: unknown): void {
  sendText(response, JSON.stringify(body), status);
}

function sendText(response: ServerResponse, text: string, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_stand_in' });
  response.end(text);
}
