import { AppError } from '../../kernel/index.js';

const MAX_DEPTH = 64;
/**
 * The most items and fields of a body: more than the tokens of a full batch of embeddings within the limit of a body.
 */
const MAX_VALUES = 250_000;
/** The most field names: each may be a new one, and objects with many are expensive. */
const MAX_KEYS = 50_000;
/** A number with this many digits may be out of range without an exponent. */
const LONG_DIGITS = 300;

const BLANK = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

/** The most values between separators; invalid JSON may lack the separators. */
const MAX_TOKENS = MAX_VALUES + MAX_KEYS;
/** Longer strings are searched for their end rather than walked: a search has a high start-up cost. */
const WALKED_BYTES = 64;

/**
 * Rejects JSON text, as UTF-8, that would parse but fail later, or that is more expensive than any legitimate request:
 * deep nesting, too many values, escapes for NUL or lone surrogates, which the database does not store, and numbers
 * that would become 0 or infinite. Takes linear time. Throws `VALIDATION_FAILED`; invalid JSON is left to the parser.
 */
export function checkJsonText(text: Buffer): void {
  const endOfString = text.includes('\\u') ? endOfCheckedString : endOfPlainString;
  let depth = 0;
  let values = 0;
  let keys = 0;
  let tokens = 0;
  for (let index = 0; index < text.length; index += 1) {
    const byte = text[index]!;
    if (byte <= BLANK) continue;
    if (byte === QUOTE) {
      tokens += 1;
      index = endOfString(text, index);
    } else if (byte === COMMA) values += 1;
    else if (byte === COLON) keys += 1;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      values += 1;
      if ((depth += 1) > MAX_DEPTH)
        throw refused(`The body is nested more than ${MAX_DEPTH} levels deep: flatten it.`);
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1;
    else if (byte === MINUS || isDigit(byte)) {
      tokens += 1;
      index = endOfNumber(text, index);
    }
    if (values > MAX_VALUES || keys > MAX_KEYS || tokens > MAX_TOKENS) throw tooWide(keys > MAX_KEYS);
  }
}

/** The index of the quote that ends the string, or of the end of an unterminated one; its escapes are short ones. */
function endOfPlainString(text: Buffer, start: number): number {
  let walked = 0;
  for (let index = start + 1; index < text.length; index += 1) {
    const byte = text[index]!;
    if (byte === QUOTE) return index;
    if (byte === BACKSLASH) index += 1;
    else if ((walked += 1) > WALKED_BYTES) {
      const quote = text.indexOf(QUOTE, index);
      if (quote === -1) return text.length;
      if (!isEscaped(text, index, quote)) return quote;
      index = quote;
      walked = 0;
    }
  }
  return text.length;
}

/** Whether an odd number of backslashes precedes the byte; none of them lies before `from`. */
function isEscaped(text: Buffer, from: number, index: number): boolean {
  let first = index;
  while (first > from && text[first - 1] === BACKSLASH) first -= 1;
  return (index - first) % 2 === 1;
}

/** The same for strings with `\u` escapes, each of which is checked. */
function endOfCheckedString(text: Buffer, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    const byte = text[index]!;
    if (byte === QUOTE) return index;
    if (byte === BACKSLASH) index = endOfEscape(text, index);
  }
  return text.length;
}

/** The index of an escape's last byte; a low surrogate that completes a pair belongs to it. */
function endOfEscape(text: Buffer, backslash: number): number {
  if (text[backslash + 1] !== LETTER_U) return backslash + 1;
  const unit = unitAt(text, backslash);
  const end = backslash + 5;
  if (unit === 0) throw refused('The body contains the character NUL, which cannot be stored: remove it.');
  if (unit === undefined || unit < 0xd800 || unit > 0xdfff) return end;
  const next = unit < 0xdc00 ? unitAt(text, end + 1) : undefined;
  if (next === undefined || next < 0xdc00 || next > 0xdfff)
    throw refused('The body contains half of a character (a lone surrogate): send whole characters.');
  return end + 6;
}

/** The UTF-16 code unit that `\uXXXX` stands for; `undefined` if there is no such escape here. */
function unitAt(text: Buffer, backslash: number): number | undefined {
  if (text[backslash] !== BACKSLASH || text[backslash + 1] !== LETTER_U) return undefined;
  let unit = 0;
  for (let index = backslash + 2; index < backslash + 6; index += 1) {
    const digit = hexDigit(text[index]);
    if (digit === undefined) return undefined;
    unit = unit * 16 + digit;
  }
  return unit;
}

function hexDigit(byte: number | undefined): number | undefined {
  if (byte === undefined) return undefined;
  if (isDigit(byte)) return byte - ZERO;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined;
}

/** The index of the number's last byte. */
function endOfNumber(text: Buffer, start: number): number {
  let end = start;
  let hasExponent = false;
  for (; end + 1 < text.length; end += 1) {
    const byte = text[end + 1]!;
    if ((byte | 0x20) === 0x65) hasExponent = true;
    else if (!isDigit(byte) && byte !== 0x2b && byte !== MINUS && byte !== 0x2e) break;
  }
  if (hasExponent || end - start > LONG_DIGITS) checkNumber(text.subarray(start, end + 1));
  return end;
}

function checkNumber(digits: Buffer): void {
  const written = digits.toString('latin1');
  const value = Number(written);
  const isLost = value === 0 && /[1-9]/.test(written.split(/e/i, 1)[0] ?? '');
  if (Number.isNaN(value) || (Number.isFinite(value) && !isLost)) return;
  throw refused('The body contains a number that is too large or too small to be kept: send another.');
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function tooWide(isOfKeys: boolean): AppError {
  return refused(
    isOfKeys
      ? `The body has more than ${MAX_KEYS} fields: send less at once.`
      : `The body has more than ${MAX_VALUES} values: send less at once.`,
  );
}

function refused(message: string): AppError {
  return new AppError('VALIDATION_FAILED', message);
}
