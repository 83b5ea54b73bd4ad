import { AppError, type Offsets } from '../../kernel/index.js';
import type { ContentType } from './document.js';
import { blocksOf, type Block } from './blocks.js';
import { overlapStart, pieceEnd } from './breaks.js';

/** A passage of a document: `content` is the text between its offsets, in UTF-16 code units. */
export interface TextChunk {
  readonly content: string;
  readonly offsets: Offsets;
}

/** The most code units of a chunk. */
export const CHUNK_LENGTH = 1_200;
/** The most code units that a chunk repeats of the one before it, if a section had to be cut. */
export const OVERLAP = 150;
/** The most chunks of a document. */
export const MAX_CHUNKS = 20_000;
/**
 * A heading starts a new chunk only if the current one has this many code units, so that short sections stay together.
 */
const SECTION_LENGTH = 300;

/**
 * Cuts a document into passages, by headings and paragraphs first, then by sentences, then by words. Every character
 * that is not white space is in at least one of them. Throws `PAYLOAD_TOO_LARGE` beyond {@link MAX_CHUNKS}. `undefined`
 * is not a chunk but an opportunity to yield to the event loop: the work between any two results is bounded, whatever
 * the text.
 */
export function* chunksOf(content: string, contentType: ContentType): Generator<TextChunk | undefined> {
  let start = 0;
  let end = 0;
  let count = 0;
  for (const piece of piecesOf(content, contentType)) {
    if (piece === undefined) {
      yield undefined;
      continue;
    }
    const startsSection = piece.heading && end - start >= SECTION_LENGTH;
    if (startsSection || piece.end - start > CHUNK_LENGTH) {
      const chunk = chunkBetween(content, start, end);
      if (chunk !== undefined) yield numbered(chunk, (count += 1));
      start = startsSection ? piece.start : repeatFrom(content, start, end, piece);
    }
    end = piece.end;
  }
  const last = chunkBetween(content, start, end);
  if (last !== undefined) yield numbered(last, count + 1);
}

/** All passages of a document at once. */
export function chunk(content: string, contentType: ContentType): TextChunk[] {
  return [...chunksOf(content, contentType)].filter((each) => each !== undefined);
}

/** Where the chunk that begins with the piece starts, so that it repeats the end of the previous one. */
function repeatFrom(content: string, start: number, end: number, piece: Block): number {
  if (piece.heading) return piece.start;
  const repeated = overlapStart(content, Math.max(start, end - OVERLAP), end);
  return piece.end - repeated > CHUNK_LENGTH ? piece.start : repeated;
}

function chunkBetween(content: string, start: number, end: number): TextChunk | undefined {
  const text = content.slice(start, end);
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const from = start + (text.length - text.trimStart().length);
  return { content: trimmed, offsets: { start: from, end: from + trimmed.length } };
}

function numbered(chunk: TextChunk, number: number): TextChunk {
  if (number <= MAX_CHUNKS) return chunk;
  throw new AppError(
    'PAYLOAD_TOO_LARGE',
    `The document makes more than ${MAX_CHUNKS} passages; split it into several documents.`,
  );
}

/** The blocks in order, those that would not fit beside an overlap cut into pieces that do. */
function* piecesOf(content: string, contentType: ContentType): Generator<Block | undefined> {
  for (const block of blocksOf(content, contentType)) {
    if (block === undefined) {
      yield undefined;
      continue;
    }
    let { start, heading } = block;
    while (start < block.end) {
      const end = pieceEnd(content, start, block.end, CHUNK_LENGTH - OVERLAP);
      yield { start, end, heading };
      start = end;
      heading = false;
    }
  }
}
