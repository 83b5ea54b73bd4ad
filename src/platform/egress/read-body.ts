import type { IncomingMessage } from 'node:http';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { EgressError } from './egress-error.js';

export interface BodyBound {
  /** Of what comes over the wire, and of what it unpacks to. */
  readonly maxBytes: number;
  readonly whenLarger: 'refuse' | 'cut';
}

/** Ends the reading of a body that is cut. */
const FULL = new Error('the body is full');

/** Reads a body and unpacks it, never more than its bound. Throws {@link EgressError} and what the stream throws. */
export async function readBody(
  response: IncomingMessage,
  { maxBytes, whenLarger }: BodyBound,
  signal: AbortSignal,
): Promise<{ readonly body: Buffer; readonly wasCut: boolean }> {
  const unpack = decoderOf(response.headers['content-encoding']);
  const tooLarge = whenLarger === 'cut' ? FULL : largerThan(maxBytes);
  const announced = Number(response.headers['content-length']);
  if (announced > maxBytes && whenLarger === 'refuse') throw tooLarge;
  const chunks: Buffer[] = [];
  const take = async (source: AsyncIterable<Buffer>) => {
    let room = maxBytes;
    for await (const chunk of source) {
      if (room > 0) chunks.push(chunk.subarray(0, room));
      room -= chunk.length;
      if (room < 0) throw tooLarge;
    }
  };
  try {
    if (unpack === undefined) await pipeline(response, take, { signal });
    else await pipeline(response, upTo(maxBytes, tooLarge), unpack, take, { signal });
  } catch (error) {
    if (error !== FULL) throw error;
    return { body: Buffer.concat(chunks), wasCut: true };
  }
  return { body: Buffer.concat(chunks), wasCut: false };
}

/** Passes on what comes until it is too much: what unpacks to nothing would go on for ever. */
function upTo(maxBytes: number, tooLarge: Error) {
  return async function* (source: AsyncIterable<Buffer>) {
    let room = maxBytes;
    for await (const chunk of source) {
      room -= chunk.length;
      if (room < 0) throw tooLarge;
      yield chunk;
    }
  };
}

function decoderOf(encoding = ''): Transform | undefined {
  switch (encoding.trim().toLowerCase()) {
    case '':
    case 'identity':
      return undefined;
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'br':
      return createBrotliDecompress();
    default:
      throw new EgressError('encoding', 'The answer is compressed in a way that was not asked for.');
  }
}

function largerThan(maxBytes: number): EgressError {
  const size =
    maxBytes < 1_000_000 ? `${Math.floor(maxBytes / 1_000)} kB` : `${Math.floor(maxBytes / 1_000_000)} MB`;
  return new EgressError('size', `The answer is larger than ${size}, which is the most that is read.`);
}
