import { z } from 'zod';
import { absent, filled } from '../body-parts.js';

const MAX_INPUTS = 2_048;
const MAX_INPUT_CHARS = 200_000;
const MAX_TOKENS = 50_000;

const tokens = z.array(z.number().int().nonnegative()).min(1).max(MAX_TOKENS);

const input = z.union(
  [
    filled(MAX_INPUT_CHARS),
    z.array(filled(MAX_INPUT_CHARS)).min(1).max(MAX_INPUTS),
    tokens,
    z.array(tokens).min(1).max(MAX_INPUTS),
  ],
  {
    error: `is neither a text nor its tokens, nor a list of 1 to ${MAX_INPUTS} of them`,
  },
);

/** The body of `POST /v1/embeddings`. */
export const embeddingBody = z.object({
  model: filled(300).describe('`provider/model`, or a model’s own name'),
  input,
  encoding_format: absent(z.enum(['float', 'base64']).describe('base64: 32-bit floats, little-endian')),
  dimensions: absent(z.number().int().min(1).max(65_536)),
});
export type EmbeddingBody = z.output<typeof embeddingBody>;

export const embeddingResponse = z.object({
  object: z.literal('list'),
  data: z.array(
    z.object({
      object: z.literal('embedding'),
      index: z.number().int(),
      embedding: z.union([z.array(z.number()), z.string()]),
    }),
  ),
  model: z.string(),
  usage: z.object({ prompt_tokens: z.number().int(), total_tokens: z.number().int() }),
});
