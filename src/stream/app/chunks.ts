import { encodeFrame, type Frame } from '../core/sse.js';

/** A part of a stream, encoded once for all of its clients. */
export interface Chunk {
  readonly bytes: Uint8Array;
  /** The same in the transfer encoding of HTTP/1.1, with its length before it. */
  readonly framed: Uint8Array;
}

/** The approximate size of one write. A slow client is known to be reading when it has taken a whole write. */
const CHUNK_BYTES = 16_384;
const LINE_END = '\r\n';

/** The frames in order: small ones are merged into one chunk, a large one is split. */
export function toChunks(frames: readonly Frame[]): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let text = '';
  for (const frame of frames) {
    text += encodeFrame(frame);
    if (text.length < CHUNK_BYTES) continue;
    chunks.push(...chunksOf(text));
    text = '';
  }
  if (text !== '') chunks.push(...chunksOf(text));
  return chunks;
}

/** Splits the text into chunks. */
export function chunksOf(text: string): readonly Chunk[] {
  const bytes = Buffer.from(text);
  if (bytes.length <= CHUNK_BYTES) return [chunkOf(bytes)];
  const chunks: Chunk[] = [];
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES)
    chunks.push(chunkOf(bytes.subarray(start, start + CHUNK_BYTES)));
  return chunks;
}

/** Merges the parts into one chunk. */
export function joined(...parts: readonly Uint8Array[]): Chunk {
  return chunkOf(Buffer.concat(parts));
}

function chunkOf(payload: Uint8Array): Chunk {
  const head = Buffer.from(payload.length.toString(16) + LINE_END);
  const framed = Buffer.concat([head, payload, Buffer.from(LINE_END)]);
  return { framed, bytes: framed.subarray(head.length, head.length + payload.length) };
}
