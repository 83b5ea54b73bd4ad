import { encodeFrame, type Frame } from '../core/sse.js';

/** A part of a stream, encoded once for all of its clients. */
export class Chunk {
  constructor(
    /** In the transfer encoding of HTTP/1.1, with its length before it. */
    readonly framed: Buffer,
    private readonly start: number,
  ) {}

  /** The same without that encoding. */
  get bytes(): Uint8Array {
    return this.framed.subarray(this.start, this.framed.length - LINE_END.length);
  }
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
  const length = Buffer.byteLength(text);
  if (length <= CHUNK_BYTES) {
    const head = headOf(length);
    return [new Chunk(Buffer.from(head + text + LINE_END), head.length)];
  }
  const bytes = Buffer.from(text);
  const chunks: Chunk[] = [];
  for (let start = 0; start < length; start += CHUNK_BYTES)
    chunks.push(joined(bytes.subarray(start, start + CHUNK_BYTES)));
  return chunks;
}

/** Merges the parts into one chunk. */
export function joined(...parts: readonly Uint8Array[]): Chunk {
  const head = headOf(parts.reduce((length, part) => length + part.length, 0));
  return new Chunk(Buffer.concat([Buffer.from(head), ...parts, Buffer.from(LINE_END)]), head.length);
}

function headOf(length: number): string {
  return length.toString(16) + LINE_END;
}
