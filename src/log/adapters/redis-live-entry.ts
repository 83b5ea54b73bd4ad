import type { LoggedEvent } from '../core/logged-event.js';

/** Larger entries only announce that there are events; readers fetch them from the event log. */
export const MAX_ENTRY_CHARS = 65_536;

const KEY_START = 'threadline:thread:{';
const KEY_END = '}:log';

/** The field of the events. A different encoding needs a different name. */
const EVENTS = 'e1';
const ORIGIN = 'o';

/** An entry of a thread's stream: some of its events. */
export interface LiveEntry {
  /** The sequence of its last event. */
  readonly seq: number;
  /** The process that wrote it. */
  readonly origin: string;
  /** `undefined`: the events are in the event log only. */
  readonly events: readonly LoggedEvent[] | undefined;
}

/** The key of a thread's stream. */
export function threadKey(threadId: string): string {
  return `${KEY_START}${threadId}${KEY_END}`;
}

/** The thread whose stream has the key. */
export function threadOf(key: string): string {
  return key.slice(KEY_START.length, -KEY_END.length);
}

/** The id of an entry. A stream accepts increasing ids only, so a duplicate is refused. */
export function entryId(seq: number): string {
  return `${seq}-0`;
}

/** The fields of an entry. Without events, or with too many, it only announces that there are some. */
export function entryFields(origin: string, events: readonly LoggedEvent[]): string[] {
  if (events.length === 0 || charsOf(events) > MAX_ENTRY_CHARS) return [ORIGIN, origin];
  const rows = events.map(({ seq, turnId, type, data, at, level }) => [seq, turnId, type, data, at, level]);
  return [ORIGIN, origin, EVENTS, JSON.stringify(rows)];
}

/** The approximate number of characters that the events take in an entry. */
export function charsOf(events: readonly LoggedEvent[]): number {
  return events.reduce((sum, { data }) => sum + data.length + 120, 0);
}

/** Decodes an entry. Throws for an entry of another format. */
export function readEntry(id: string, fields: readonly string[]): LiveEntry {
  const values = new Map<string, string>();
  for (let index = 0; index < fields.length; index += 2) values.set(fields[index]!, fields[index + 1] ?? '');
  const text = values.get(EVENTS);
  return {
    seq: parseInt(id, 10),
    origin: values.get(ORIGIN) ?? '',
    events: text === undefined ? undefined : eventsOf(text),
  };
}

/** An earlier release writes no level and ignores it. */
type Row = readonly [LoggedEvent['seq'], string, LoggedEvent['type'], string, string, (number | null)?];

function eventsOf(text: string): readonly LoggedEvent[] {
  const rows = JSON.parse(text) as readonly Row[];
  return rows.map(([seq, turnId, type, data, at, level]) => ({
    seq,
    turnId,
    type,
    data,
    at,
    ...(typeof level === 'number' ? { level } : {}),
  }));
}
