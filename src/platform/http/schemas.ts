import { z } from 'zod';

/** Text that Postgres can keep to the letter, of so many UTF-16 code units at most. */
export const storableText = (maximum: number) =>
  z
    .string()
    .max(maximum, { error: `is longer than ${maximum} characters` })
    .refine((value) => !value.includes('\0') && value.isWellFormed(), {
      error: 'holds U+0000 or half a surrogate pair, which cannot be stored',
    });

/** The same with something in it besides white space. */
export const filledText = (maximum: number) =>
  storableText(maximum).refine((value) => value.trim() !== '', { error: 'is empty' });

/** The body of every error. */
export const errorBodySchema = z.object({
  error: z.string(),
  message: z.string(),
  code: z.string(),
  retryable: z.boolean(),
  details: z.record(z.string(), z.unknown()),
});

/** The tokens of an answer. */
export const usageSchema = z.object({
  inputTokens: z.number().int(),
  outputTokens: z.number().int(),
  totalTokens: z.number().int(),
  cachedTokens: z.number().int().optional(),
  reasoningTokens: z.number().int().optional(),
  estimated: z.boolean().optional(),
});
