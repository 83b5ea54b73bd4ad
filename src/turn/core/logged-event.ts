import type { TurnEvent, TurnEventType } from '../../kernel/index.js';

/** An event as the log keeps it. `data` is JSON text, encoded once and sent as it is ever after. */
export interface LoggedEvent {
  /** The thread's sequence: grows by one per event, across turns, processes and restarts. */
  readonly seq: number;
  readonly turnId: string;
  readonly type: TurnEventType;
  readonly data: string;
  /** ISO 8601 UTC with milliseconds. */
  readonly at: string;
}

type DataOf = { readonly [Event in TurnEvent as Event['type']]: Event['data'] };

/** The data of an event that was read back from the log, typed by its event's type. */
export function dataOf<Type extends TurnEventType>(
  event: LoggedEvent & { readonly type: Type },
): DataOf[Type] {
  return JSON.parse(event.data) as DataOf[Type];
}

/** Whether the event has the type, for a narrowing that {@link dataOf} understands. */
export function isOfType<Type extends TurnEventType>(
  event: LoggedEvent,
  type: Type,
): event is LoggedEvent & { readonly type: Type } {
  return event.type === type;
}

/** A piece of an answer as JSON text; what {@link mergePieces} looks for. */
export function pieceData(messageId: string, content: string): string {
  return `{"messageId":"${messageId}","content":${JSON.stringify(content)},"isComplete":false}`;
}

/**
 * Joins neighbouring pieces of one answer, so that a reader who is behind gets fewer, larger ones. A joined
 * event has the seq and time of its last piece; no joined content is longer than `maxChars`.
 */
export function mergePieces(events: readonly LoggedEvent[], maxChars = 32_768): readonly LoggedEvent[] {
  if (events.length < 2) return events;
  const merged: LoggedEvent[] = [];
  let open: { messageId: string; contents: string[]; chars: number; last: LoggedEvent } | undefined;
  const close = () => {
    if (open === undefined) return;
    const { contents, last, messageId } = open;
    merged.push(contents.length === 1 ? last : { ...last, data: pieceData(messageId, contents.join('')) });
    open = undefined;
  };
  for (const event of events) {
    const piece = isOfType(event, 'ai_response') ? dataOf(event) : undefined;
    if (piece === undefined || piece.isComplete) {
      close();
      merged.push(event);
      continue;
    }
    if (open?.messageId === piece.messageId && open.chars + piece.content.length <= maxChars) {
      open.contents.push(piece.content);
      open.chars += piece.content.length;
      open.last = event;
      continue;
    }
    close();
    open = {
      messageId: piece.messageId,
      contents: [piece.content],
      chars: piece.content.length,
      last: event,
    };
  }
  close();
  return merged;
}
