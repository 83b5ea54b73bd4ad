/** One frame of an event stream. `data` is one line, usually JSON; only a durable event has an id. */
export interface Frame {
  readonly id?: number;
  readonly data: string;
  /** The event's name, for wire formats that name their events. */
  readonly event?: string;
}

/**
 * What the Observable of an `@Sse()` route emits: a placeholder comment, because the bytes to send are already encoded.
 */
export interface SseMessage {
  readonly comment: string;
}

/** How long a client should wait before it connects again, in milliseconds. */
const RETRY_MS = 1_000;

/** Sent before the first frame of a stream that can be resumed. */
export const RETRY_TEXT = `retry: ${RETRY_MS}\n`;

/** A comment, which clients ignore, so that no proxy closes a silent connection. */
export const PING_TEXT = ': ping\n\n';

/** Emitted to the framework in place of the next chunk. */
export const CHUNK: SseMessage = { comment: 'chunk' };

/** {@link CHUNK} as the framework writes it. */
export const CHUNK_TEXT = ': chunk\n\n';

/** The headers of every stream: no proxy may store, transform, compress or buffer it. */
export const SSE_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  Connection: 'keep-alive',
  'X-Accel-Buffering': 'no',
} as const;

/** A frame as it goes over the wire. */
export function encodeFrame({ id, event, data }: Frame): string {
  const name = event === undefined ? '' : `event: ${event}\n`;
  const number = id === undefined ? '' : `id: ${id}\n`;
  return `${name}${number}data: ${data}\n\n`;
}
