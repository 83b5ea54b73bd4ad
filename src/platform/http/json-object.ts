import { z } from 'zod';

type JsonObject = Record<string, unknown>;

/**
 * A JSON object with whatever fields, kept as it came: also one that is named `__proto__`, which the schema library's own
 * records leave out.
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
