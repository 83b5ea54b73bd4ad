import type { OpenAI } from 'openai';
import { estimateUsage } from '../../core/estimate-usage.js';
import type { EmbeddingRequest, Embeddings } from '../../ports/language-model.js';
import { brokenAnswer } from '../upstream/model-errors.js';
import { wellFormed } from '../upstream/well-formed.js';

/** The body of a request for vectors. */
export function embeddingBody({ model, inputs, dimensions }: EmbeddingRequest): OpenAI.EmbeddingCreateParams {
  return {
    model,
    input: wellFormed([...inputs]),
    // Several compatible servers ignore the SDK's base64 encoding, but the SDK decodes the answer as if they had not.
    encoding_format: 'float',
    ...(dimensions === undefined ? {} : { dimensions }),
  };
}

/** The vectors of an answer in the order of the inputs. Throws `PROVIDER_ERROR` unless each input has exactly one. */
export function embeddingsOf(body: unknown, request: EmbeddingRequest, provider: string): Embeddings {
  const { data, usage } = (body ?? {}) as { data?: unknown; usage?: unknown };
  if (!Array.isArray(data) || data.length !== request.inputs.length) {
    throw brokenAnswer(provider, 'has not one vector for each text');
  }
  const vectors = new Array<readonly number[] | undefined>(data.length);
  for (const [place, entry] of (data as unknown[]).entries()) {
    const { index = place, embedding } = (entry ?? {}) as { index?: unknown; embedding?: unknown };
    if (typeof index !== 'number' || !(index in request.inputs) || vectors[index] !== undefined) {
      throw brokenAnswer(provider, 'has vectors that belong to no text');
    }
    if (!isVector(embedding)) throw brokenAnswer(provider, 'has a vector that is none');
    vectors[index] = embedding;
  }
  const complete = vectors.filter((vector) => vector !== undefined);
  if (complete.some(({ length }) => length !== complete[0]?.length)) {
    throw brokenAnswer(provider, 'has vectors of different lengths');
  }
  return { vectors: complete, usage: embeddingUsage(usage, request) };
}

function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((number) => Number.isFinite(number));
}

function embeddingUsage(reported: unknown, { inputs }: EmbeddingRequest) {
  const tokens = (reported as { prompt_tokens?: unknown } | null | undefined)?.prompt_tokens;
  if (typeof tokens === 'number' && Number.isSafeInteger(tokens) && tokens >= 0) {
    return { inputTokens: tokens, outputTokens: 0, totalTokens: tokens };
  }
  const characters = inputs.reduce((sum, { length }) => sum + length, 0);
  return estimateUsage(characters, 0);
}
