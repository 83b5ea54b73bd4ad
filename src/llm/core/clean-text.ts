/**
 * Joins a provider's pieces of text into well-formed ones: U+0000 is dropped, a surrogate half at the end of a
 * piece waits for its other half, one that never gets it becomes U+FFFD.
 */
export class TextCleaner {
  private held = '';

  /** The part of the text so far that is safe to emit; possibly empty. */
  push(piece: string): string {
    let text = this.held + piece;
    this.held = '';
    if (text.includes('\0')) text = text.replaceAll('\0', '');
    if (endsInsidePair(text)) {
      this.held = text.slice(-1);
      text = text.slice(0, -1);
    }
    return text.toWellFormed();
  }

  /** The rest of the text at its end. */
  end(): string {
    const rest = this.held.toWellFormed();
    this.held = '';
    return rest;
  }
}

function endsInsidePair(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}

/** A whole text as {@link TextCleaner} would emit it. */
export function cleanText(text: string): string {
  const cleaner = new TextCleaner();
  return cleaner.push(text) + cleaner.end();
}

/** The same JSON value with every string in it, keys included, cleaned. */
export function cleanValue(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return value.map(cleanValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [cleanText(key), cleanValue(inner)]));
}
