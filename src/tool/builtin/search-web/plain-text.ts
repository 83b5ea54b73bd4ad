/** More than this is not looked at, whatever of it is markup. */
const MAX_LOOKED_AT = 20_000;

const TAG = /<(?:\/?[a-z][^<>]*|!--[^<>]*--)>/gi;
const ENTITY = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi;
/** Characters that are not seen and could say something else to a model than to a person, and those that turn text around. */
const UNSEEN = /[\u{00ad}\u{200b}\u{202a}-\u{202e}\u{2060}-\u{2069}\u{feff}\u{e0000}-\u{e007f}]/gu;
// A database keeps no NUL, and a line of a list stays one line.
const BLANKS = /[\s\p{Cc}\p{Zl}\p{Zp}]+/gu;

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  hellip: '…',
  mdash: '—',
  ndash: '–',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  middot: '·',
  bull: '•',
  copy: '©',
  reg: '®',
  trade: '™',
  euro: '€',
};

/** A fragment of a page as one line of plain text of at most so many UTF-16 code units: no markup, nothing unseen. */
export function plainText(fragment: string, maxLength: number): string {
  const text = fragment
    .slice(0, MAX_LOOKED_AT)
    .replace(TAG, (tag) => (BREAKS.test(tag) ? ' ' : ''))
    .replace(ENTITY, decoded)
    .replace(UNSEEN, '')
    .replace(BLANKS, ' ')
    .trim()
    .toWellFormed();
  return text.length <= maxLength ? text : `${cut(text, maxLength - 1).trimEnd()}…`;
}

/** Tags between which words do not belong together. */
const BREAKS = /^<\/?(?:br|p|div|li|ul|ol|tr|td|th|h[1-6])\b/i;

function decoded(entity: string, decimal?: string, hexadecimal?: string, name?: string): string {
  if (name !== undefined) return NAMED[name.toLowerCase()] ?? entity;
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
  return code > 0x10ffff ? entity : String.fromCodePoint(code);
}

/** Never between the halves of a character. */
function cut(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}
