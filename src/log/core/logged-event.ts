import { turnEventSchema, type TurnEvent, type TurnEventType } from '../../kernel/index.js';

/** An event of one type as the log keeps it. `data` is JSON text, encoded once and sent unchanged from then on. */
interface LoggedEventOf<Type extends TurnEventType> {
  /** The thread's sequence: grows by one per event, across turns, processes and restarts. */
  readonly seq: number;
  readonly turnId: string;
  readonly type: Type;
  readonly data: string;
  /** ISO 8601 UTC with milliseconds. */
  readonly at: string;
  /**
   * The highest clearance level, 0 to 3, of the documents the answer was based on by then; absent where it is unknown.
   */
  readonly level?: number | undefined;
}

/** An event as the log keeps it. A `switch` over its type ends in {@link unknownEvent}. */
export type LoggedEvent = { readonly [Type in TurnEventType]: LoggedEventOf<Type> }[TurnEventType];

type DataOf = { readonly [Event in TurnEvent as Event['type']]: Event['data'] };

/** The data of an event that was read back from the log, typed by its event's type. */
export function dataOf<Type extends TurnEventType>(event: LoggedEventOf<Type>): DataOf[Type] {
  return JSON.parse(event.data) as DataOf[Type];
}

/** Whether the event has the type, for a narrowing that {@link dataOf} understands. */
export function isOfType<Type extends TurnEventType>(
  event: LoggedEvent,
  type: Type,
): event is LoggedEventOf<Type> & LoggedEvent {
  return event.type === type;
}

const TYPES: ReadonlySet<TurnEventType> = new Set(
  turnEventSchema.options.map(({ shape }) => shape.type.value),
);

/** The event with its data, to be folded; `undefined` where only a later release knows its type. */
export function eventOf({ type, data }: LoggedEvent): TurnEvent | undefined {
  return TYPES.has(type) ? ({ type, data: JSON.parse(data) as unknown } as TurnEvent) : undefined;
}

/**
 * Ends a `switch` over the type of logged events, which does not compile while one has no case. Unlike `assertNever` it
 * does not throw: this release ignores events of types that a later one has written.
 */
export function unknownEvent(_event: never): undefined {
  return undefined;
}

/** A piece of an answer as JSON text, in the format that {@link mergePieces} recognises. */
export function pieceData(messageId: string, content: string): string {
  return `{"messageId":"${messageId}","content":${JSON.stringify(content)},"isComplete":false}`;
}

/** JSON text longer than this is not parsed: it could not be merged with anything. */
const LONGEST_PIECE = 131_072;

/** The approximate number of characters delivered to a reader at once; no merged piece is longer. */
const BATCH_CHARS = 16_384;

/**
 * Merges neighbouring pieces of one answer, so that a reader who is behind gets fewer, larger ones. A merged
 * event has the seq and time of its last piece; no merged content is longer than `maxChars`.
 */
export function mergePieces(events: readonly LoggedEvent[], maxChars = BATCH_CHARS): readonly LoggedEvent[] {
  if (events.length < 2) return events;
  const merged: LoggedEvent[] = [];
  let open: Open | undefined;
  const close = () => {
    if (open === undefined) return;
    const { contents, last, messageId, level } = open;
    const data = pieceData(messageId, contents.join(''));
    merged.push(contents.length === 1 ? last : { ...last, data, level });
    open = undefined;
  };
  for (const event of events) {
    const piece = isOfType(event, 'ai_response') ? pieceOf(event) : undefined;
    if (piece === undefined) {
      close();
      merged.push(event);
      continue;
    }
    if (open?.messageId === piece.messageId && open.chars + piece.content.length <= maxChars) {
      open.contents.push(piece.content);
      open.chars += piece.content.length;
      open.last = event;
      open.level = highestLevel(open.level, event.level);
      continue;
    }
    close();
    open = {
      messageId: piece.messageId,
      contents: [piece.content],
      chars: piece.content.length,
      last: event,
      level: event.level,
    };
  }
  close();
  return merged;
}

interface Open {
  readonly messageId: string;
  readonly contents: string[];
  chars: number;
  last: LoggedEvent;
  level: number | undefined;
}

/** Unknown for the whole where it is unknown for a part. */
function highestLevel(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined || right === undefined ? undefined : Math.max(left, right);
}

/** The events in batches of bounded size, merged; an event that is larger by itself is a batch by itself. */
export function batchesOf(events: readonly LoggedEvent[]): readonly (readonly LoggedEvent[])[] {
  const merged = mergePieces(events);
  const batches: (readonly LoggedEvent[])[] = [];
  for (let start = 0; start < merged.length;) {
    const end = endOfBatch(merged, start);
    batches.push(end - start === merged.length ? merged : merged.slice(start, end));
    start = end;
  }
  return batches;
}

/** The first such batch, from the index `start` on. */
export function firstBatch(events: readonly LoggedEvent[], start: number): readonly LoggedEvent[] {
  return mergePieces(events.slice(start, endOfBatch(events, start)));
}

function endOfBatch(events: readonly LoggedEvent[], start: number): number {
  let chars = 0;
  for (let end = start; end < events.length; end += 1) {
    chars += events[end]!.data.length;
    if (chars > BATCH_CHARS && end > start) return end;
  }
  return events.length;
}

function pieceOf(event: LoggedEventOf<'ai_response'>) {
  // The end of an answer repeats its whole text: not worth parsing to find out that it is no piece.
  if (event.data.length > LONGEST_PIECE) return undefined;
  const piece = dataOf(event);
  return piece.isComplete ? undefined : piece;
}
