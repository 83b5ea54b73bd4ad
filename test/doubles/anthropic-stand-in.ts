import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { streamMessage } from './anthropic-answer.js';
import { Records, type RecordedMessage } from './anthropic-records.js';
import { refuse, sendError } from './anthropic-refusals.js';
import { mistakeIn } from './anthropic-rules.js';
import { blocksOf, messageOf, textIn, type Content, type MessagesBody } from './anthropic-wire.js';
import { DEFAULT_BEHAVIOUR, type Behaviour, type Fault } from './openai-behaviour.js';
import { expectedRepeat } from './openai-wire.js';

export type { RecordedMessage } from './anthropic-records.js';
export type { Behaviour, Fault } from './openai-behaviour.js';
export { expectedReasoning, expectedRepeat, expectedText, expectedToolCalls } from './openai-wire.js';

/** A running stand-in for Anthropic's API. */
export interface AnthropicStandIn {
  /** What to set `ANTHROPIC_URL` to. */
  readonly url: string;
  readonly port: number;
  /** The messages asked for, in order; the oldest go when there are very many. */
  readonly requests: readonly RecordedMessage[];
  readonly connections: { readonly open: number; readonly total: number };
  /** How its list of models is answered from now on. */
  failModels(fault: Fault | undefined): void;
  /** How the next requests are answered, one each, before markers and the default count again. */
  script(...behaviours: readonly Partial<Behaviour>[]): void;
  close(): Promise<void>;
}

const LARGEST_BODY = 33_554_432;
const MODELS_A_PAGE = 2;

/** Starts the stand-in on a port of 127.0.0.1, a free one by default. */
export async function startAnthropicStandIn(
  options: { readonly port?: number; readonly behaviour?: Partial<Behaviour> } = {},
): Promise<AnthropicStandIn> {
  const records = new Records({ ...DEFAULT_BEHAVIOUR, ...options.behaviour });
  const server = createServer((request, response) => {
    answer(records, request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
  server.on('connection', (socket) => {
    records.total += 1;
    records.open += 1;
    records.numbers.set(socket, records.total);
    socket.once('close', () => (records.open -= 1));
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests: records.requests,
    get connections() {
      return { open: records.open, total: records.total };
    },
    failModels: (fault) => void (records.modelsFault = fault),
    script: (...behaviours) => void records.queue.push(...behaviours),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(records: Records, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stand-in');
  const route = `${request.method} ${pathname}`;
  if (route === 'GET /v1/models') {
    const behaviour = { ...records.usual, fault: records.modelsFault };
    if (refuse(response, behaviour, '', keyOf(request))) return;
    return json(response, 200, modelsPage(searchParams.get('after_id')));
  }
  if (route === 'GET /v1/requests') return json(response, 200, { requests: records.requests });
  if (route !== 'POST /v1/messages') {
    return sendError(response, { status: 404, type: 'not_found_error', message: 'no such path' });
  }
  await answerMessage(records, request, response);
}

async function answerMessage(records: Records, request: IncomingMessage, response: ServerResponse) {
  const body = JSON.parse(await textOf(request)) as MessagesBody;
  const lastMessage = lastWords(body);
  records.record(body, request, response);
  const { behaviour, say } = forTools(records.behaviourFor(lastMessage), body);
  const actual = limited(behaviour, body);
  const mistake = mistakeIn(body, request.headers);
  if (mistake !== undefined) {
    return sendError(response, { status: 400, type: 'invalid_request_error', message: mistake });
  }
  if (refuse(response, actual, lastMessage, keyOf(request))) return;
  const prompt = [body.system, ...body.messages.map(({ content }) => content)].map(textIn).join('\n');
  if (body.stream !== true) return json(response, 200, messageOf(body.model, actual, prompt, say));
  await streamMessage(response, actual, { model: body.model, prompt, say });
}

/** What tools gave is repeated, once they have been called as often as the behaviour says. */
function forTools(behaviour: Behaviour, { messages }: MessagesBody) {
  if (behaviour.fault === 'empty') {
    return { behaviour: { ...behaviour, tokens: 0, tools: 0, reasoning: 0 }, say: undefined };
  }
  const results = messages.map(({ content }) =>
    blocksOf(content).filter(({ type }) => type === 'tool_result'),
  );
  const latest = results.at(-1) ?? [];
  const said = messages.findLastIndex(({ role, content }) => role === 'user' && hasWords(content));
  const rounds = results.slice(said).filter(({ length }) => length > 0).length;
  if (latest.length === 0 || rounds < behaviour.rounds) return { behaviour, say: undefined };
  const say = expectedRepeat(latest.map(({ content }) => textIn(content))).match(/\s*\S+|\s+$/g) ?? [];
  return { behaviour: { ...behaviour, tokens: say.length, tools: 0 }, say };
}

function hasWords(content: Content): boolean {
  return blocksOf(content).some(({ text }) => text !== undefined);
}

/** The text of the last message that its user wrote. */
function lastWords({ messages }: MessagesBody): string {
  const said = messages.flatMap(({ role, content }) => {
    const texts = blocksOf(content).flatMap(({ text }) => (text === undefined ? [] : [text]));
    return role === 'user' && texts.length > 0 ? [texts.join('\n')] : [];
  });
  return said.at(-1) ?? '';
}

function keyOf({ headers }: IncomingMessage): string {
  return String(headers['x-api-key'] ?? headers.authorization ?? '');
}

const supported = (is: boolean) => ({ supported: is });
const MODELS = ['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-haiku-4-5-20251001'].map((id, index) => ({
  type: 'model',
  id,
  display_name: id,
  created_at: '2026-01-01T00:00:00Z',
  max_input_tokens: index < 2 ? 1_000_000 : 200_000,
  max_tokens: 64_000,
  capabilities: {
    image_input: supported(true),
    structured_outputs: supported(true),
    thinking: supported(index < 2),
  },
}));

function modelsPage(after: string | null): object {
  const start = after === null ? 0 : MODELS.findIndex(({ id }) => id === after) + 1;
  const data = MODELS.slice(start, start + MODELS_A_PAGE);
  const has_more = start + data.length < MODELS.length;
  return { data, has_more, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}

/** A request for fewer tokens gets fewer, and is told so. */
function limited(behaviour: Behaviour, body: MessagesBody): Behaviour {
  if (body.max_tokens >= behaviour.tokens) return behaviour;
  return { ...behaviour, tokens: body.max_tokens, fault: behaviour.fault ?? 'length' };
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
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_stand_in' });
  response.end(JSON.stringify(body));
}
