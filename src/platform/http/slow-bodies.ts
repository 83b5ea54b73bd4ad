import type { IncomingMessage } from 'node:http';

/** The time before a body's speed is checked. */
const GRACE_MS = 10_000;
/** A lower average is not a slow connection but a client that occupies memory on purpose. */
const MIN_BYTES_A_SECOND = 4_096;

/** A body that is arriving. */
export interface Arrival {
  readonly request: IncomingMessage;
  /** When its reading began, by `performance.now()`. */
  readonly since: number;
  /** Bytes received on its connection before. */
  readonly before: number;
}

/** Whether the body is so slow that it is not waited for any longer. */
export function isTooSlow({ request, since, before }: Arrival, now: number): boolean {
  const overdueMs = now - since - GRACE_MS;
  if (overdueMs <= 0) return false;
  return request.socket.bytesRead - before < (overdueMs / 1_000) * MIN_BYTES_A_SECOND;
}
