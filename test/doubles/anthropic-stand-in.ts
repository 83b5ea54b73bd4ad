import type { IncomingMessage, ServerResponse } from 'node:http';
import { streamMessage } from './anthropic-answer.js';
import { refuse, sendError } from './anthropic-refusals.js';
import { mistakeIn } from './anthropic-rules.js';
import { blocksOf, messageOf, textIn, type Content, type MessagesBody } from './anthropic-wire.js';
import { limited, type Fault } from './stand-in-behaviour.js';
import { Records, type Recorded } from './stand-in-records.js';
import { bodyOf, startStandIn, type StandIn, type StandInOptions } from './stand-in-server.js';
import { afterTools } from './stand-in-words.js';

export type { Behaviour, Fault } from './stand-in-behaviour.js';
export { expectedReasoning, expectedRepeat, expectedText, expectedToolCalls } from './stand-in-words.js';

/** One message that was asked for. */
export type RecordedMessage = Recorded<MessagesBody>;

/** A running stand-in for Anthropic's API; its requests are the messages asked for. */
export interface AnthropicStandIn extends StandIn<MessagesBody> {
  /** How its list of models is answered from now on. */
  failModels(fault: Fault | undefined): void;
}

const MODELS_A_PAGE = 2;

class ModelRecords extends Records<MessagesBody> {
  modelsFault: Fault | undefined;
}

/** Starts the stand-in on a port of 127.0.0.1, a free one by default. */
export async function startAnthropicStandIn(options: StandInOptions = {}): Promise<AnthropicStandIn> {
  const records = new ModelRecords(options.behaviour);
  const standIn = await startStandIn(
    records,
    (request, response) => answer(records, request, response),
    options.port,
  );
  return { ...standIn, failModels: (fault) => void (records.modelsFault = fault) };
}

async function answer(
  records: ModelRecords,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stand-in');
  const route = `${request.method} ${pathname}`;
  if (route === 'GET /v1/models') {
    const behaviour = { ...records.usual, fault: records.modelsFault };
    if (refuse(response, behaviour, { lastMessage: '', key: keyOf(request) })) return;
    return json(response, 200, modelsPage(searchParams.get('after_id')));
  }
  if (route === 'GET /v1/requests') return json(response, 200, { requests: records.requests });
  if (route !== 'POST /v1/messages') {
    return sendError(response, { status: 404, type: 'not_found_error', message: 'no such path' });
  }
  await answerMessage(records, request, response);
}

async function answerMessage(records: ModelRecords, request: IncomingMessage, response: ServerResponse) {
  const body = await bodyOf<MessagesBody>(request);
  const lastMessage = lastWords(body);
  records.record(body, request, response);
  const { behaviour, say } = afterTools(records.behaviourFor(lastMessage), roundsOf(body));
  const actual = limited(behaviour, body.max_tokens);
  const mistake = mistakeIn(body, request.headers);
  if (mistake !== undefined) {
    return sendError(response, { status: 400, type: 'invalid_request_error', message: mistake });
  }
  if (refuse(response, actual, { lastMessage, key: keyOf(request) })) return;
  const prompt = [body.system, ...body.messages.map(({ content }) => content)].map(textIn).join('\n');
  if (body.stream !== true) return json(response, 200, messageOf(body.model, actual, prompt, say));
  await streamMessage(response, actual, { model: body.model, prompt, say });
}

/** The rounds of tools since the user last spoke, and what the latest of them gave. */
function roundsOf({ messages }: MessagesBody) {
  const results = messages.map(({ content }) =>
    blocksOf(content).filter(({ type }) => type === 'tool_result'),
  );
  const said = messages.findLastIndex(({ role, content }) => role === 'user' && hasWords(content));
  return {
    rounds: results.slice(said).filter(({ length }) => length > 0).length,
    latest: (results.at(-1) ?? []).map(({ content }) => textIn(content)),
  };
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

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_stand_in' });
  response.end(JSON.stringify(body));
}
