const CHARACTERS_PER_TOKEN = 4;

/** Splits a text into pieces of up to three words, without splitting a character. Joined, they are the text. */
export function piecesOf(text: string): string[] {
  return text.match(/^\s+|(?:\S{1,24}\s*){1,3}/gu) ?? [];
}

/** The beginning of a text with at most this many tokens, at four UTF-16 code units each. */
export function cutAfter(text: string, tokens: number): string {
  const end = Math.max(0, tokens) * CHARACTERS_PER_TOKEN;
  const splitsPair =
    end > 0 && /^[\udc00-\udfff]/.test(text.slice(end)) && /[\ud800-\udbff]$/.test(text.slice(0, end));
  return text.slice(0, splitsPair ? end - 1 : end);
}
