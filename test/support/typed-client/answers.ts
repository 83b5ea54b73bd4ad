import { z } from 'zod';
import {
  nameOf,
  resolved,
  type JsonSchema,
  type Operation,
  type ServedDocument,
} from '../served-document.js';

/** An answer as it came over the wire. `body` is `undefined` unless it was JSON. */
export interface RecordedAnswer {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly contentType: string;
  readonly body: unknown;
}

/** A fetch that keeps what it was answered. Streams are passed on and not kept. */
export function recordingFetch(answers: RecordedAnswer[]): typeof fetch {
  return async (...request) => {
    const asked = new Request(...request);
    const response = await fetch(asked);
    const contentType = response.headers.get('content-type') ?? '';
    const isJson = contentType.startsWith('application/json');
    answers.push({
      method: asked.method,
      path: new URL(asked.url).pathname,
      status: response.status,
      contentType,
      body: isJson ? await response.clone().json() : undefined,
    });
    return response;
  };
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
  if (!types.includes(mediaType)) return [`${place} is ${mediaType}, not ${types.join(' or ')}`];
  if (mediaType !== 'application/json') return [];
  const schema = closed(resolved(document, described?.content?.[mediaType]?.schema ?? {}));
  const parsed = z.fromJSONSchema(schema).safeParse(answer.body);
  const issues = parsed.success ? [] : parsed.error.issues.map((issue) => JSON.stringify(issue));
  return [...issues, ...untidyTimes(answer.body)].map((issue) => `${place}: ${issue}`);
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

/** Times are ISO 8601 in UTC with milliseconds, wherever they stand. */
function untidyTimes(body: unknown): string[] {
  const times = JSON.stringify(body).match(/"\d{4}-\d\d-\d\dT[^"]*"/g) ?? [];
  return times.filter((time) => !/T\d\d:\d\d:\d\d\.\d{3}Z"$/.test(time));
}
