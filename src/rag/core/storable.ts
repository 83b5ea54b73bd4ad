import type { Metadata } from './document.js';

/** Bytes of a document's metadata as JSON, at most. */
export const METADATA_BYTES = 8_192;
const METADATA_DEPTH = 20;

/** Whether Postgres can keep the text to the letter: no U+0000, and no half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/**
 * What is wrong with a document's metadata, as words that follow its name; `undefined` when nothing is. Looks at no more
 * of it than may be there, however much there is.
 */
export function metadataProblem(metadata: Metadata): string | undefined {
  const open: { readonly value: unknown; readonly depth: number }[] = [{ value: metadata, depth: 0 }];
  // Every value takes a byte of JSON and more, every letter one.
  let bytes = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    bytes += typeof value === 'string' ? value.length : 1;
    if (bytes > METADATA_BYTES) return TOO_LARGE;
    if (typeof value === 'string' && !isStorable(value)) return UNSTORABLE;
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= METADATA_DEPTH) return `is nested deeper than ${METADATA_DEPTH} levels`;
    if (Array.isArray(value) && value.length > METADATA_BYTES) return TOO_LARGE;
    for (const key in value) {
      bytes += Array.isArray(value) ? 0 : key.length;
      if (bytes + open.length > METADATA_BYTES) return TOO_LARGE;
      if (!isStorable(key)) return UNSTORABLE;
      open.push({ value: (value as Metadata)[key], depth: depth + 1 });
    }
  }
  const size = new TextEncoder().encode(JSON.stringify(metadata)).length;
  return size > METADATA_BYTES ? TOO_LARGE : undefined;
}

const UNSTORABLE = 'has a string with U+0000 or half of a surrogate pair';
const TOO_LARGE = `is larger than ${METADATA_BYTES} bytes of JSON`;
