import type { EmbedRequest } from 'ollama/browser';
import { estimateTokens } from '../../core/estimate-usage.js';
import type { EmbeddingRequest, Embeddings } from '../../ports/language-model.js';
import { brokenAnswer } from '../upstream/model-errors.js';
import { countOf } from './ollama-line.js';

const MAX_VECTOR_LENGTH = 65_536;
const BYTES_A_VECTOR = 524_288;
const MAX_ANSWER_BYTES = 67_108_864;

/** The body of a request for vectors. The server truncates an input that is too long for the model. */
export function embedBody({ model, inputs, dimensions }: EmbeddingRequest): EmbedRequest {
  return {
    model,
    input: inputs.map((input) => input.toWellFormed()),
    ...(dimensions === undefined ? {} : { dimensions }),
  };
}

/** The most bytes that the vectors of this many inputs may have. */
export function largestEmbedding(inputs: number): number {
  return Math.min(BYTES_A_VECTOR * (inputs + 1), MAX_ANSWER_BYTES);
}

/** The vectors of an answer, one for each input and all of one length. Throws `PROVIDER_ERROR` for anything else. */
export function embeddingsOf(answer: unknown, inputs: readonly string[], provider: string): Embeddings {
  const { embeddings, prompt_eval_count: count } = (answer ?? {}) as Readonly<Record<string, unknown>>;
  if (!Array.isArray(embeddings) || embeddings.length !== inputs.length || !embeddings.every(isVector)) {
    throw brokenAnswer(provider, 'does not have the vectors it was asked for');
  }
  if (embeddings.some(({ length }) => length !== embeddings[0]!.length)) {
    throw brokenAnswer(provider, 'has vectors of different lengths');
  }
  const counted = countOf(count);
  const inputTokens = counted ?? estimateTokens(inputs.reduce((size, { length }) => size + length, 0));
  const usage = { inputTokens, outputTokens: 0, totalTokens: inputTokens };
  return { vectors: embeddings, usage: counted === undefined ? { ...usage, estimated: true } : usage };
}

function isVector(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MAX_VECTOR_LENGTH &&
    value.every((number) => Number.isFinite(number))
  );
}
