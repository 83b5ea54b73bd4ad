import { yieldToEventLoop } from './yield.js';

/** UTF-16 code units of a long text that are worked on at once: a millisecond or two. */
const SLICE = 524_288;

/** How many characters a text has, which are code points. */
export function characters(text: string): number {
  let count = text.length;
  // Most long texts are ASCII, of which this is told without looking at each unit.
  if (Buffer.byteLength(text) === count) return count;
  for (let at = 0; at < text.length - 1; at += 1) {
    if (halfOf(text, at) !== 0xd800 || halfOf(text, at + 1) !== 0xdc00) continue;
    count -= 1;
    at += 1;
  }
  return count;
}

/** The same of a text of any length, which holds up nobody. */
export async function charactersOfLong(text: string): Promise<number> {
  let count = 0;
  for await (const slice of slicesOf(text)) count += characters(slice);
  return count;
}

/** A text of any length in slices, none of which ends inside a character; others are served in between. */
export async function* slicesOf(text: string): AsyncGenerator<string, void> {
  for (let from = 0; from < text.length;) {
    const to = boundaryBefore(text, Math.min(from + SLICE, text.length));
    yield text.slice(from, to);
    from = to;
    if (from < text.length) await yieldToEventLoop();
  }
}

/** `0xd800` where the first half of a character stands, `0xdc00` where the second does. */
function halfOf(text: string, at: number): number {
  return text.charCodeAt(at) & 0xfc00;
}

/** The place in UTF-16 code units, or the one before it where that is in the middle of a character. */
export function boundaryBefore(text: string, place: number): number {
  return place < text.length && (text.codePointAt(place - 1) ?? 0) > 0xffff ? place - 1 : place;
}
