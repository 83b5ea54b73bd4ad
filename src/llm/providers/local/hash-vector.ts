import { yieldToEventLoop } from '../../../kernel/index.js';

/** The length of each vector. */
export const HASH_DIMENSIONS = 384;

const MAX_TEXT_LENGTH = 100_000;
/** Features that are counted or hashed between two yields to the event loop: some milliseconds. */
const FEATURES_AT_ONCE = 5_000;
const GRAM_SIZES = [3, 4];
/** Weights of a word, a pair of words and a part of a word: the parts only help where words differ in their endings. */
const WEIGHTS = { word: 1, pair: 0.5, piece: 0.25 };

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

/**
 * A vector of a text's spelling, not of its meaning: its words, pairs of neighbouring words and parts of words, each
 * hashed to one of 384 dimensions with a sign, then normalised to length 1. Texts that share words or stems are near
 * each other; synonyms and other languages are not. The same text has the same vector everywhere. A text without words
 * has the first unit vector; text after 100,000 characters is ignored. The event loop is yielded to meanwhile.
 */
export async function hashVector(text: string, signal?: AbortSignal): Promise<number[]> {
  let done = 0;
  const isTimeToYield = () => (done += 1) % FEATURES_AT_ONCE === 0;
  const counts = new Map<string, number>();
  for (const [feature, weight] of featuresOf(text)) {
    counts.set(feature, (counts.get(feature) ?? 0) + weight);
    if (isTimeToYield()) await yieldToEventLoop();
    signal?.throwIfAborted();
  }
  const vector = new Array<number>(HASH_DIMENSIONS).fill(0);
  for (const [feature, weight] of counts) {
    const hash = hashOf(feature);
    // A repeated word adds less each time; with signs, features that share a dimension cancel out rather than add up.
    vector[hash % HASH_DIMENSIONS]! += (hash & 0x8000_0000 ? -1 : 1) * Math.sqrt(weight);
    if (isTimeToYield()) await yieldToEventLoop();
  }
  return normalised(vector);
}

type Feature = readonly [name: string, weight: number];

function* featuresOf(text: string): Generator<Feature, void, undefined> {
  let before: string | undefined;
  for (const word of wordsOf(text)) {
    if (before !== undefined) yield [`p ${before} ${word}`, WEIGHTS.pair];
    yield [`w ${word}`, WEIGHTS.word];
    const letters = [...`<${word}>`];
    for (const size of GRAM_SIZES) {
      for (let start = 0; start + size <= letters.length; start += 1)
        yield [`g ${letters.slice(start, start + size).join('')}`, WEIGHTS.piece];
    }
    before = word;
  }
}

function* wordsOf(text: string): Generator<string, void, undefined> {
  const normal = text.slice(0, MAX_TEXT_LENGTH).toWellFormed().normalize('NFKC').toLowerCase();
  for (const { isWordLike, segment } of segmenter.segment(normal)) {
    if (isWordLike === true) yield segment;
  }
}

/** FNV-1a over UTF-16 code units, mixed at the end so that its low and high bits are independent. */
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
