import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { streamAnswer } from './openai-answer.js';
import { behaviourIn, DEFAULT_BEHAVIOUR, type Behaviour } from './openai-behaviour.js';
import { refuse } from './openai-refusals.js';
import { completionOf } from './openai-wire.js';

export { FAULTS, type Behaviour, type Fault } from './openai-behaviour.js';
export { expectedReasoning, expectedText, expectedToolCalls } from './openai-wire.js';

interface CompletionBody {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
}

/** One completion that was asked for. Times are milliseconds since 1970. */
export interface RecordedRequest {
  readonly body: CompletionBody;
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

/** A running stand-in for OpenAI's API. */
export interface OpenAiStandIn {
  /** What to set `OPENAI_URL` to. */
  readonly url: string;
  readonly port: number;
  /** The completions asked for, in order; the oldest go when there are very many. */
  readonly requests: readonly RecordedRequest[];
  readonly connections: { readonly open: number; readonly total: number };
  /** How the next requests are answered, one each, before markers and the default count again. */
  script(...behaviours: readonly Partial<Behaviour>[]): void;
  close(): Promise<void>;
}

const MOST_RECORDS = 10_000;
const LARGEST_BODY = 33_554_432;

/** Starts the stand-in on a port of 127.0.0.1, a free one by default. */
export async function startOpenAiStandIn(
  options: { readonly port?: number; readonly behaviour?: Partial<Behaviour> } = {},
): Promise<OpenAiStandIn> {
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
    url: `http://127.0.0.1:${port}/v1`,
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
  private readonly usual: Behaviour;

  constructor(usual: Behaviour) {
    this.usual = usual;
  }

  behaviourFor(lastMessage: string): Behaviour {
    const scripted = this.queue.shift();
    if (scripted !== undefined) return { ...this.usual, ...scripted };
    const behaviour = { ...this.usual, ...behaviourIn(lastMessage) };
    if (behaviour.fault !== 'rate_limit' && behaviour.fault !== 'server_error') return behaviour;
    const met = (this.met.get(lastMessage) ?? 0) + 1;
    this.met.set(lastMessage, met);
    return behaviour.at > 0 && met > behaviour.at ? { ...behaviour, fault: undefined } : behaviour;
  }

  record(body: CompletionBody, request: IncomingMessage, response: ServerResponse): void {
    const closed = Promise.withResolvers<number>();
    const ended = Promise.withResolvers<void>();
    const record: RecordedRequest = {
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
  const route = `${request.method} ${request.url?.split('?')[0]}`;
  if (route === 'GET /v1/models') return json(response, 200, { object: 'list', data: MODELS });
  if (route === 'GET /v1/requests') return json(response, 200, { requests: state.requests });
  if (route !== 'POST /v1/chat/completions')
    return json(response, 404, { error: { message: 'no such path' } });
  const body = JSON.parse(await textOf(request)) as CompletionBody;
  const lastMessage = body.messages.findLast(({ role }) => role === 'user')?.content ?? '';
  state.record(body, request, response);
  const behaviour = limited(state.behaviourFor(lastMessage), body);
  if (refuse(response, behaviour, lastMessage, request.headers.authorization ?? '')) return;
  const prompt = body.messages.map(({ content }) => content).join('\n');
  if (body.stream !== true) return json(response, 200, completionOf(body.model, behaviour, prompt));
  const includeUsage = body.stream_options?.include_usage === true;
  await streamAnswer(response, behaviour, { model: body.model, prompt, includeUsage });
}

const MODELS = ['gpt-4o-mini', 'gpt-4o'].map((id) => ({
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
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_stand_in' });
  response.end(JSON.stringify(body));
}
