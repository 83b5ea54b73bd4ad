import type { IncomingMessage, ServerResponse } from 'node:http';
import { streamAnswer } from './openai-answer.js';
import { sendEmbeddings, type EmbeddingBody } from './openai-embeddings.js';
import { OpenAiRecords, type CompletionBody, type RecordedCall, type SentMessage } from './openai-records.js';
import { refuse } from './openai-refusals.js';
import { completionOf } from './openai-wire.js';
import { limited, type Fault } from './stand-in-behaviour.js';
import { bodyOf, startStandIn, type StandIn, type StandInOptions } from './stand-in-server.js';
import { afterTools, roundsIn } from './stand-in-words.js';

export { expectedVector } from './openai-embeddings.js';
export type { RecordedCall, RecordedRequest, SentMessage } from './openai-records.js';
export { FAULTS, type Behaviour, type Fault } from './stand-in-behaviour.js';
export { expectedReasoning, expectedRepeat, expectedText, expectedToolCalls } from './stand-in-words.js';

/** A running stand-in for OpenAI's API; its requests are the completions asked for. */
export interface OpenAiStandIn extends StandIn<CompletionBody> {
  /** What was asked for besides completions: lists of models and embeddings, in order. */
  readonly others: readonly RecordedCall[];
  /** How its list of models is answered from now on. */
  failModels(fault: Fault | undefined): void;
}

/** Starts the stand-in on a port of 127.0.0.1, a free one by default. */
export async function startOpenAiStandIn(
  options: StandInOptions & {
    /** The entries of its list of models. */
    readonly models?: readonly object[];
  } = {},
): Promise<OpenAiStandIn> {
  const records = new OpenAiRecords(options.behaviour, options.models ?? MODELS);
  const standIn = await startStandIn(
    records,
    (request, response) => answer(records, request, response),
    options.port,
  );
  return {
    ...standIn,
    url: `${standIn.url}/v1`,
    others: records.others,
    failModels: (fault) => void (records.modelsFault = fault),
  };
}

async function answer(
  records: OpenAiRecords,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const route = `${request.method} ${request.url?.split('?')[0]}`;
  switch (route) {
    case 'GET /v1/models':
      records.note(route, request, undefined);
      return listModels(records, request, response);
    case 'GET /v1/requests':
      return json(response, 200, { requests: records.requests });
    case 'POST /v1/embeddings': {
      const body = await bodyOf<EmbeddingBody>(request);
      records.note(route, request, body);
      return sendEmbeddings(response, records.usual, body, keyOf(request));
    }
    case 'POST /v1/chat/completions':
      return complete(records, request, response);
    default:
      return json(response, 404, { error: { message: 'no such path' } });
  }
}

function listModels(records: OpenAiRecords, request: IncomingMessage, response: ServerResponse): void {
  const behaviour = { ...records.usual, fault: records.modelsFault };
  if (refuse(response, behaviour, { lastMessage: '', key: keyOf(request) })) return;
  if (behaviour.fault === 'malformed') return sendText(response, '{"data": [secret words');
  json(response, 200, { object: 'list', data: behaviour.fault === 'empty' ? null : records.models });
}

async function complete(
  records: OpenAiRecords,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await bodyOf<CompletionBody>(request);
  const lastMessage = wordsOf(body.messages.findLast(({ role }) => role === 'user'));
  records.record(body, request, response);
  const { rounds, latest } = roundsIn(body.messages);
  const called = { rounds, latest: latest.map(wordsOf) };
  const { behaviour, say } = afterTools(records.behaviourFor(lastMessage), called);
  const actual = limited(behaviour, body.max_completion_tokens ?? body.max_tokens);
  if (refuse(response, actual, { lastMessage, key: keyOf(request) })) return;
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

function keyOf({ headers }: IncomingMessage): string {
  return headers.authorization ?? '';
}

const MODELS = ['gpt-4o-mini', 'gpt-4o', 'text-embedding-3-small'].map((id) => ({
  id,
  object: 'model',
  created: 0,
  owned_by: 'stand-in',
}));

function json(response: ServerResponse, status: number, body: unknown): void {
  sendText(response, JSON.stringify(body), status);
}

function sendText(response: ServerResponse, text: string, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_stand_in' });
  response.end(text);
}
