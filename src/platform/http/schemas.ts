import { z } from 'zod';

/** Text that Postgres can store unchanged, of bounded length in UTF-16 code units. */
export const storableText = (maximum: number) =>
  z
    .string()
    .max(maximum, { error: `is longer than ${maximum} characters` })
    .refine((value) => !value.includes('\0') && value.isWellFormed(), {
      error: 'holds U+0000 or half a surrogate pair, which cannot be stored',
    });

/** The same, with something other than white space. */
export const filledText = (maximum: number) =>
  storableText(maximum).refine((value) => value.trim() !== '', { error: 'is empty' });

type JsonObject = Record<string, unknown>;

/**
 * A JSON object with any fields, kept unchanged, including one named `__proto__`, which the schema library's own
 * records drop.
 */
export const jsonObject = z
  .unknown()
  .refine(isObject, { error: 'is not an object' })
  .meta({
    type: 'object',
    propertyNames: { type: 'string' },
    additionalProperties: {},
  }) as unknown as z.ZodType<JsonObject, JsonObject>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
