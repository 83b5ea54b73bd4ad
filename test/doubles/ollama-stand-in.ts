import type { IncomingMessage, ServerResponse } from 'node:http';
import { streamChat } from './ollama-answer.js';
import { show, tags } from './ollama-models.js';
import { refuse } from './ollama-refusals.js';
import { chatOf, expectedVector } from './ollama-wire.js';
import { limited } from './stand-in-behaviour.js';
import { Records, type Recorded } from './stand-in-records.js';
import { bodyOf, startStandIn, type StandIn, type StandInOptions } from './stand-in-server.js';
import { afterTools, roundsIn } from './stand-in-words.js';

export { expectedVector } from './ollama-wire.js';
export { FAULTS, type Behaviour, type Fault } from './stand-in-behaviour.js';
export { expectedReasoning, expectedRepeat, expectedText, expectedToolCalls } from './stand-in-words.js';

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

/** One chat or request for vectors. */
export type RecordedRequest = Recorded<OllamaBody>;

/** A running stand-in for an Ollama server; its requests are chats and requests for vectors. */
export type OllamaStandIn = StandIn<OllamaBody>;

type OllamaRecords = Records<OllamaBody>;

/** Starts the stand-in on a port of 127.0.0.1, a free one by default. */
export function startOllamaStandIn(options: StandInOptions = {}): Promise<OllamaStandIn> {
  const records = new Records<OllamaBody>(options.behaviour);
  return startStandIn(records, (request, response) => answer(records, request, response), options.port);
}

async function answer(
  records: OllamaRecords,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url?.split('?')[0] ?? '';
  switch (`${request.method} ${path}`) {
    case 'GET /api/tags':
      return json(response, 200, tags());
    case 'GET /api/version':
      return json(response, 200, { version: '0.12.0' });
    case 'GET /requests':
      return json(response, 200, { requests: records.requests });
    case 'POST /api/show': {
      const { model } = await bodyOf<OllamaBody>(request);
      const shown = show(model);
      return shown === undefined
        ? json(response, 404, { error: `model '${model}' not found` })
        : json(response, 200, shown);
    }
    case 'POST /api/chat':
    case 'POST /api/embed': {
      const body = await bodyOf<OllamaBody>(request);
      records.record(body, request, response);
      return path === '/api/chat'
        ? chat(records, body, request, response)
        : embed(records, body, request, response);
    }
    default:
      response.writeHead(404, { 'content-type': 'text/plain' });
      response.end('404 page not found');
  }
}

async function chat(
  records: OllamaRecords,
  body: OllamaBody,
  { headers }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { model, messages = [] } = body;
  const lastMessage = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  const { rounds, latest } = roundsIn(messages);
  const called = { rounds, latest: latest.map(({ content }) => content) };
  const { behaviour: meant, say } = afterTools(records.behaviourFor(lastMessage), called);
  const behaviour = limited(meant, body.options?.num_predict);
  if (refuse(response, behaviour, { model, lastMessage, key: headers.authorization ?? '' })) return;
  const prompt = messages.map(({ content }) => content).join('\n');
  const asked = { model, prompt, say };
  if (body.stream === false) return json(response, 200, chatOf(behaviour, asked));
  await streamChat(response, behaviour, asked);
}

/** Vectors; the faults that end or garble an answer do so here as well, and `empty` gives none. */
function embed(
  records: OllamaRecords,
  body: OllamaBody,
  { headers }: IncomingMessage,
  response: ServerResponse,
): void {
  const inputs = [body.input ?? []].flat();
  const lastMessage = inputs.at(-1) ?? '';
  const behaviour = records.behaviourFor(lastMessage);
  const { fault } = behaviour;
  if (refuse(response, behaviour, { model: body.model, lastMessage, key: headers.authorization ?? '' }))
    return;
  if (fault === 'malformed') return void response.end('{"embeddings":[[0.1,"secret words');
  const embeddings = fault === 'empty' ? [] : inputs.map((input) => expectedVector(input, body.dimensions));
  const count = fault === 'no_usage' ? {} : { prompt_eval_count: Math.ceil(inputs.join('').length / 4) };
  json(response, 200, { model: body.model, embeddings, total_duration: 1, load_duration: 1, ...count });
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}
