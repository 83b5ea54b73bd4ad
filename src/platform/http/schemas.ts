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
