import { z } from 'zod';
import { AppError } from '../kernel/index.js';
import { filledText, storableText } from '../platform/http/index.js';

export const MAX_CONTENT_CHARS = 200_000;

/** The content of a message to answer. */
export const content = filledText(MAX_CONTENT_CHARS);

/** The content of an earlier message, which may be empty. */
export const spokenContent = storableText(MAX_CONTENT_CHARS);

/** An optional field; clients of other systems send `null` for an absent value. */
export const absent = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value): z.output<Schema> | undefined => value ?? undefined);

/** Text of bounded length that is not empty; it may be white space. */
export const filled = (maximum: number) => storableText(maximum).min(1, { error: 'is empty' });

/** A field that would change the answer in a way that is not supported: ignoring it would mislead the client. */
export const refused = (error: string, harmless: z.ZodType = z.null()) =>
  z.union([harmless, z.null()], { error }).optional();

export const provider = absent(filled(64));
export const model = absent(filled(200));

/** The name of a thread. Any other text is accepted, and then not found. */
export const name = filledText(200);

const UUID = z.guid();

/**
 * The id of the thread that a body names, in lower case. Throws `NOT_FOUND` for text that is not an id, as for any
 * unknown thread.
 */
export function threadIdFrom(named: string): string {
  const id = asId(named);
  if (id !== undefined) return id;
  throw new AppError('NOT_FOUND', 'There is no such thread.');
}

/** The text as an id in lower case, if it is one. */
export function asId(named: string): string | undefined {
  return UUID.safeParse(named).data?.toLowerCase();
}
