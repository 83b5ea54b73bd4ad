const SENTENCE_END = /[.!?…]["'”’)\]]*\s+|[。！？]["'”’)\]」』]*|\n/g;
const SPACE = /\s+/g;

/**
 * Where a piece that starts here ends: at the block's end if that is near enough, else after the last sentence that
 * fits, else after the last word, else anywhere except inside a surrogate pair.
 */
export function pieceEnd(content: string, start: number, blockEnd: number, length: number): number {
  if (blockEnd - start <= length) return blockEnd;
  const window = content.slice(start, start + length);
  const least = length / 2;
  const afterSentence = lastMatchEnd(window, SENTENCE_END);
  if (afterSentence >= least) return start + afterSentence;
  const afterWord = lastMatchEnd(window, SPACE);
  if (afterWord >= least) return start + afterWord;
  const end = start + length;
  return splitsPair(content, end) ? end - 1 : end;
}

/** Where to start repeating text that ends at `end`: at the first sentence or word that begins after `from`. */
export function overlapStart(content: string, from: number, end: number): number {
  const window = content.slice(from, end);
  for (const pattern of [SENTENCE_END, SPACE]) {
    const [first] = window.matchAll(pattern);
    const offset = first === undefined ? 0 : first.index + first[0].length;
    if (offset > 0 && offset < window.length) return from + offset;
  }
  return splitsPair(content, from) ? from + 1 : from;
}

function lastMatchEnd(text: string, pattern: RegExp): number {
  let end = 0;
  for (const match of text.matchAll(pattern)) end = match.index + match[0].length;
  return end;
}

function splitsPair(content: string, index: number): boolean {
  return (
    isBetween(content.charCodeAt(index - 1), 0xd800, 0xdbff) &&
    isBetween(content.charCodeAt(index), 0xdc00, 0xdfff)
  );
}

function isBetween(unit: number, low: number, high: number): boolean {
  return unit >= low && unit <= high;
}
