/** One frame of an event stream. `data` is one line, JSON as a rule; only a durable event has an id. */
export interface Frame {
  readonly id?: number;
  readonly data: string;
  /** The event's name, for wire formats that name their events. */
  readonly event?: string;
}

/** What an `@Sse()` route's Observable emits. */
export interface SseMessage {
  readonly id?: string;
  readonly type?: string;
  readonly retry?: number;
  readonly comment?: string;
  readonly data?: string;
}

/** How long a client should wait before it connects again, in milliseconds. */
const RETRY_MS = 1_000;

/** The framework numbers a message without an id by itself; this one is taken off again by {@link wireChunk}. */
const UNNUMBERED = '-';
const UNNUMBERED_LINE = `id: ${UNNUMBERED}\n`;

/** A comment, which clients ignore, so that nothing on the way takes the silence for an end. */
export const PING: SseMessage = { comment: 'ping' };

/** The headers of every stream: nothing on the way may store, transform, compress or hold back a piece. */
export const SSE_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  Connection: 'keep-alive',
  'X-Accel-Buffering': 'no',
} as const;

/** A frame as it goes over the wire, for streams that are written without the framework. */
export function encodeFrame({ id, event, data }: Frame): string {
  const name = event === undefined ? '' : `event: ${event}\n`;
  const number = id === undefined ? '' : `id: ${id}\n`;
  return `${name}${number}data: ${data}\n\n`;
}

/** {@link PING} on the wire. */
export const PING_TEXT = ': ping\n\n';

/** A frame as the framework takes it; the first of a stream also says how long to wait before coming back. */
export function toMessage(frame: Frame, isFirst: boolean): SseMessage {
  return {
    id: frame.id === undefined ? UNNUMBERED : String(frame.id),
    data: frame.data,
    ...(frame.event === undefined ? {} : { type: frame.event }),
    ...(isFirst ? { retry: RETRY_MS } : {}),
  };
}

/** A chunk of the framework's as it goes over the wire: without invented ids, and nothing before the first frame. */
export function wireChunk(chunk: string): string {
  if (chunk === '\n') return '';
  if (chunk.startsWith(UNNUMBERED_LINE)) return chunk.slice(UNNUMBERED_LINE.length);
  // A named event has its name before its id.
  if (chunk.startsWith('event: ')) return chunk.replace(`\n${UNNUMBERED_LINE}`, '\n');
  return chunk;
}
