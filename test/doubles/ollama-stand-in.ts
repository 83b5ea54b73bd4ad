import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { streamChat } from './ollama-answer.js';
import { show, tags } from './ollama-models.js';
import { refuse } from './ollama-refusals.js';
import { chatOf, expectedVector } from './ollama-wire.js';
import { expectedRepeat } from './openai-wire.js';
import { behaviourIn, DEFAULT_BEHAVIOUR, type Behaviour } from './openai-behaviour.js';

export { expectedVector } from './ollama-wire.js';
export { FAULTS, type Behaviour, type Fault } from './openai-behaviour.js';
export { expectedReasoning, expectedRepeat, expectedText, expectedToolCalls } from './openai-wire.js';

/** A message as it was sent; what a client may send besides is kept as well. */
export interface SentMessage {
  readonly role: string;
  readonly content: string;
  readonly tool_calls?: readonly unknown[];
  readonly tool_name?: string;
}

/** The body of a chat, or of a request for vectors. */
export interface OllamaBody {
  readonly model: string;
  readonly messages?: readonly SentMessage[];
  readonly input?: string | readonly string[];
  readonly dimensions?: number;
  readonly stream?: boolean;
  readonly options?: { readonly num_predict?: number };
}

/** One chat or request for vectors. Times are milliseconds since 1970. */
export interface RecordedRequest {
  readonly path: string;
  readonly body: OllamaBody;
  readonly headers: IncomingHttpHeaders;
  readonly receivedAt: number;
  /** The number of its connection, from 1. */
  readonly connection: number;
  /** When the client closed the connection before the answer was complete. */
  closedAt: number | undefined;
  /** Resolves to {@link closedAt} when that happens, and never when it does not. */
  readonly closed: Promise<number>;
  /** Resolves when the answer is over, whoever ended it. */
  readonly ended: Promise<void>;
}

/** A running stand-in for an Ollama server. */
export interface OllamaStandIn {
  /** What to set `OLLAMA_URL` to. */
  readonly url: string;
  readonly port: number;
  /** What was asked of a model, in order; the oldest go when there are very many. */
  readonly requests: readonly RecordedRequest[];
  readonly connections: { readonly open: number; readonly total: number };
  /** How the next requests are answered, one each, before markers and the default count again. */
  script(...behaviours: readonly Partial<Behaviour>[]): void;
  close(): Promise<void>;
}

const MOST_RECORDS = 10_000;
const LARGEST_BODY = 33_554_432;

/** Starts the stand-in on a port of 127.0.0.1, a free one by default. */
export async function startOllamaStandIn(
  options: { readonly port?: number; readonly behaviour?: Partial<Behaviour> } = {},
): Promise<OllamaStandIn> {
  const state = new State({ ...DEFAULT_BEHAVIOUR, ...options.behaviour });
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
    url: `http://127.0.0.1:${port}`,
    port,
    requests: state.requests,
    get connections() {
      return { open: state.open, total: state.total };
    },
    script: (...behaviours) => void state.queue.push(...behaviours),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

class State {
  readonly requests: RecordedRequest[] = [];
  readonly queue: Partial<Behaviour>[] = [];
  readonly numbers = new WeakMap<object, number>();
  open = 0;
  total = 0;
  /** How often each message has met its fault: a fault with a number ends after so many times. */
  private readonly met = new Map<string, number>();

  constructor(private readonly usual: Behaviour) {}

  behaviourFor(lastMessage: string): Behaviour {
    const scripted = this.queue.shift();
    if (scripted !== undefined) return { ...this.usual, ...scripted };
    const behaviour = { ...this.usual, ...behaviourIn(lastMessage) };
    if (behaviour.fault !== 'rate_limit' && behaviour.fault !== 'server_error') return behaviour;
    const met = (this.met.get(lastMessage) ?? 0) + 1;
    this.met.set(lastMessage, met);
    return behaviour.at > 0 && met > behaviour.at ? { ...behaviour, fault: undefined } : behaviour;
  }

  record(path: string, body: OllamaBody, request: IncomingMessage, response: ServerResponse): void {
    const closed = Promise.withResolvers<number>();
    const ended = Promise.withResolvers<void>();
    const record: RecordedRequest = {
      path,
      body,
      headers: request.headers,
      receivedAt: Date.now(),
      connection: this.numbers.get(request.socket) ?? 0,
      closedAt: undefined,
      closed: closed.promise,
      ended: ended.promise,
    };
    response.once('close', () => {
      ended.resolve();
      if (response.writableFinished) return;
      record.closedAt = Date.now();
      closed.resolve(record.closedAt);
    });
    this.requests.push(record);
    if (this.requests.length > MOST_RECORDS) this.requests.shift();
  }
}

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url?.split('?')[0] ?? '';
  switch (`${request.method} ${path}`) {
    case 'GET /api/tags':
      return json(response, 200, tags());
    case 'GET /api/version':
      return json(response, 200, { version: '0.12.0' });
    case 'GET /requests':
      return json(response, 200, { requests: state.requests });
    case 'POST /api/show': {
      const { model } = JSON.parse(await textOf(request)) as OllamaBody;
      const shown = show(model);
      return shown === undefined
        ? json(response, 404, { error: `model '${model}' not found` })
        : json(response, 200, shown);
    }
    case 'POST /api/chat':
    case 'POST /api/embed': {
      const body = JSON.parse(await textOf(request)) as OllamaBody;
      state.record(path, body, request, response);
      return path === '/api/chat'
        ? chat(state, body, request, response)
        : embed(state, body, request, response);
    }
    default:
      response.writeHead(404, { 'content-type': 'text/plain' });
      response.end('404 page not found');
  }
}

async function chat(
  state: State,
  body: OllamaBody,
  { headers }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { model, messages = [] } = body;
  const lastMessage = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  const { behaviour: meant, say } = forTools(state.behaviourFor(lastMessage), messages);
  const behaviour = limited(meant, body.options?.num_predict);
  if (refuse(response, behaviour, { model, lastMessage, key: headers.authorization ?? '' })) return;
  const prompt = messages.map(({ content }) => content).join('\n');
  const asked = { model, prompt, say };
  if (body.stream === false) return json(response, 200, chatOf(behaviour, asked));
  await streamChat(response, behaviour, asked);
}

/** What tools gave is repeated, once they have been called as often as the behaviour says. */
function forTools(
  behaviour: Behaviour,
  messages: readonly SentMessage[],
): { readonly behaviour: Behaviour; readonly say: readonly string[] | undefined } {
  const untouched = { behaviour, say: undefined };
  if (behaviour.fault === 'empty') {
    return { ...untouched, behaviour: { ...behaviour, tokens: 0, tools: 0, reasoning: 0 } };
  }
  if (messages.at(-1)?.role !== 'tool') return untouched;
  const turn = messages.slice(messages.findLastIndex(({ role }) => role === 'user') + 1);
  const rounds = turn.filter(({ role, tool_calls: calls }) => role === 'assistant' && calls !== undefined);
  if (rounds.length < behaviour.rounds) return untouched;
  const latest = turn.slice(turn.findLastIndex(({ role }) => role === 'assistant') + 1);
  const say = expectedRepeat(latest.map(({ content }) => content)).match(/\s*\S+|\s+$/g) ?? [];
  return { behaviour: { ...behaviour, tokens: say.length, tools: 0 }, say };
}

/** Vectors; the faults that end or garble an answer do so here as well, and `empty` gives none. */
function embed(state: State, body: OllamaBody, { headers }: IncomingMessage, response: ServerResponse): void {
  const inputs = [body.input ?? []].flat();
  const lastMessage = inputs.at(-1) ?? '';
  const behaviour = state.behaviourFor(lastMessage);
  const { fault } = behaviour;
  if (refuse(response, behaviour, { model: body.model, lastMessage, key: headers.authorization ?? '' }))
    return;
  if (fault === 'malformed') return void response.end('{"embeddings":[[0.1,"secret words');
  const embeddings = fault === 'empty' ? [] : inputs.map((input) => expectedVector(input, body.dimensions));
  const count = fault === 'no_usage' ? {} : { prompt_eval_count: Math.ceil(inputs.join('').length / 4) };
  json(response, 200, { model: body.model, embeddings, total_duration: 1, load_duration: 1, ...count });
}

/** A request for fewer tokens gets fewer, and is told so. */
function limited(behaviour: Behaviour, limit: number | undefined): Behaviour {
  if (limit === undefined || limit < 0 || limit >= behaviour.tokens) return behaviour;
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

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}
