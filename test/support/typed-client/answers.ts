import { createParser } from 'eventsource-parser';
import { z } from 'zod';
import {
  nameOf,
  resolved,
  type JsonSchema,
  type Operation,
  type ServedDocument,
} from '../served-document.js';

/** An answer as it came over the wire. `body` is the JSON, the text, or what was read of a stream so far. */
export interface RecordedAnswer {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly contentType: string;
  readonly body: unknown;
}

/** What was read of a stream, to the letter. */
export class StreamedText {
  text = '';

  /** What stands behind `data:` of each whole frame: JSON, or the word it is when it is none. */
  frames(): unknown[] {
    const frames: unknown[] = [];
    createParser({ onEvent: ({ data }) => frames.push(parsed(data)) }).feed(this.text);
    return frames;
  }
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}

/** A fetch that keeps what it was answered; of streams, what is read of them. */
export function recordingFetch(answers: RecordedAnswer[]): typeof fetch {
  return async (...request) => {
    const asked = new Request(...request);
    const response = await fetch(asked);
    const { status } = response;
    const contentType = response.headers.get('content-type') ?? '';
    const answer = { method: asked.method, path: new URL(asked.url).pathname, status, contentType };
    if (contentType.startsWith('text/event-stream')) {
      const body = new StreamedText();
      answers.push({ ...answer, body });
      return copiedTo(body, response);
    }
    const isJson = contentType.startsWith('application/json');
    const copy = response.clone();
    const body = isJson ? await copy.json() : contentType === '' ? undefined : await copy.text();
    answers.push({ ...answer, body });
    return response;
  };
}

/** The response as it is, whose reader leaves a copy of what it reads. */
function copiedTo(copy: StreamedText, response: Response): Response {
  const decoder = new TextDecoder();
  const copying = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      copy.text += decoder.decode(chunk, { stream: true });
      controller.enqueue(chunk);
    },
  });
  const { status, headers } = response;
  return new Response(response.body!.pipeThrough(copying), { status, headers });
}

/** The operation that answers the path: the one with the fewest parameters, as a router chooses. */
export function operationOf(
  operations: readonly Operation[],
  { method, path }: Pick<RecordedAnswer, 'method' | 'path'>,
): Operation | undefined {
  return operations
    .filter((operation) => operation.method === method && patternOf(operation.template).test(path))
    .toSorted((left, right) => left.template.split('{').length - right.template.split('{').length)[0];
}

function patternOf(template: string): RegExp {
  return new RegExp(`^${template.replace(/\{[^}]+\}/g, '[^/]+')}$`);
}

/** What an answer has that the document does not say, or lacks that it says; empty when it keeps to it. */
export function breaches(
  document: ServedDocument,
  operations: readonly Operation[],
  answer: RecordedAnswer,
): string[] {
  const operation = operationOf(operations, answer);
  if (operation === undefined) return [`${answer.method} ${answer.path} is not in the document`];
  const place = `${nameOf(operation)} ${answer.status}`;
  const described = operation.responses[answer.status] ?? operation.responses['default'];
  if (answer.status < 400 && operation.responses[answer.status] === undefined)
    return [`${place} is no documented status`];
  const mediaType = answer.contentType.split(';')[0]!;
  const types = Object.keys(described?.content ?? {});
  if (types.length === 0) return answer.contentType === '' ? [] : [`${place} has a body: ${mediaType}`];
  // Contents of any type, of which nothing is said.
  if (types.includes('*/*')) return [];
  if (!types.includes(mediaType)) return [`${place} is ${mediaType}, not ${types.join(' or ')}`];
  const schema = z.fromJSONSchema(
    closed(resolved(document, described?.content?.[mediaType]?.schema ?? { not: {} })),
  );
  const bodies = answer.body instanceof StreamedText ? answer.body.frames() : [answer.body];
  if (bodies.length === 0) return [`${place} is a stream of nothing`];
  return bodies.flatMap((body) => mistakesOf(body, schema)).map((issue) => `${place}: ${issue}`);
}

function mistakesOf(body: unknown, schema: z.ZodType): string[] {
  const { error } = schema.safeParse(body);
  const issues = error?.issues.map((issue) => `${JSON.stringify(issue)} in ${JSON.stringify(body)}`) ?? [];
  return [...issues, ...untidyTimes(body)];
}

/** The schema without room for what it does not name: a document should say all that there is. */
export function closed(schema: JsonSchema): JsonSchema {
  const walk = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(walk);
    if (typeof part !== 'object' || part === null) return part;
    const inner = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, walk(value)]));
    const isOpen = inner['type'] === 'object' && 'properties' in inner && !('additionalProperties' in inner);
    return isOpen ? { ...inner, additionalProperties: false } : inner;
  };
  return walk(schema) as JsonSchema;
}

/** Times are ISO 8601 in UTC with milliseconds, wherever they stand, also in JSON within a text. */
function untidyTimes(body: unknown): string[] {
  const times = JSON.stringify(body).match(/"\d{4}-\d\d-\d\dT[^"]*"/g) ?? [];
  return times.filter((time) => !/T\d\d:\d\d:\d\d\.\d{3}Z\\?"$/.test(time));
}
