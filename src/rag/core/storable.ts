import type { Metadata } from './document.js';

/** Bytes of a document's metadata as JSON, at most. */
export const METADATA_BYTES = 8_192;
const METADATA_DEPTH = 20;

/** Whether Postgres can keep the text to the letter: no U+0000, and no half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** What is wrong with a document's metadata, as words that follow its name; `undefined` when nothing is. */
export function metadataProblem(metadata: Metadata): string | undefined {
  const open: { readonly value: unknown; readonly depth: number }[] = [{ value: metadata, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    if (typeof value === 'string' && !isStorable(value)) return UNSTORABLE;
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= METADATA_DEPTH) return `is nested deeper than ${METADATA_DEPTH} levels`;
    for (const [key, inner] of Object.entries(value)) {
      if (!isStorable(key)) return UNSTORABLE;
      open.push({ value: inner, depth: depth + 1 });
    }
  }
  const bytes = new TextEncoder().encode(JSON.stringify(metadata)).length;
  return bytes > METADATA_BYTES ? `is larger than ${METADATA_BYTES} bytes of JSON` : undefined;
}

const UNSTORABLE = 'has a string with U+0000 or half of a surrogate pair';
