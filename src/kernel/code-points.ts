/** How many characters a text has, which are code points. */
export function characters(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length - 1; at += 1) {
    if (text.codePointAt(at)! <= 0xffff) continue;
    count -= 1;
    at += 1;
  }
  return count;
}

/** The place in UTF-16 code units, or the one before it where that is in the middle of a character. */
export function boundaryBefore(text: string, place: number): number {
  return place < text.length && (text.codePointAt(place - 1) ?? 0) > 0xffff ? place - 1 : place;
}
