import { charactersOfLong, type ResultPart } from '../../kernel/index.js';
import type { BoundOutput } from './bound-output.js';
import { wordsOf } from './part-words.js';
import type { OutputPart } from './tool-output.js';
import { cutMiddle } from './tool-result.js';

/** UTF-16 code units of a result's text that are kept with its message; a longer one is stored as a whole beside it. */
export const MAX_CONTENT_CHARS = 128_000;
/** UTF-16 code units of JSON up to which a part is told with its content, and of all parts of a result as they are told. */
const MAX_INLINE_CHARS = 8_000;
const MAX_INLINE_TOTAL = 32_000;
const STRUCTURED_URI = 'result:structured';

/** A content that is stored beside the message and served by reference. */
export interface StoredContent {
  readonly mediaType: string;
  /** A text, or bytes in Base64. */
  readonly content: { readonly text: string } | { readonly data: string };
  /** It is the text of the whole result, in which models read on. */
  readonly isWholeText?: true;
}

/** A part as it is told, and the content that is served for it where it is not told with it. */
export interface PlannedPart {
  readonly part: ResultPart;
  readonly stored?: StoredContent;
}

/** How a result is kept. */
export interface ResultPlan {
  /** The text, or its head and tail where {@link ResultPlan.whole} has it all. */
  readonly content: string;
  /** Characters of the whole text, where `content` is not all of it. */
  readonly characters?: number;
  readonly parts: readonly PlannedPart[];
  /** The whole text, where no part has it. */
  readonly whole?: StoredContent;
  readonly structured?: unknown;
  /** The result is its text and nothing else. */
  readonly isTextOnly: boolean;
  /** Parts are left out, since there are too many. */
  readonly isCut: boolean;
}

/** Decides what of a result is told and what is served by reference: as little as possible, so that most results store nothing. */
export async function planResult({ parts, structured }: BoundOutput): Promise<ResultPlan> {
  const text = parts.map(wordsOf).join('\n\n');
  const isTextOnly = parts.length === 1 && parts[0]?.type === 'text';
  const room = { left: MAX_INLINE_TOTAL };
  const isLong = text.length > MAX_CONTENT_CHARS;
  const said = isLong ? await endsOf(text) : { content: text };
  const stays = structured !== undefined && structured.length <= MAX_INLINE_TOTAL;
  const asData = structured === undefined || stays ? [] : [structuredPart(structured)];
  const placed = isTextOnly ? (isLong ? [wholeText(text)] : []) : parts.map((part) => place(part, room));
  const planned = placed.filter((part) => part !== undefined);
  return {
    ...said,
    parts: [...planned, ...asData],
    ...(isLong && !isTextOnly && { whole: wholeText(text).stored }),
    ...(stays && { structured: JSON.parse(structured) as unknown }),
    isTextOnly,
    isCut: planned.length < placed.length,
  };
}

async function endsOf(text: string) {
  const characters = await charactersOfLong(text);
  return { content: cutMiddle(text, MAX_CONTENT_CHARS, characters), characters };
}

function wholeText(text: string) {
  const stored: StoredContent = { mediaType: 'text/plain', content: { text }, isWholeText: true };
  return { part: { type: 'text' as const }, stored };
}

function structuredPart(text: string): PlannedPart {
  const mediaType = 'application/json';
  return {
    part: { type: 'resource', uri: STRUCTURED_URI, mediaType },
    stored: { mediaType, content: { text } },
  };
}

/** Absent where there is no room left to tell of it. */
function place(part: OutputPart, room: { left: number }): PlannedPart | undefined {
  const whole = jsonLength(part);
  if (whole <= Math.min(MAX_INLINE_CHARS, room.left)) {
    room.left -= whole;
    return { part };
  }
  if (part.type === 'resource_link') return undefined;
  const planned = referred(part);
  const size = JSON.stringify(planned.part).length;
  if (size > room.left) return undefined;
  room.left -= size;
  return planned;
}

/** UTF-16 code units of the JSON of a part; of one that is too long to be told as it is, that it is. */
function jsonLength(part: OutputPart): number {
  const content = 'text' in part ? part.text : 'data' in part ? part.data : '';
  return content.length > MAX_INLINE_CHARS ? Infinity : JSON.stringify(part).length;
}

function referred(part: Exclude<OutputPart, { type: 'resource_link' }>): PlannedPart {
  if ('text' in part) {
    const { text, ...rest } = part;
    const mediaType = part.type === 'resource' ? (part.mediaType ?? 'text/plain') : 'text/plain';
    return { part: rest, stored: { mediaType, content: { text } } };
  }
  const { data, ...rest } = part;
  return {
    part: rest,
    stored: { mediaType: part.mediaType ?? 'application/octet-stream', content: { data } },
  };
}
