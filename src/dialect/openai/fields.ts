import { z } from 'zod';
import { storableText } from '../../platform/http/index.js';

/** Text of so many characters that has at least one, be it a blank. */
export const filled = (maximum: number) => storableText(maximum).min(1, { error: 'is empty' });

/** A field that would change the answer in a way that is not to be had here: to leave it out silently would be a lie. */
export const refused = (error: string, harmless: z.ZodType = z.null()) =>
  z.union([harmless, z.null()], { error }).optional();

/** The fields that have a value. */
export function defined<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };
}
