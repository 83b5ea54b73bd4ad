import { z } from 'zod';

/** A time in the form of the API: ISO 8601 UTC with milliseconds. */
export const timeSchema = z.iso.datetime();

/** The type of a schema's values, with every part of them read-only. */
export type Inferred<Schema extends z.ZodType> = Immutable<z.output<Schema>>;

type Immutable<Value> = Value extends object
  ? { readonly [Key in keyof Value]: Immutable<Value[Key]> }
  : Value;
