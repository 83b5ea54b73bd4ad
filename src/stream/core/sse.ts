/** One frame of an event stream. `data` is one line, JSON as a rule; only a durable event has an id. */
export interface Frame {
  readonly id?: number;
  readonly data: string;
  /** The event's name, for wire formats that name their events. */
  readonly event?: string;
}

/** What an `@Sse()` route's Observable emits: a comment, because what is sent is on the connection already encoded. */
export interface SseMessage {
  readonly comment: string;
}

/** How long a client should wait before it connects again, in milliseconds. */
const RETRY_MS = 1_000;

/** Stands on the wire before the first frame of a stream that can be resumed. */
export const RETRY_TEXT = `retry: ${RETRY_MS}\n`;

/** A comment, which clients ignore, so that nothing on the way takes the silence for an end. */
export const PING_TEXT = ': ping\n\n';

/** Takes the place of the next chunk on its way through the framework. */
export const CHUNK: SseMessage = { comment: 'chunk' };

/** {@link CHUNK} as the framework writes it. */
export const CHUNK_TEXT = ': chunk\n\n';

/** The headers of every stream: nothing on the way may store, transform, compress or hold back a piece. */
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
