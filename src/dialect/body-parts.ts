import { z } from 'zod';
import { AppError } from '../kernel/index.js';

const MAX_CONTENT_CHARS = 200_000;

/** Text that Postgres can keep to the letter. */
export const text = (maximum: number) =>
  z
    .string()
    .max(maximum, { error: `is longer than ${maximum} characters` })
    .refine((value) => !value.includes('\0') && value.isWellFormed(), {
      error: 'holds U+0000 or half a surrogate pair, which cannot be stored',
    });

const filled = (maximum: number) =>
  text(maximum).refine((value) => value.trim() !== '', { error: 'is empty' });

/** A message to answer. */
export const content = filled(MAX_CONTENT_CHARS);

/** A message that was said before, which may be empty. */
export const spokenContent = text(MAX_CONTENT_CHARS);

/** A field that may be left out; clients of other systems write `null` for that. */
export const absent = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value): z.output<Schema> | undefined => value ?? undefined);

export const provider = absent(text(64).min(1, { error: 'is empty' }));
export const model = absent(text(200).min(1, { error: 'is empty' }));

/** Names a thread, or anything else, which is then found nowhere. */
export const name = filled(200);

const UUID = z.guid();

/** The thread a body names, in lower case. Throws `NOT_FOUND` for what is no id at all, as for any unknown one. */
export function threadIdFrom(named: string): string {
  const id = asId(named);
  if (id !== undefined) return id;
  throw new AppError('NOT_FOUND', 'There is no such thread.');
}

/** The text as an id in lower case, if it is one. */
export function asId(named: string): string | undefined {
  return UUID.safeParse(named).data?.toLowerCase();
}

export const usageAnswer = z.object({
  inputTokens: z.int(),
  outputTokens: z.int(),
  totalTokens: z.int(),
  cachedTokens: z.int().optional(),
  reasoningTokens: z.int().optional(),
  estimated: z.boolean().optional(),
});

export const errorBody = z.object({
  error: z.string(),
  message: z.string(),
  code: z.string(),
  retryable: z.boolean(),
  details: z.record(z.string(), z.unknown()),
});
