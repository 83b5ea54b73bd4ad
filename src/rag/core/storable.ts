import type { Metadata } from './document.js';

/** The most bytes of a document's metadata as JSON. */
export const METADATA_BYTES = 8_192;
const METADATA_DEPTH = 20;

/** Whether Postgres can store the text unchanged: no U+0000, and no lone surrogate. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/**
 * What is wrong with a document's metadata, as the rest of a sentence that begins with its name; `undefined` if it is
 * valid. The work is bounded, however large the metadata are.
 */
export function metadataProblem(metadata: Metadata): string | undefined {
  const open: { readonly value: unknown; readonly depth: number }[] = [{ value: metadata, depth: 0 }];
  // Every value takes at least a byte of JSON, and so does every letter.
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
