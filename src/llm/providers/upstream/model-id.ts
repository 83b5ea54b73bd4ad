import { cleanText } from '../../core/clean-text.js';

const LONGEST_ID = 200;

/** The name of a model as a list has it, clean; `undefined` for what is none, or is longer than 200 characters. */
export function modelIdIn(said: unknown): string | undefined {
  if (typeof said !== 'string' || said.length > LONGEST_ID) return undefined;
  const id = cleanText(said);
  return id === '' ? undefined : id;
}
