import { AppError } from '../../kernel/index.js';

const MAX_DEPTH = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;

/**
 * Refuses JSON text that parses well but breaks what comes after: nesting that overflows whoever walks it, and
 * escapes for NUL or half a character, which the database does not store. Throws `VALIDATION_FAILED`.
 */
export function checkJsonText(text: string): void {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === QUOTE) inString = false;
      else if (code === BACKSLASH) index = afterEscape(text, index);
    } else if (code === QUOTE) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > MAX_DEPTH)
        throw refused(`The body is nested more than ${MAX_DEPTH} levels deep: flatten it.`);
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
}

/** The index of an escape's last character; a low surrogate that completes a pair belongs to it. */
function afterEscape(text: string, backslash: number): number {
  if (text.charCodeAt(backslash + 1) !== LETTER_U) return backslash + 1;
  const unit = unitAt(text, backslash);
  const end = backslash + 5;
  if (unit === 0) throw refused('The body contains the character NUL, which cannot be stored: remove it.');
  if (unit === undefined || unit < 0xd800 || unit > 0xdfff) return end;
  const next = unit < 0xdc00 ? unitAt(text, end + 1) : undefined;
  if (next === undefined || next < 0xdc00 || next > 0xdfff) {
    throw refused('The body contains half of a character (a lone surrogate): send whole characters.');
  }
  return end + 6;
}

/** The UTF-16 code unit that `\uXXXX` stands for; `undefined` if there is no such escape here. */
function unitAt(text: string, backslash: number): number | undefined {
  const escape = /^\\u([0-9a-fA-F]{4})$/.exec(text.slice(backslash, backslash + 6));
  return escape?.[1] === undefined ? undefined : Number.parseInt(escape[1], 16);
}

function refused(message: string): AppError {
  return new AppError('VALIDATION_FAILED', message);
}
