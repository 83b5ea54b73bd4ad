import { cleanText } from '../../core/clean-text.js';

const MAX_ID_LENGTH = 200;

/** The cleaned name of a model in a list; `undefined` if it is not text, is empty, or has more than 200 characters. */
export function modelIdIn(said: unknown): string | undefined {
  if (typeof said !== 'string' || said.length > MAX_ID_LENGTH) return undefined;
  const id = cleanText(said);
  return id === '' ? undefined : id;
}
