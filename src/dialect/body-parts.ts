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

export const provider = absent(storableText(64).min(1, { error: 'is empty' }));
export const model = absent(storableText(200).min(1, { error: 'is empty' }));

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
