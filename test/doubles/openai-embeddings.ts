import type { ServerResponse } from 'node:http';
import { refuse } from './openai-refusals.js';
import { behaviourIn, type Behaviour } from './stand-in-behaviour.js';

/** A request for vectors. */
export interface EmbeddingBody {
  readonly model: string;
  readonly input: string | readonly string[];
  readonly dimensions?: number;
  readonly encoding_format?: 'float' | 'base64';
}

const DIMENSIONS = 1_536;

/** The stand-in's vector of a text: the same for the same words, near for texts that share some, of length 1. */
export function expectedVector(text: string, dimensions = DIMENSIONS): number[] {
  const vector = new Array<number>(dimensions).fill(0);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ['']) {
    let hash = 2_166_136_261;
    for (let index = 0; index < word.length; index += 1)
      hash = Math.imul(hash ^ word.charCodeAt(index), 16_777_619);
    vector[(hash >>> 0) % dimensions]! += 1;
  }
  const length = Math.hypot(...vector);
  return vector.map((number) => number / length);
}

/**
 * Answers with one vector for each text. A marker in the first one may ask for a fault: any that stands in place of an
 * answer, `malformed`, `empty` (no vectors), `no_finish` (one too few), `length` (one of another length), `error_frame`
 * (one that is none), `no_usage`; the vectors come in reverse when it asks for `split_lines`.
 */
export function sendEmbeddings(
  response: ServerResponse,
  usual: Behaviour,
  body: EmbeddingBody,
  key: string,
): void {
  const texts = typeof body.input === 'string' ? [body.input] : body.input;
  const behaviour = { ...usual, ...behaviourIn(texts[0] ?? '') };
  if (refuse(response, behaviour, { lastMessage: texts[0] ?? '', key })) return;
  response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': 'req_stand_in' });
  if (behaviour.fault === 'malformed') {
    response.end('{"data": [secret words');
    return;
  }
  const data = texts.map((text, index) => ({
    object: 'embedding',
    index,
    embedding: encode(expectedVector(text, body.dimensions), body.encoding_format),
  }));
  const prompt_tokens = Math.ceil(texts.join('').length / 4);
  const usage =
    behaviour.fault === 'no_usage' ? {} : { usage: { prompt_tokens, total_tokens: prompt_tokens } };
  const faulty = spoil(data, behaviour.fault);
  response.end(JSON.stringify({ object: 'list', model: body.model, data: faulty, ...usage }));
}

function spoil(data: readonly { index: number; embedding: unknown }[], fault: Behaviour['fault']): unknown {
  switch (fault) {
    case 'empty':
      return null;
    case 'no_finish':
      return data.slice(1);
    case 'length':
      return data.map((entry, index) => (index === 0 ? { ...entry, embedding: [1, 0] } : entry));
    case 'error_frame':
      return data.map((entry) => ({ ...entry, embedding: ['secret', 'words'] }));
    case 'split_lines':
      return data.toReversed();
    default:
      return data;
  }
}

function encode(
  vector: readonly number[],
  format: EmbeddingBody['encoding_format'],
): readonly number[] | string {
  return format === 'base64' ? Buffer.from(Float32Array.from(vector).buffer).toString('base64') : vector;
}
