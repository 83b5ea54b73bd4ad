import { z } from 'zod';
import { AppError } from '../kernel/index.js';
import { filledText, storableText } from '../platform/http/index.js';

const MAX_CONTENT_CHARS = 200_000;

/** A message to answer. */
export const content = filledText(MAX_CONTENT_CHARS);

/** A message that was said before, which may be empty. */
export const spokenContent = storableText(MAX_CONTENT_CHARS);

/** A field that may be left out; clients of other systems write `null` for that. */
export const absent = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value): z.output<Schema> | undefined => value ?? undefined);

/** Text of so many characters that has at least one, be it a blank. */
export const filled = (maximum: number) => storableText(maximum).min(1, { error: 'is empty' });

/** A field that would change the answer in a way that is not to be had here: to leave it out silently would be a lie. */
export const refused = (error: string, harmless: z.ZodType = z.null()) =>
  z.union([harmless, z.null()], { error }).optional();

export const provider = absent(filled(64));
export const model = absent(filled(200));

/** Names a thread, or anything else, which is then found nowhere. */
export const name = filledText(200);

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
