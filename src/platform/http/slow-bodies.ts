import type { IncomingMessage } from 'node:http';

/** A client that has only begun may take so long. */
const GRACE_MS = 10_000;
/** Slower than this on average is not a slow line, but somebody who holds on to a place. */
const MIN_BYTES_A_SECOND = 4_096;

/** A body on its way. */
export interface Arrival {
  readonly request: IncomingMessage;
  /** When its reading began, by `performance.now()`. */
  readonly since: number;
  /** What had come over its connection before. */
  readonly before: number;
}

/** Whether so little of the body has come by now that it is not waited for any longer. */
export function isTooSlow({ request, since, before }: Arrival, now: number): boolean {
  const overdueMs = now - since - GRACE_MS;
  if (overdueMs <= 0) return false;
  return request.socket.bytesRead - before < (overdueMs / 1_000) * MIN_BYTES_A_SECOND;
}
