/** Numbers of each vector. */
export const HASH_DIMENSIONS = 384;

const LONGEST_TEXT = 100_000;
const GRAM_SIZES = [3, 4];
/** What a word, two words in a row and a piece of a word count: the pieces only help where words differ in their endings. */
const WEIGHTS = { word: 1, pair: 0.5, piece: 0.25 };

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

/**
 * A vector that stands for the letters of a text, not for its meaning: its words, pairs of neighbouring words and pieces
 * of words, each hashed to one of 384 places with a sign, then brought to length 1. Texts that share words or stems are
 * near each other; synonyms and other languages are not. The same text gives the same vector everywhere. A text without
 * words gives the first unit vector; what comes after 100,000 characters does not count.
 */
export function hashVector(text: string): number[] {
  const vector = new Array<number>(HASH_DIMENSIONS).fill(0);
  const words = wordsOf(text);
  const counts = new Map<string, number>();
  const count = (feature: string, weight: number) => counts.set(feature, (counts.get(feature) ?? 0) + weight);
  for (const [index, word] of words.entries()) {
    count(`w ${word}`, WEIGHTS.word);
    const next = words[index + 1];
    if (next !== undefined) count(`p ${word} ${next}`, WEIGHTS.pair);
    for (const piece of piecesOfWord(word)) count(`g ${piece}`, WEIGHTS.piece);
  }
  for (const [feature, weight] of counts) {
    const hash = hashOf(feature);
    // A word said often tells less each time; the sign lets features that share a place cancel out, not add up.
    vector[hash % HASH_DIMENSIONS]! += (hash & 0x8000_0000 ? -1 : 1) * Math.sqrt(weight);
  }
  return normalised(vector);
}

function wordsOf(text: string): string[] {
  const normal = text.slice(0, LONGEST_TEXT).toWellFormed().normalize('NFKC').toLowerCase();
  return [...segmenter.segment(normal)].flatMap(({ isWordLike, segment }) =>
    isWordLike === true ? [segment] : [],
  );
}

function piecesOfWord(word: string): string[] {
  const letters = [...`<${word}>`];
  return GRAM_SIZES.flatMap((size) =>
    Array.from({ length: Math.max(0, letters.length - size + 1) }, (_, start) =>
      letters.slice(start, start + size).join(''),
    ),
  );
}

/** FNV-1a over UTF-16 code units, stirred at the end so that its low and high bits do not depend on each other. */
function hashOf(feature: string): number {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < feature.length; index += 1) {
    hash = Math.imul(hash ^ feature.charCodeAt(index), 0x0100_0193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function normalised(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return length === 0
    ? vector.map((_, index) => (index === 0 ? 1 : 0))
    : vector.map((number) => number / length);
}
