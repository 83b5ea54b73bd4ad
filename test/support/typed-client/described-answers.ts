import { resolved, type JsonSchema, type Operation, type ServedDocument } from '../served-document.js';

/** The error of OpenAI's API, with the codes of our catalogue. */
export function openAiErrorOf(document: ServedDocument): object {
  const { properties } = document.components.schemas['Error'] as {
    properties: Record<'code', { enum: readonly string[] }>;
  };
  expect(properties.code.enum.length).toBeGreaterThan(20);
  return {
    type: 'object',
    description: expect.any(String),
    required: ['error'],
    properties: {
      error: {
        type: 'object',
        required: ['message', 'type', 'param', 'code', 'retryable', 'details'],
        properties: {
          message: { type: 'string' },
          type: { type: 'string' },
          param: { type: 'null' },
          code: { type: 'string', enum: properties.code.enum },
          retryable: { type: 'boolean' },
          details: expect.objectContaining({ type: 'object' }),
        },
      },
    },
  };
}

/** What the document promises for a status, in words. */
export function answerOf(document: ServedDocument, { responses }: Operation, status: string): string {
  const content = responses[status]?.content;
  if (content === undefined) return status === '204' ? 'nothing' : 'unsaid';
  return Object.entries(content)
    .map(([mediaType, { schema = {} }]) => kindOf(mediaType, resolved(document, schema)))
    .join(' and ');
}

function kindOf(mediaType: string, schema: JsonSchema): string {
  switch (mediaType) {
    case 'application/json':
      return framesOf(schema).every(saysMuch) ? 'a schema' : 'an empty schema';
    case 'text/event-stream':
      return framesOf(schema).every((frame) => saysMuch(frame) || 'const' in frame)
        ? 'a stream'
        : 'a stream of anything';
    case 'text/plain':
    case 'text/markdown':
      return schema['type'] === 'string' ? 'a text' : 'an empty text';
    case '*/*':
      return schema['format'] === 'binary' ? 'anything' : 'an undescribed anything';
    default:
      return mediaType;
  }
}

/** The schemas of the kinds of frames, or of answers. */
function framesOf(schema: JsonSchema): readonly JsonSchema[] {
  return ((schema['oneOf'] ?? schema['anyOf']) as readonly JsonSchema[] | undefined) ?? [schema];
}

function saysMuch(schema: JsonSchema): boolean {
  return Object.keys(schema['properties'] ?? {}).length > 0;
}
