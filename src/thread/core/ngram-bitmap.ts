/**
 * Signatures of texts: a bit for every character, bigram and trigram, in any script. A text that contains a query has
 * all of the query's bits; most others do not.
 */

/**
 * The maximum length of a query, and so the overlap of the parts of a long text: a match never spans their boundary.
 */
export const MAX_QUERY_CHARS = 200;

/**
 * The approximate number of characters of one signature; fewer where they are diverse, since a full signature would
 * match everything.
 */
const BLOCK_CHARS = 8_192;
const MAX_BITS = 32_768;
const FULL = MAX_BITS / 4;
/** A longer text has a signature for each part. */
const PART_CHARS = 4_096;
const MIN_BYTES = 64;

/** The most bits of a long query that are checked: that many are selective enough, and matches are verified anyway. */
const QUERY_BITS = 16;

/** The signature of several texts, while they are added. */
export class NgramBitmap {
  private readonly bits = new Uint8Array(MAX_BITS / 8);
  private set = 0;
  private chars = 0;

  /** Whether the signature is complete, and the next text should start another one. */
  get isFull(): boolean {
    return this.chars >= BLOCK_CHARS || this.set >= FULL;
  }

  add(text: string): void {
    this.chars += text.length;
    let before = 0;
    let last = 0;
    for (const character of text) {
      const point = foldedPoint(character);
      if (point === 0) continue;
      this.mark(hash(0, 0, point));
      if (last !== 0) this.mark(hash(0, last, point));
      if (before !== 0) this.mark(hash(before, last, point));
      [before, last] = [last, point];
    }
  }

  /** As short as possible with at most a quarter of its bits set. Shortening it combines its two halves by OR. */
  toBytes(): Uint8Array {
    let bytes = this.bits;
    for (let { set } = this; bytes.length > MIN_BYTES && set * 8 <= bytes.length * 8;) {
      const half = bytes.length / 2;
      bytes = bytes.subarray(0, half).map((byte, index) => byte | bytes[half + index]!);
      set = countOf(bytes);
    }
    return bytes;
  }

  private mark(value: number): void {
    const bit = value & (MAX_BITS - 1);
    const mask = 1 << (bit & 7);
    if ((this.bits[bit >> 3]! & mask) !== 0) return;
    this.bits[bit >> 3]! |= mask;
    this.set += 1;
  }
}

/** The bits to look for in a signature: each number modulo the signature's number of bits. */
export function queryBits(query: string): number[] {
  const points = Array.from(query, foldedPoint).filter((point) => point !== 0);
  const length = Math.min(3, points.length);
  if (length === 0) return [];
  const last = points.length - length;
  const starts = Array.from({ length: QUERY_BITS }, (_, index) =>
    Math.round((last * index) / (QUERY_BITS - 1)),
  );
  const gram = (start: number) => hash(...gramOf(points.slice(start, start + length)));
  return Array.from(new Set(starts), gram);
}

/** The parts of a long text in order, each with the beginning of the next one; a short text is one part. */
export function* partsOf(text: string): Generator<string, void> {
  if (text.length <= PART_CHARS + MAX_QUERY_CHARS) {
    yield text;
    return;
  }
  for (let start = 0; start < text.length; start += PART_CHARS) {
    yield text.slice(start, start + PART_CHARS + MAX_QUERY_CHARS);
  }
}

function gramOf(points: readonly number[]): [number, number, number] {
  return [points.at(-3) ?? 0, points.at(-2) ?? 0, points.at(-1) ?? 0];
}

/** 31 bits, well mixed: small signatures use the lowest of them. */
function hash(before: number, last: number, point: number): number {
  let value = Math.imul(before + 0x9e37, 0x85ebca6b) ^ Math.imul(last + 0x79b9, 0xc2b2ae35) ^ point;
  value = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  value = Math.imul(value ^ (value >>> 15), 0x846ca68b);
  return (value ^ (value >>> 16)) & 0x7fffffff;
}

function countOf(bytes: Uint8Array): number {
  let count = 0;
  for (let byte of bytes) for (; byte !== 0; byte &= byte - 1) count += 1;
  return count;
}

/**
 * The character's case-folded code point, or 0 for one that is ignored: coarser than any locale of a database, so that
 * nothing is missed that the database considers equal.
 */
function foldedPoint(character: string): number {
  const code = character.codePointAt(0)!;
  if (code < 128) return code >= 65 && code <= 90 ? code + 32 : code;
  return FOLDED.get(code) ?? remembered(code, character);
}

/** A cache: a text has few distinct characters. */
const FOLDED = new Map<number, number>();
const MAX_REMEMBERED = 20_000;

/** The remainder of a lower-cased İ in some locales. */
const DOT_ABOVE = 0x307;

function remembered(code: number, character: string): number {
  // Folded twice, so that ẞ and ß, K and the Kelvin sign, σ and ς are equal; of a character that becomes several, the
  // first one.
  const plain = character.toLowerCase().toUpperCase().toLowerCase().codePointAt(0)!;
  const folded = code === DOT_ABOVE ? 0 : plain;
  if (FOLDED.size >= MAX_REMEMBERED) FOLDED.clear();
  FOLDED.set(code, folded);
  return folded;
}
