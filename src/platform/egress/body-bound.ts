import { EgressError } from './egress-error.js';

export interface BodyLimits {
  readonly maxBytes: number;
  /** For a stream of events: bytes of one of them. */
  readonly maxEventBytes?: number | undefined;
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** Counts what comes of a body, and throws an {@link EgressError} when it is more than the limits allow. */
export function streamBound({ maxBytes, maxEventBytes }: BodyLimits): (chunk: Uint8Array) => void {
  let bytes = 0;
  let eventBytes = 0;
  /** The last line so far has nothing in it. */
  let isBlank = false;
  return (chunk) => {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge('The answer', maxBytes);
    if (maxEventBytes === undefined) return;
    for (const byte of chunk) {
      eventBytes += 1;
      if (byte === LINE_FEED) {
        if (isBlank) eventBytes = 0;
        isBlank = true;
      } else if (byte !== CARRIAGE_RETURN) isBlank = false;
    }
    if (eventBytes > maxEventBytes) throw tooLarge('A message of the server', maxEventBytes);
  };
}

function tooLarge(what: string, maxBytes: number): EgressError {
  const size =
    maxBytes < 1_000_000 ? `${Math.floor(maxBytes / 1_000)} kB` : `${Math.floor(maxBytes / 1_000_000)} MB`;
  return new EgressError('size', `${what} is larger than ${size}, which is the most that is read.`);
}
